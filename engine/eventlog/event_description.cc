#include "engine/eventlog/event_description.h"

#include "engine/eventlog/decode/decode_event.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::size_t kDescriptionMax = 120;

bool holds_variable(const BootEvent& event) {
  return event.type == event_type::kEfiVariableDriverConfig ||
         event.type == event_type::kEfiVariableBoot ||
         event.type == event_type::kEfiVariableBoot2 ||
         event.type == event_type::kEfiVariableAuthority;
}

}  // namespace

// Printable already, so nothing is escaped: paths keep their single backslashes.
std::string describe(const BootEvent& event) {
  if (holds_variable(event)) {
    const Result<EfiVariable> variable = decode_efi_variable(event.data);
    if (variable) {
      return variable->name.substr(0, kDescriptionMax);
    }
  }
  return decode_event(event).summary.substr(0, kDescriptionMax);
}

}  // namespace quotemill
