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
#include "deploy/quotemilld/metric_values.h"
#include "engine/rollout/convergence.h"
#include "transport/http/metric_page.h"

namespace quotemill::daemon {
namespace {

using transport::MetricHistogram;
using transport::MetricPage;

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
  page.counter("asked_again_total",
               "Evidence that may have waited here for too long: no verdict, a fresh challenge.",
               value(pipeline.asked_again));
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
    page.gauge("rocksdb_" + figure.name, "RocksDB's property of this name, of the whole database.",
               number(figure.value));
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
  add_stream(parts, page);
  add_endpoints(parts, page);
  add_store(parts, page);
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
