#include "engine/identity/host_record.h"

namespace quotemill {

std::string_view name_of(LifeCycle life_cycle) {
  switch (life_cycle) {
    case LifeCycle::kPending:
      return "pending";
    case LifeCycle::kActive:
      return "active";
    case LifeCycle::kMaintenance:
      return "maintenance";
    case LifeCycle::kRetired:
      return "retired";
    case LifeCycle::kDenied:
      return "denied";
    case LifeCycle::kExpected:
      return "expected";
  }
  return "unknown";
}

}  // namespace quotemill
