#include "deploy/quotemilld/service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "deploy/common/endpoint_start.h"
#include "deploy/quotemilld/endpoint_counters.h"
#include "deploy/quotemilld/gateway_settings.h"
#include "deploy/quotemilld/service_options.h"
#include "deploy/quotemilld/service_parts.h"
#include "deploy/quotemilld/startup.h"
#include "deploy/quotemilld/trust_files.h"
#include "engine/base/text.h"
#include "transport/control/control_path.h"
#include "transport/files/private_file.h"
#include "transport/render/render_records.h"
#include "transport/server/change_publisher.h"

namespace quotemill::daemon {
namespace {

constexpr const char* kAttestDomain = "attest";
constexpr std::string_view kIpcScheme = "ipc://";
constexpr std::int64_t kDrainTimeoutMs = 45'000;
constexpr std::int64_t kRefuseTimeoutMs = 1'000;

}  // namespace

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
  start->pause_ms = CommitterStart::kPauseMs;
  Result<std::unique_ptr<PoliciesInForce>> recalled = recall_policies(*store, configured_policy);
  if (!recalled) {
    return recalled.error();
  }
  policies = *std::move(recalled);
  rollout_clock.emplace(clock.now(), policies->rollouts());
  const Result<std::vector<ImageTime>> attested = store->image_times();
  if (!attested) {
    return attested.error();
  }
  images = std::make_unique<ImageTimes>(*store, *attested);
  if (Result<void> streaming = open_stream(); !streaming) {
    return streaming;
  }
  committer =
      std::make_unique<Committer>(CommitterPorts{*store, hosts, replies, *changes, clock, *nonces,
                                                 *policies, counters, images.get()},
                                  std::move(*start));
  pipeline = std::make_unique<Pipeline>(
      PipelineParts{inbox, *committer, hosts, *policies, *store, key_cache, counters,
                    keys.server.public_key, store.get()},
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
          *context, options, [this](std::string_view stream_id, const Change& change) {
            return transport::to_line(transport::render_change(
                stream_id, change, transport::told_host(hosts, change.host)));
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
  options.on_store_behind = [this](const Host& /*host*/, std::uint64_t /*theirs*/,
                                   std::uint64_t /*ours*/) {
    log.error("the store lost something: the change stream gets a new id");
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
      *committer, std::move(service),
      [this](const transport::EnrolmentAudit& audit) { enrolments.note(audit); });
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
  verbs = std::make_unique<OperatorVerbs>(OperatorParts{
      hosts, *committer, *store, *store, *policies, key_cache, keys.server.public_key, inbox,
      counters, *server, clock, audit, endpoints, configured_policy_text(config), runs.get(),
      waves.get(), store.get(), images.get()});
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
      enrolments,
      ek_expiry,
      last_backup,
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

void Service::refuse_evidence() {
  if (parts_->monitoring) {
    parts_->monitoring->set_draining();
  }
  parts_->server->refuse_evidence(kRefuseTimeoutMs);
}

void Service::drain() {
  refuse_evidence();
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
