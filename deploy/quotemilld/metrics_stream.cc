// Changes of trust, and how far they have got: the outbox, the PUB socket, the sinks.
#include <algorithm>

#include "deploy/quotemilld/metric_values.h"

namespace quotemill::daemon {
namespace {

using transport::MetricPage;

void add_changes(const MetricParts& parts, MetricPage& page) {
  const ChangeTally tally = parts.changes.tally();
  for (const TrustState from : kStates) {
    for (const TrustState to : kStates) {
      if (from != to) {
        page.counter(
            "trust_changes_total", "Changes of trust.",
            number(tally.edges.at(static_cast<std::size_t>(from)).at(static_cast<std::size_t>(to))),
            {{"from", std::string(name_of(from))}, {"to", std::string(name_of(to))}});
      }
    }
  }
  for (const auto& [code, count] : tally.reasons) {
    page.counter("verdict_reasons_total", "Changes of trust by their worst reason.", number(count),
                 {{"code", std::string(name_of(code))}});
  }
}

void add_publisher(const MetricParts& parts, MetricPage& page) {
  page.counter("changes_published_total", "Changes handed to the PUB socket.",
               number(parts.changes.published()));
  page.counter("changes_unpublished_total",
               "Changes that the PUB socket did not take; the outbox has them.",
               number(parts.changes.unpublished()));
}

void add_outbox(const StoreStatus& store, MetricPage& page) {
  page.gauge("stream_last_sequence", "The newest change.", number(store.last_change));
  page.gauge("outbox_events", "Changes that are kept.",
             store.first_change == 0 ? 0 : number(store.last_change - store.first_change + 1));
}

void add_lag(const MetricParts& parts, const StoreStatus& store, MetricPage& page) {
  const std::int64_t now = parts.clock.now().wall.ms;
  const Result<AuditHead> acts = parts.history.audit_head();
  for (const auto& sink : parts.sinks.runners()) {
    page.gauge(
        "sink_lag_events", "Changes and acts that a sink does not have yet.",
        number(transport::lag_of(sink->counters(), store.last_change, acts ? acts->number : 0)),
        {{"sink", sink->name()}});
  }
  for (const auto& sink : parts.sinks.runners()) {
    const std::int64_t oldest = sink->counters().oldest_ms.load(std::memory_order_relaxed);
    page.gauge("sink_lag_seconds", "Age of the oldest change or act that a sink does not have yet.",
               oldest == 0 ? 0 : std::max(0.0, static_cast<double>(now - oldest) / 1'000.0),
               {{"sink", sink->name()}});
  }
}

void add_sinks(const MetricParts& parts, MetricPage& page) {
  using transport::SinkCounters;
  using Kind = CounterOfEach<SinkCounters>;
  constexpr std::array kKinds = {
      Kind{"sink_sent_total", "Events that a sink has.", &SinkCounters::delivered},
      Kind{"sink_filtered_total", "Changes that a sink does not want.", &SinkCounters::filtered},
      Kind{"sink_held_total", "Changes of hosts that flap, told to a sink as a number.",
           &SinkCounters::held},
      Kind{"sink_refused_total", "Events that went to the dead letters.", &SinkCounters::refused},
      Kind{"sink_dead_letters_dropped_total", "Dead letters that went for newer ones.",
           &SinkCounters::letters_dropped}};
  CountersByName<SinkCounters> all;
  for (const auto& sink : parts.sinks.runners()) {
    all.emplace_back(sink->name(), &sink->counters());
  }
  add_each<SinkCounters>(kKinds, "sink", all, page);
  for (const auto& [name, counters] : all) {
    for (const transport::SinkCause cause : transport::kSinkCauses) {
      page.counter("sink_errors_total", "Deliveries that were tried again, by what went wrong.",
                   value(counters->causes.at(static_cast<std::size_t>(cause))),
                   {{"sink", name}, {"cause", std::string(name_of(cause))}});
    }
  }
  for (const auto& sink : parts.sinks.runners()) {
    page.gauge("sink_up", "Whether a sink takes what it is given.",
               sink->counters().is_down.load(std::memory_order_relaxed) ? 0 : 1,
               {{"sink", sink->name()}});
  }
}

}  // namespace

void add_stream(const MetricParts& parts, MetricPage& page) {
  add_changes(parts, page);
  add_publisher(parts, page);
  if (const Result<StoreStatus> store = parts.history.status()) {
    add_outbox(*store, page);
    add_lag(parts, *store, page);
  }
  add_sinks(parts, page);
}

}  // namespace quotemill::daemon
