#include "deploy/quotemilld/service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "deploy/common/endpoint_start.h"
#include "deploy/quotemilld/change_fan_out.h"
#include "deploy/quotemilld/endpoint_counters.h"
#include "deploy/quotemilld/gateway_settings.h"
#include "deploy/quotemilld/key_files.h"
#include "deploy/quotemilld/live_notices.h"
#include "deploy/quotemilld/maintenance.h"
#include "deploy/quotemilld/metrics.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "deploy/quotemilld/outbox_trim.h"
#include "deploy/quotemilld/reply_relay.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "deploy/quotemilld/service_options.h"
#include "deploy/quotemilld/sink_fan.h"
#include "deploy/quotemilld/startup.h"
#include "deploy/quotemilld/store_keeper.h"
#include "deploy/quotemilld/system_clock.h"
#include "deploy/quotemilld/trust_files.h"
#include "deploy/quotemilld/validity_keeper.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/pipeline.h"
#include "storage/rocks_store.h"
#include "transport/control/control_path.h"
#include "transport/control/control_server.h"
#include "transport/files/private_file.h"
#include "transport/render/render_records.h"
#include "transport/server/change_publisher.h"
#include "transport/server/enrolment_door.h"
#include "transport/server/enrolment_service.h"
#include "transport/server/evidence_server.h"
#include "transport/socket/zap.h"

