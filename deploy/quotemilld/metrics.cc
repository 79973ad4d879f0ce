#include "deploy/quotemilld/metrics.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "deploy/quotemilld/fleet_census.h"
#include "engine/rollout/convergence.h"
#include "transport/http/metric_page.h"

namespace quotemill::daemon {
namespace {

using transport::MetricHistogram;
using transport::MetricPage;

constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning, TrustState::kFailed,
                                TrustState::kStale, TrustState::kUnknown};

template <class T>
double value(const std::atomic<T>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

// What is counted of each of several: gateways, sinks.
template <class Counters>
struct CounterOfEach {
  const char* name;
  const char* help;
  std::atomic<std::uint64_t> Counters::*counter;
};

template <class Counters>
using CountersByName = std::vector<std::pair<std::string, const Counters*>>;

template <class Counters>
void add_each(std::span<const CounterOfEach<Counters>> kinds, const char* label,
              const CountersByName<Counters>& all, MetricPage& page) {
  for (const CounterOfEach<Counters>& kind : kinds) {
    for (const auto& [name, counters] : all) {
      page.counter(kind.name, kind.help, value(counters->*kind.counter), {{label, name}});
    }
  }
}

// Of values in `unit`s.
template <class Histogram>
MetricHistogram histogram_of(const Histogram& values, double unit) {
  MetricHistogram out;
  for (const std::int64_t bound : Histogram::kBounds) {
    out.bounds.push_back(static_cast<double>(bound) * unit);
  }
  for (std::size_t bucket = 0; bucket <= out.bounds.size(); ++bucket) {
    out.counts.push_back(values.count(bucket));
  }
  out.sum = static_cast<double>(values.sum()) * unit;
  return out;
}

void add_fleet(const MetricParts& parts, MetricPage& page) {
  const FleetCensus census = count_fleet(parts.hosts, parts.clock.now().wall);
  for (const TrustState state : kStates) {
    page.gauge("hosts", "Hosts that attest, by the state of their trust.",
               number(census.states.at(static_cast<std::size_t>(state))),
               {{"state", std::string(name_of(state))}});
  }
  page.gauge("hosts_pending", "Hosts that wait to be admitted.",
             number(parts.hosts.pending_count()));
  page.gauge("hosts_in_maintenance", "Hosts whose reboots are expected.",
             number(census.in_maintenance));
  page.histogram("host_evidence_age_seconds", "Age of each host's newest proven quote.",
                 {{FleetCensus::kAgeBounds.begin(), FleetCensus::kAgeBounds.end()},
                  {census.ages.begin(), census.ages.end()},
                  census.age_sum});
  const std::optional<WallTime> ek_end = parts.ek_expiry.soonest();
  page.gauge(
      "ek_cert_expiry_seconds",
      "Time until the first EK certificate of a host that attests is over; +Inf: none has one.",
      ek_end ? static_cast<double>(ek_end->ms - parts.clock.now().wall.ms) / 1'000.0
             : std::numeric_limits<double>::infinity());
  for (const auto& [version, count] : census.agents) {
    page.gauge("agents", "Hosts by the version of their agent.", number(count),
               {{"version", version}});
  }
}

void add_pipeline(const MetricParts& parts, MetricPage& page) {
  const PipelineCounters& pipeline = parts.pipeline;
  for (const TrustState state : kStates) {
    page.counter("attestations_total", "Verdicts made and durable, by result.",
                 value(pipeline.verdicts.at(static_cast<std::size_t>(state))),
                 {{"result", std::string(name_of(state))}});
  }
  page.histogram("batch_size", "Attestations that are judged together.",
                 histogram_of(pipeline.batch_sizes, 1));
  page.counter("attestations_reaffirmed_total", "Verdicts that said nothing new.",
               value(pipeline.reaffirmed));
  page.counter("attestations_without_log_total", "Judged by the quote alone: nothing had changed.",
               value(pipeline.quote_enough));
  page.counter("stored_logs_judged_total", "Logs that were judged again, as they are stored.",
               value(pipeline.stored_log_judged));
  page.counter("logs_asked_total", "Logs that hosts were asked for.", value(pipeline.logs_asked));
  page.counter("results_dropped_total", "Results that something newer had overtaken.",
               value(pipeline.dropped_not_current));
  page.counter("unproven_total", "Evidence of gateways that no host's key proved: no verdict.",
               value(pipeline.unproven));
  page.counter("store_commit_failures_total", "Durable writes that failed.",
               value(pipeline.commit_failures));
  page.counter("internal_errors_total", "Bugs that were caught.", value(pipeline.internal_errors));
  page.gauge("queue_depth", "Evidence that waits to be judged.", number(parts.inbox.depth()),
             {{"queue", "inbox"}});
  page.gauge("queue_capacity", "Evidence that may wait.", number(parts.inbox.items_max()),
             {{"queue", "inbox"}});
}

void add_memory(const MetricParts& parts, MetricPage& page) {
  const KeyCache::Tally keys = parts.keys.tally();
  page.gauge("key_cache_keys", "Attestation keys that are kept parsed.", number(keys.keys));
  page.counter("key_cache_lookups_total", "Attestation keys that were needed.", number(keys.hits),
               {{"result", "hit"}});
  page.counter("key_cache_lookups_total", "Attestation keys that were needed.", number(keys.misses),
               {{"result", "miss"}});
  page.counter("extend_memo_lookups_total", "Extends of boot logs that were replayed.",
               value(parts.pipeline.extends_remembered), {{"result", "hit"}});
  page.counter("extend_memo_lookups_total", "Extends of boot logs that were replayed.",
               value(parts.pipeline.extends_hashed), {{"result", "miss"}});
}

void add_policies(const MetricParts& parts, MetricPage& page) {
  for (const auto& snapshot : parts.policies.current()->snapshots()) {
    page.gauge("policy_version", "Policies in force, by their version.",
               static_cast<double>(snapshot->policy().version),
               {{"policy", snapshot->policy().id}});
  }
  page.gauge("baselines", "Baselines and imported reference sets, each version.",
             number(parts.policies.baselines().size()));
}

void add_stages(const MetricParts& parts, MetricPage& page) {
  constexpr double kMicrosecond = 1e-6;
  const StageTimes& times = parts.pipeline.times;
  const std::array<std::pair<const char*, const DurationHistogram*>, 7> stages = {
      {{"queue", &times.queue},
       {"crypto", &times.crypto},
       {"replay", &times.replay},
       {"policy", &times.policy},
       {"judge", &times.judge},
       {"commit", &times.commit},
       {"receipt", &times.receipt}}};
  for (const auto& [stage, histogram] : stages) {
    page.histogram("stage_seconds",
                   "Time of a stage: queue and crypto of one attestation, replay and policy of one "
                   "boot log, judge and commit of a batch, receipt of one attestation, from its "
                   "evidence to its receipt.",
                   histogram_of(*histogram, kMicrosecond), {{"stage", stage}});
  }
}

void add_rollouts(const MetricParts& parts, MetricPage& page) {
  for (const auto& rollout : parts.policies.rollouts()) {
    if (!rollout->is_live() || rollout->samples.empty()) {
      continue;
    }
    const RolloutCounts& counts = rollout->samples.back().counts;
    for (const auto& [kind, count] : std::initializer_list<std::pair<Convergence, std::uint64_t>>{
             {Convergence::kStillOld, counts.still_old},
             {Convergence::kConverged, counts.converged},
             {Convergence::kMixed, counts.mixed},
             {Convergence::kFailed, counts.failed},
             {Convergence::kSilent, counts.silent},
             {Convergence::kWaiting, counts.waiting},
             {Convergence::kGone, counts.gone}}) {
      page.gauge("rollout_hosts", "Hosts of a rollout that is on, by how far they are.",
                 number(count),
                 {{"rollout", rollout->name}, {"phase", std::string(name_of(kind))}});
    }
  }
}

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

void add_endpoints(const MetricParts& parts, MetricPage& page) {
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

void add_publisher(const MetricParts& parts, MetricPage& page) {
  page.counter("changes_published_total", "Changes handed to the PUB socket.",
               number(parts.changes.published()));
  page.counter("changes_unpublished_total",
               "Changes that the PUB socket did not take; the outbox has them.",
               number(parts.changes.unpublished()));
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

void add_store(const MetricParts& parts, MetricPage& page) {
  const Result<StoreStatus> store = parts.history.status();
  page.gauge("store_up", "Whether the store answers.", store ? 1 : 0);
  if (!store) {
    return;
  }
  page.gauge("store_bytes", "Live data on disk.", number(store->bytes));
  const std::optional<WallTime> backup = parts.last_backup.time();
  page.gauge("last_backup_timestamp_seconds", "When the store was last backed up; 0: never.",
             backup ? static_cast<double>(backup->ms) / 1'000.0 : 0);
  page.gauge("store_free_bytes", "Free space of the store's file system.",
             number(store->free_bytes));
  page.gauge("store_accepts_commits",
             "Whether evidence can be made durable: 0 on a full disk or after an error of RocksDB.",
             store->refuses.empty() && !parts.pipeline.commits_fail.load(std::memory_order_relaxed)
                 ? 1
                 : 0);
  for (const StoreFigure& figure : store->figures) {
    page.gauge("rocksdb_" + figure.name, "RocksDB's property of this name, over all families.",
               number(figure.value));
  }
  page.gauge("stream_last_sequence", "The newest change.", number(store->last_change));
  page.gauge("outbox_events", "Changes that are kept.",
             store->first_change == 0 ? 0 : number(store->last_change - store->first_change + 1));
  const std::int64_t now = parts.clock.now().wall.ms;
  const Result<AuditHead> acts = parts.history.audit_head();
  for (const auto& sink : parts.sinks.runners()) {
    page.gauge(
        "sink_lag_events", "Changes and acts that a sink does not have yet.",
        number(transport::lag_of(sink->counters(), store->last_change, acts ? acts->number : 0)),
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
      Kind{"sink_refused_total", "Events that went to the dead letters.", &SinkCounters::refused},
      Kind{"sink_dead_letters_dropped_total", "Dead letters that went for newer ones.",
           &SinkCounters::letters_dropped},
      Kind{"sink_errors_total", "Deliveries that were tried again.", &SinkCounters::failures}};
  CountersByName<SinkCounters> all;
  for (const auto& sink : parts.sinks.runners()) {
    all.emplace_back(sink->name(), &sink->counters());
  }
  add_each<SinkCounters>(kKinds, "sink", all, page);
  for (const auto& sink : parts.sinks.runners()) {
    page.gauge("sink_up", "Whether a sink takes what it is given.",
               sink->counters().is_down.load(std::memory_order_relaxed) ? 0 : 1,
               {{"sink", sink->name()}});
  }
}

// From /proc, as client libraries do it.
void add_process(MetricPage& page) {
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  page.gauge("process_resident_memory_bytes", "Resident memory.",
             number(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  page.counter("process_cpu_seconds_total", "Processor time.",
               static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  std::error_code failure;
  const auto files = std::filesystem::directory_iterator("/proc/self/fd", failure);
  page.gauge("process_open_fds", "Open file descriptors.",
             failure ? 0 : static_cast<double>(std::distance(begin(files), end(files))));
}

}  // namespace

std::string metrics_text(const MetricParts& parts, const transport::HttpServerCounters& server) {
  MetricPage page;
  page.gauge("build_info", "What runs.", 1, {{"version", QUOTEMILL_VERSION}});
  add_fleet(parts, page);
  add_pipeline(parts, page);
  add_memory(parts, page);
  add_policies(parts, page);
  add_stages(parts, page);
  add_rollouts(parts, page);
  add_changes(parts, page);
  add_publisher(parts, page);
  add_endpoints(parts, page);
  add_door(parts, page);
  add_gateways(parts, page);
  add_store(parts, page);
  add_sinks(parts, page);
  page.counter("http_requests_total", "Requests to these pages.", value(server.answered),
               {{"result", "answered"}});
  page.counter("http_requests_total", "Requests to these pages.", value(server.broken),
               {{"result", "broken"}});
  page.counter("http_connections_refused_total", "Connections beyond the bound.",
               value(server.refused));
  add_process(page);
  return page.text();
}

}  // namespace quotemill::daemon
