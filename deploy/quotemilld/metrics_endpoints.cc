// What the endpoints did: for hosts, for those that enrol, for gateways.
#include "deploy/quotemilld/metric_values.h"

namespace quotemill::daemon {
namespace {

using transport::MetricPage;

void add_attestation(const MetricParts& parts, MetricPage& page) {
  parts.endpoints.attest.for_each([&page](const char* name, std::uint64_t count) {
    page.counter("attest_messages_total", "What the attestation endpoint did, by what it was.",
                 number(count), {{"event", name}});
  });
  const transport::ZapCounters& handshakes = parts.endpoints.handshakes;
  const auto handshake = [&page](const char* result, const auto& counter) {
    page.counter("handshakes_total", "CURVE handshakes of the attestation endpoint.",
                 value(counter), {{"result", result}});
  };
  handshake("admitted", handshakes.admitted);
  handshake("refused_key", handshakes.refused_key);
  handshake("refused_rate", handshakes.refused_rate);
  handshake("refused_malformed", handshakes.refused_malformed);
  const transport::EnrolmentCounters& enrolment = parts.endpoints.enrolment;
  const auto enrolled = [&page](const char* result, const auto& counter) {
    page.counter("enrolments_total", "Enrolments, by how they ended.", value(counter),
                 {{"result", result}});
  };
  enrolled("admitted", enrolment.admitted);
  enrolled("pending", enrolment.pending);
  enrolled("refused", enrolment.refused);
  enrolled("busy", enrolment.busy);
  for (const auto& [cause, count] : parts.enrolments.refusals()) {
    page.counter("enrolments_refused_total", "Enrolments that were refused, by the error.",
                 number(count), {{"cause", cause}});
  }
}

// The enrolment endpoint has a process of its own, and floods end there.
void add_door(const MetricParts& parts, MetricPage& page) {
  const transport::EnrolmentDoorCounters& ours = parts.endpoints.door.counters();
  const transport::DoorStatus theirs = parts.endpoints.door.status();
  const auto event = [&page](const char* name, double count) {
    page.counter("enrolment_door_total",
                 "What the enrolment endpoint did with what came to it, by what it was.", count,
                 {{"event", name}});
  };
  event("received", number(theirs.received));
  event("forwarded", number(theirs.forwarded));
  event("malformed", number(theirs.malformed) + value(ours.malformed));
  event("over_rate", number(theirs.over_rate));
  event("dropped", number(theirs.dropped));
  event("handshakes_refused", number(theirs.handshakes_refused));
  event("busy", value(ours.busy));
  event("replies_dropped", value(ours.replies_dropped));
  event("reopened", number(theirs.reopened));
  page.counter("enrolment_door_restarts_total",
               "How often the enrolment endpoint's process had to be started again.",
               value(ours.restarts));
  page.gauge("enrolment_door_resident_memory_bytes", "Resident memory of that process.",
             number(theirs.resident_bytes));
}

void add_gateways(const MetricParts& parts, MetricPage& page) {
  using transport::GatewayCounters;
  using Kind = CounterOfEach<GatewayCounters>;
  constexpr std::array kKinds = {
      Kind{"gateway_messages_received_total", "Messages of a gateway, some hosts' frames each.",
           &GatewayCounters::messages_in},
      Kind{"gateway_frames_received_total", "Hosts' frames that a gateway carried here.",
           &GatewayCounters::frames_in},
      Kind{"gateway_messages_sent_total", "Messages to a gateway.", &GatewayCounters::messages_out},
      Kind{"gateway_frames_sent_total", "Answers that a gateway was to carry to its hosts.",
           &GatewayCounters::frames_out},
      Kind{"gateway_malformed_total", "Messages of a gateway that cannot be read.",
           &GatewayCounters::malformed},
      Kind{"gateway_refused_total", "Frames of hosts that the gateway does not list.",
           &GatewayCounters::refused},
      Kind{"gateway_dropped_total", "Answers for a gateway that is away, or does not read.",
           &GatewayCounters::dropped}};
  const transport::GatewayLinks& gateways = parts.endpoints.gateways;
  CountersByName<GatewayCounters> all;
  for (transport::GatewayNumber i = 0; i < gateways.size(); ++i) {
    all.emplace_back(gateways.name(i), &gateways.counters(i));
  }
  add_each<GatewayCounters>(kKinds, "gateway", all, page);
}

}  // namespace

void add_endpoints(const MetricParts& parts, MetricPage& page) {
  add_attestation(parts, page);
  add_door(parts, page);
  add_gateways(parts, page);
}

}  // namespace quotemill::daemon