namespace quotemill::daemon {
namespace {

constexpr const char* kAttestDomain = "attest";
constexpr std::string_view kIpcScheme = "ipc://";
constexpr std::int64_t kNonceKeyAgeMs = 3'600'000;
constexpr std::int64_t kSweepMs = 10'000;
constexpr std::int64_t kDrainTimeoutMs = 45'000;

}  // namespace

// In the order of construction; destroyed in the reverse one.
struct Service::Parts {
  Parts(const Config& settings, const Policy& policy, const program::Log& program_log)
      : config(settings),
        log(program_log),
        inbox(limits::kInboxItemsMax, limits::kInboxBytesMax,
              static_cast<unsigned>(settings.pipeline.batch_age_ms)),
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
  std::unique_ptr<transport::EnrolmentService> enrolment;
  std::unique_ptr<transport::EnrolmentDoor> door;
  std::unique_ptr<FleetRuns> runs;
  std::unique_ptr<ReattestWaves> waves;
  std::unique_ptr<OperatorVerbs> verbs;
  std::unique_ptr<transport::ControlServer> control;
  EkExpiry ek_expiry;
  std::unique_ptr<MonitoringPages> monitoring;
  std::int64_t swept_ms = 0;  // when hosts were last looked through for what is over
};

Result<void> Service::Parts::open() {
  Result<transport::AdmissionInputs> inputs = load_trust_files(config.trust, log);
  if (!inputs) {
    return inputs.error();
  }
  admission = std::move(*inputs);
  Result<Keys> loaded = load_keys(config, clock.now().wall);
  if (!loaded) {
    return loaded.error();
  }
  keys = *loaded;
  nonces = std::make_unique<NonceAuthority>(keys.nonces);
  Result<std::unique_ptr<transport::Context>> made = transport::Context::create();
  if (!made) {
    return made.error();
  }
  context = std::move(*made);
  for (const auto step : {&Parts::open_store, &Parts::open_sinks, &Parts::open_attestation,
                          &Parts::open_enrolment, &Parts::open_control, &Parts::open_monitoring}) {
    if (Result<void> opened = (this->*step)(); !opened) {
      return opened;
    }
  }
  return {};
}

Result<void> Service::Parts::open_store() {
  Result<std::unique_ptr<storage::RocksStore>> opened =
      storage::RocksStore::open(store_options(config));
  if (!opened) {
    return opened.error();
  }
  store = std::move(*opened);
  Result<CommitterStart> start = recall(*store, hosts);
  if (!start) {
    return start.error();
  }
  Result<std::unique_ptr<PoliciesInForce>> recalled = recall_policies(*store, configured_policy);
  if (!recalled) {
    return recalled.error();
  }
  policies = *std::move(recalled);
  rollout_clock.emplace(clock.now(), policies->rollouts());
  if (Result<void> streaming = open_stream(); !streaming) {
    return streaming;
  }
  committer = std::make_unique<Committer>(
      CommitterPorts{*store, hosts, replies, *changes, clock, *nonces, *policies, counters},
      std::move(*start));
  pipeline = std::make_unique<Pipeline>(PipelineParts{inbox, *committer, hosts, *policies, *store,
                                                      key_cache, counters, keys.server.public_key},
                                        static_cast<unsigned>(config.pipeline.threads));
  keeper = std::make_unique<StoreKeeper>(
      *store, clock, config.history.collect_every_ms, [this](bool is_bad, const std::string& text) {
        log.write(is_bad ? program::LogLevel::kError : program::LogLevel::kInfo, "store",
                  {{"what", printable(text)}});
      });
  log.info("store opened", {{"path", config.state.store}, {"hosts", std::to_string(hosts.size())}});
  return {};
}

// Whoever may ask the daemon may read its changes: the socket's folder and mode are the control
// socket's.
Result<void> Service::Parts::open_stream() {
  const std::string path = config.listen.changes.substr(kIpcScheme.size());
  if (Result<void> prepared = transport::prepare_control_socket(path); !prepared) {
    return prepared;
  }
  transport::ChangePublisherOptions options;
  options.endpoint = config.listen.changes;
  Result<std::unique_ptr<transport::ChangePublisher>> publisher =
      transport::ChangePublisher::create(
          *context, options, [](std::string_view stream_id, const Change& change) {
            return transport::to_line(transport::render_change(stream_id, change));
          });
  if (!publisher) {
    return publisher.error();
  }
  if (Result<void> restricted = transport::restrict_control_socket(path); !restricted) {
    return restricted;
  }
  changes = std::make_unique<ChangeFanOut>(std::move(*publisher), log);
  live.emplace(*store, [this](std::string line) { changes->tell(std::move(line)); });
  return {};
}

Result<void> Service::Parts::open_sinks() {
  Result<std::unique_ptr<SinkFan>> started =
      SinkFan::start(config.sinks, config.state.folder, {{*store, *store}, hosts, clock}, log);
  if (!started) {
    return started.error();
  }
  sinks = *std::move(started);
  changes->wake_sinks(sinks.get());
  return {};
}

Result<void> Service::Parts::open_attestation() {
  Result<std::vector<transport::GatewayOptions>> gateways = load_gateways(config.gateways);
  if (!gateways) {
    return gateways.error();
  }
  transport::ZapDomain domain;
  domain.admits = [this, known = *gateways](const CurveKey& key) {
    return hosts.admits(key) ||
           std::any_of(known.begin(), known.end(),
                       [&key](const auto& gateway) { return gateway.key == key; });
  };
  Result<std::unique_ptr<transport::ZapHandler>> handler =
      transport::ZapHandler::start(*context, {{kAttestDomain, domain}});
  if (!handler) {
    return handler.error();
  }
  zap = std::move(*handler);
  transport::EvidenceServerOptions options;
  options.endpoint = config.listen.attest;
  options.key = keys.server;
  options.zap_domain = kAttestDomain;
  options.gateways = *std::move(gateways);
  options.challenges.selections = [this](const Host& host) {
    const HostTraits traits = traits_of(*host.record, view_of(host.state->facts));
    return std::vector<PcrSelection>{policies->current()->snapshot_for(traits)->policy().selection};
  };
  options.challenges.need_timeout_ms = config.pipeline.need_timeout_ms;
  options.memory_bytes_max = static_cast<std::size_t>(config.pipeline.memory_bytes);
  options.log = program::log_sink(log);
  options.on_store_behind = [this](const Host& host, std::uint64_t theirs, std::uint64_t ours) {
    log.error("a host holds a newer receipt than the store: the store lost something",
              {{"host", host.record->name},
               {"theirs", std::to_string(theirs)},
               {"ours", std::to_string(ours)}});
    committer->renew_stream();
  };
  Result<std::unique_ptr<transport::EvidenceServer>> made = transport::EvidenceServer::create(
      {*context, hosts, *nonces, inbox, clock}, std::move(options));
  if (!made) {
    return made.error();
  }
  server = std::move(*made);
  replies.connect(server.get());
  committer->start();
  sinks->act_through(committer.get());
  pipeline->start();
  validity = std::make_unique<ValidityKeeper>(
      TimeSweepParts{hosts, *store, *policies, keys.server.public_key,
                     [this](std::vector<ReappraisedHost> judged) {
                       return committer->commit_reappraised(std::move(judged));
                     }},
      [this](bool is_bad, const std::string& text) {
        log.write(is_bad ? program::LogLevel::kError : program::LogLevel::kInfo, "validity",
                  {{"what", text}});
      });
  server->start();
  log.info("attestation endpoint open", {{"endpoint", server->endpoint()}});
  return {};
}

Result<void> Service::Parts::open_enrolment() {
  transport::EnrolmentServiceConfig service;
  service.server_key = keys.server.public_key;
  service.attest_endpoint = config.listen.attest_public == config.listen.attest
                                ? server->endpoint()
                                : config.listen.attest_public;
  service.attest_key = keys.server.public_key;
  service.pending_lifetime_ms = config.enrolment.pending_ttl_ms;
  enrolment = std::make_unique<transport::EnrolmentService>(
      *committer, std::move(service), [this](const transport::EnrolmentAudit& audit) {
        log.info("enrolment", {{"outcome", audit.outcome},
                               {"host", audit.name},
                               {"uid", audit.host_uid},
                               {"ek_sha256", audit.ek_sha256},
                               {"generation", std::to_string(audit.generation)},
                               {"detail", audit.detail}});
      });
  enrolment->use(std::make_shared<const transport::AdmissionInputs>(std::move(admission)));
  transport::EnrolmentDoorConfig settings;
  settings.endpoint = config.listen.enrol;
  settings.secret_key = keys.server.secret_key;
  settings.limits.memory_max = static_cast<std::uint64_t>(config.enrolment.memory_bytes);
  Result<std::unique_ptr<transport::EnrolmentDoor>> opened = transport::EnrolmentDoor::open(
      std::move(settings),
      [this](const CurveKey& client, const transport::MessageBody& message) {
        return enrolment->handle(client, message, clock.now());
      },
      program::log_sink(log));
  if (!opened) {
    return opened.error();
  }
  door = std::move(*opened);
  log.info("enrolment endpoint open", {{"endpoint", door->endpoint()}});
  return {};
}

Result<void> Service::Parts::open_control() {
  const auto audit = [this](const OperatorAct& act) {
    log.info(
        "operator",
        {{"verb", act.verb}, {"who", act.who}, {"subject", act.subject}, {"outcome", act.outcome}});
  };
  const auto endpoints = [this] {
    transport::Json out = render_endpoints(
        {server->counters(), zap->counters(), enrolment->counters(), *door, server->gateways()});
    for (const auto& sink : sinks->runners()) {
      out["sink " + sink->name()] = render_sink(sink->counters());
    }
    return out;
  };
  runs = std::make_unique<FleetRuns>(FleetRunParts{hosts, *store, *policies, keys.server.public_key,
                                                   [this](std::vector<ReappraisedHost> judged) {
                                                     return committer->commit_reappraised(
                                                         std::move(judged));
                                                   },
                                                   config.state.folder + "/reappraisal.json"});
  waves = std::make_unique<ReattestWaves>(hosts, *server, clock);
  verbs = std::make_unique<OperatorVerbs>(
      OperatorParts{hosts, *committer, *store, *store, *policies, key_cache, keys.server.public_key,
                    inbox, counters, *server, clock, audit, endpoints,
                    configured_policy_text(config), runs.get(), waves.get()});
  Result<std::unique_ptr<transport::ControlServer>> started =
      transport::ControlServer::start(*context, config.listen.control, *verbs);
  if (!started) {
    return started.error();
  }
  control = std::move(*started);
  changes->wake(control.get());
  log.info("control socket open", {{"path", config.listen.control}});
  return {};
}

Result<void> Service::Parts::open_monitoring() {
  if (config.metrics.listen.empty()) {
    return {};
  }
  monitoring = std::make_unique<MonitoringPages>(MetricParts{
      *store,
      hosts,
      inbox,
      counters,
      key_cache,
      *policies,
      {server->counters(), zap->counters(), enrolment->counters(), *door, server->gateways()},
      *sinks,
      *changes,
      ek_expiry,
      clock});
  if (Result<void> listening = monitoring->listen(config.metrics.listen); !listening) {
    return listening;
  }
  log.info("monitoring endpoint open", {{"endpoint", config.metrics.listen}});
  return {};
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Service>> Service::open(const Config& config, const Policy& policy,
                                               const program::Log& log) {
  std::unique_ptr<Service> service(new Service(std::make_unique<Parts>(config, policy, log)));
  if (const Result<void> opened = service->parts_->open(); !opened) {
    return opened.error();
  }
  return service;
}

Service::~Service() {
  if (parts_->changes) {
    parts_->changes->wake(nullptr);
    parts_->changes->wake_sinks(nullptr);
  }
  if (parts_->sinks) {
    parts_->sinks->act_through(nullptr);
  }
  parts_->replies.connect(nullptr);
}

void Service::tick() {
  const Moment now = parts_->clock.now();
  parts_->live->look(now);
  NonceAuthority& nonces = *parts_->nonces;
  if (nonces.is_due(now.wall, kNonceKeyAgeMs)) {
    const Result<EpochKey> fresh = fresh_epoch_key();
    if (fresh) {
      const NonceAuthority::Keys next = nonces.successor(*fresh, now.wall);
      // Durable first: a nonce whose key is lost by a crash would cost its host a round trip.
      if (store_nonce_keys(parts_->config.state.folder, next)) {
        nonces.adopt(next);
      } else {
        parts_->log.error("the nonce keys cannot be stored; the old ones stay in use");
      }
    }
  }
  if (now.boot.ms - parts_->swept_ms >= kSweepMs) {
    parts_->swept_ms = now.boot.ms;
    parts_->ek_expiry.look(parts_->hosts);
    if (const Result<void> swept = parts_->enrolment->forget_expired_hosts(); !swept) {
      parts_->log.warn("expired pending hosts stay", {{"error", swept.error().to_string()}});
    }
    if (const Result<void> ended = end_due_maintenance(parts_->hosts, *parts_->committer, now.wall);
        !ended) {
      parts_->log.warn("hosts stay in maintenance", {{"error", ended.error().to_string()}});
    }
    if (const Result<void> kept = keep_rollouts(parts_->hosts, *parts_->policies,
                                                *parts_->committer, *parts_->rollout_clock, now);
        !kept) {
      parts_->log.warn("rollouts stay as they were", {{"error", kept.error().to_string()}});
    }
    if (const Result<void> trimmed = trim_outbox(parts_->config.outbox, *parts_->store,
                                                 *parts_->store, *parts_->sinks, parts_->log);
        !trimmed) {
      parts_->log.warn("old changes stay", {{"error", trimmed.error().to_string()}});
    }
  }
}

void Service::drain() {
  if (parts_->monitoring) {
    parts_->monitoring->set_draining();
  }
  parts_->validity.reset();
  (void)parts_->runs->interrupt().has_value();  // it is continued by whoever asks for it
  parts_->server->drain(kDrainTimeoutMs);
  parts_->pipeline->drain();
  parts_->changes->wake(nullptr);
  parts_->control.reset();
  parts_->waves.reset();
  parts_->runs.reset();
  parts_->monitoring.reset();
  parts_->door.reset();  // after the operators, whom it is shown to
  parts_->sinks->act_through(nullptr);
  parts_->committer->stop();
  parts_->changes->wake_sinks(nullptr);
  parts_->sinks.reset();
}

}  // namespace quotemill::daemon
