// The daemon's monitoring pages: /metrics, /healthz, /readyz.
//
// Names and units follow Prometheus' conventions; no metric has a host for a label. The fleet is
// counted when somebody asks, host by host: some 0.1 s for 100,000.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "deploy/quotemilld/change_fan_out.h"
#include "deploy/quotemilld/ek_expiry.h"
#include "deploy/quotemilld/endpoint_counters.h"
#include "deploy/quotemilld/enrolment_log.h"
#include "deploy/quotemilld/last_backup.h"
#include "deploy/quotemilld/sink_fan.h"
#include "engine/pipeline/counters.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/key_cache.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/ports/clock.h"
#include "engine/ports/history.h"
#include "transport/http/http_server.h"

namespace quotemill::daemon {

// All borrowed; they outlive the pages.
struct MetricParts {
  const History& history;
  const HostTable& hosts;
  const Inbox& inbox;
  const PipelineCounters& pipeline;
  const KeyCache& keys;
  const PoliciesInForce& policies;
  EndpointCounters endpoints;
  const SinkFan& sinks;
  const ChangeFanOut& changes;
  const EnrolmentLog& enrolments;
  const EkExpiry& ek_expiry;
  const LastBackup& last_backup;
  const Clock& clock;
};

// What /metrics says, in Prometheus' text format.
std::string metrics_text(const MetricParts& parts, const transport::HttpServerCounters& server);

class MonitoringPages {
 public:
  explicit MonitoringPages(const MetricParts& parts)
      : parts_(parts), heard_ms_(parts.clock.now().boot.ms) {}

  // `listen` is "ADDRESS:PORT". The Error says what could not be opened.
  Result<void> listen(const std::string& listen);

  // The loop that feeds the watchdog came round. Any thread.
  void hear() { heard_ms_.store(parts_.clock.now().boot.ms, std::memory_order_relaxed); }

  // From now on /readyz says 503. Any thread.
  void set_draining() { is_draining_.store(true, std::memory_order_relaxed); }

 private:
  [[nodiscard]] transport::HttpPage page(std::string_view path, std::string_view query) const;
  [[nodiscard]] transport::HttpPage readiness(bool is_verbose) const;

  const MetricParts parts_;
  std::atomic<bool> is_draining_{false};
  std::atomic<std::int64_t> heard_ms_;
  std::unique_ptr<transport::HttpServer> server_;
};

}  // namespace quotemill::daemon
