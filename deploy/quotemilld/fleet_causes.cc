#include "deploy/quotemilld/fleet_causes.h"

namespace quotemill::daemon {

using transport::Json;

Json render_causes(const std::vector<HostCause>& causes) {
  Json list = Json::array();
  for (const HostCause& cause : causes) {
    list.push_back({{"state", name_of(cause.state)},
                    {"code", cause.finding ? Json(name_of(cause.finding->code)) : Json(nullptr)},
                    {"message", cause.finding ? message_of(*cause.finding) : ""},
                    {"hosts", cause.hosts},
                    {"examples", cause.names}});
  }
  return list;
}

}  // namespace quotemill::daemon
