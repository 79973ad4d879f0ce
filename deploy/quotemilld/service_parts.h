// What the daemon consists of. For service*.cc alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "deploy/quotemilld/change_fan_out.h"
#include "deploy/quotemilld/ek_expiry.h"
#include "deploy/quotemilld/enrolment_log.h"
#include "deploy/quotemilld/last_backup.h"
#include "deploy/quotemilld/live_notices.h"
#include "deploy/quotemilld/metrics.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "deploy/quotemilld/reply_relay.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "deploy/quotemilld/service.h"
#include "deploy/quotemilld/sink_fan.h"
#include "deploy/quotemilld/startup.h"
#include "deploy/quotemilld/store_keeper.h"
#include "deploy/quotemilld/system_clock.h"
#include "deploy/quotemilld/validity_keeper.h"
#include "engine/base/limits.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/pipeline.h"
#include "storage/rocks_store.h"
#include "transport/control/control_server.h"
#include "transport/server/enrolment_door.h"
#include "transport/server/enrolment_service.h"
#include "transport/server/evidence_server.h"
#include "transport/socket/zap.h"

namespace quotemill::daemon {

// In the order of construction; destroyed in the reverse one.
struct Service::Parts {
  Parts(const Config& settings, const Policy& policy, const program::Log& program_log)
      : config(settings),
        log(program_log),
        inbox(static_cast<std::size_t>(settings.pipeline.inbox_items), limits::kInboxBytesMax,
              static_cast<unsigned>(settings.pipeline.batch_age_ms),
              static_cast<unsigned>(settings.pipeline.batch_rest_ms)),
        key_cache(limits::kKeyCacheMax),
        configured_policy(policy) {}

  Result<void> open();
  Result<void> open_store();
  Result<void> open_stream();
  Result<void> open_sinks();
  Result<void> open_attestation();
  Result<void> open_enrolment();
  Result<void> open_control();
  Result<void> open_monitoring();

  const Config config;
  const program::Log& log;
  SystemClock clock;
  transport::AdmissionInputs admission;
  Keys keys;
  std::unique_ptr<storage::RocksStore> store;
  std::unique_ptr<StoreKeeper> keeper;
  HostTable hosts;
  Inbox inbox;
  KeyCache key_cache;
  PipelineCounters counters;
  const Policy configured_policy;
  std::unique_ptr<PoliciesInForce> policies;
  std::unique_ptr<ImageTimes> images;
  std::optional<RolloutClock> rollout_clock;
  std::unique_ptr<NonceAuthority> nonces;
  std::unique_ptr<transport::Context> context;
  std::unique_ptr<ChangeFanOut> changes;
  std::optional<LiveNotices> live;  // Service::tick()'s
  std::unique_ptr<SinkFan> sinks;
  ReplyRelay replies;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<ValidityKeeper> validity;
  std::unique_ptr<transport::ZapHandler> zap;
  std::unique_ptr<transport::EvidenceServer> server;
  EnrolmentLog enrolments{log, clock};
  std::unique_ptr<transport::EnrolmentService> enrolment;
  std::unique_ptr<transport::EnrolmentDoor> door;
  std::unique_ptr<FleetRuns> runs;
  std::unique_ptr<ReattestWaves> waves;
  std::unique_ptr<OperatorVerbs> verbs;
  std::unique_ptr<transport::ControlServer> control;
  EkExpiry ek_expiry;
  LastBackup last_backup;
  std::unique_ptr<MonitoringPages> monitoring;
  std::int64_t swept_ms = 0;  // when hosts were last looked through for what is over
};

}  // namespace quotemill::daemon
