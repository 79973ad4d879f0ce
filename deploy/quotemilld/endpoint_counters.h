// The counters of the daemon's endpoints, as `status` shows them: what was refused, and why.
#pragma once

#include "transport/render/json.h"
#include "transport/server/counters.h"
#include "transport/server/enrolment_door.h"
#include "transport/server/enrolment_service.h"
#include "transport/server/gateway_links.h"
#include "transport/sinks/sink_runner.h"
#include "transport/socket/zap.h"

namespace quotemill::daemon {

// Borrowed for the call.
struct EndpointCounters {
  const transport::ServerCounters& attest;
  const transport::ZapCounters& handshakes;  // of the attestation endpoint
  const transport::EnrolmentCounters& enrolment;
  const transport::EnrolmentDoor& door;
  const transport::GatewayLinks& gateways;
};

// {"attest": {…}, "handshakes": {…}, "enrolment": {…}, "door": {…}}; names are those of the fields.
// "gateway NAME": {…} for each gateway.
transport::Json render_endpoints(const EndpointCounters& counters);

// delivered, filtered, refused, failures, next, is_down (0 or 1).
transport::Json render_sink(const transport::SinkCounters& counters);

}  // namespace quotemill::daemon
