#include "deploy/quotemilld/endpoint_counters.h"

namespace quotemill::daemon {

using transport::Json;

namespace {

std::uint64_t value(const std::atomic<std::uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

Json render_door(const transport::EnrolmentDoor& door) {
  const transport::EnrolmentDoorCounters& ours = door.counters();
  const transport::DoorStatus theirs = door.status();
  return {{"requests", value(ours.requests)},
          {"malformed", value(ours.malformed) + theirs.malformed},
          {"busy", value(ours.busy)},
          {"replies_dropped", value(ours.replies_dropped)},
          {"restarts", value(ours.restarts)},
          {"received", theirs.received},
          {"over_rate", theirs.over_rate},
          {"dropped", theirs.dropped},
          {"reopened", theirs.reopened},
          {"handshakes_refused", theirs.handshakes_refused},
          {"resident_bytes", theirs.resident_bytes}};
}

Json render_gateway(const transport::GatewayCounters& counters) {
  return {{"messages_in", value(counters.messages_in)},
          {"frames_in", value(counters.frames_in)},
          {"messages_out", value(counters.messages_out)},
          {"frames_out", value(counters.frames_out)},
          {"malformed", value(counters.malformed)},
          {"refused", value(counters.refused)},
          {"dropped", value(counters.dropped)}};
}

}  // namespace

Json render_endpoints(const EndpointCounters& counters) {
  Json attest = Json::object();
  counters.attest.for_each(
      [&attest](const char* name, std::uint64_t count) { attest[name] = count; });
  const transport::ZapCounters& handshakes = counters.handshakes;
  const transport::EnrolmentCounters& enrolment = counters.enrolment;
  Json out = {{"attest", std::move(attest)},
              {"handshakes",
               {{"admitted", value(handshakes.admitted)},
                {"refused_key", value(handshakes.refused_key)},
                {"refused_rate", value(handshakes.refused_rate)},
                {"refused_malformed", value(handshakes.refused_malformed)}}},
              {"enrolment",
               {{"begun", value(enrolment.begun)},
                {"admitted", value(enrolment.admitted)},
                {"pending", value(enrolment.pending)},
                {"refused", value(enrolment.refused)},
                {"busy", value(enrolment.busy)}}},
              {"door", render_door(counters.door)}};
  for (transport::GatewayNumber i = 0; i < counters.gateways.size(); ++i) {
    out["gateway " + counters.gateways.name(i)] = render_gateway(counters.gateways.counters(i));
  }
  return out;
}

transport::Json render_sink(const transport::SinkCounters& counters) {
  const auto value = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  return {{"delivered", value(counters.delivered)},
          {"filtered", value(counters.filtered)},
          {"held", value(counters.held)},
          {"refused", value(counters.refused)},
          {"failures", value(counters.failures)},
          {"next", value(counters.next)},
          {"is_down", value(counters.is_down) ? 1 : 0}};
}

}  // namespace quotemill::daemon
