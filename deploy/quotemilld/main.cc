// quotemilld: the Quotemill daemon. Parse, validate, open, run, drain.
#include <csignal>
#include <ctime>
#include <iostream>
#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "deploy/common/operator_name.h"
#include "deploy/quotemilld/config.h"
#include "deploy/quotemilld/gateway_settings.h"
#include "deploy/quotemilld/restore_store.h"
#include "deploy/quotemilld/service.h"
#include "deploy/quotemilld/sink_settings.h"
#include "deploy/quotemilld/system_clock.h"
#include "deploy/quotemilld/trust_files.h"
#include "transport/server/door_process.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace): a main

constexpr int kUsage = 2;
constexpr int kEndedAtOnce = 130;
constexpr mode_t kUmask = S_IWGRP | S_IRWXO;

// SIGTERM, SIGINT: blocked in all threads, taken one by one here. A receiver that hangs up is an
// error of its sink, not a signal.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// A second signal ends the process at once: what is durable stays so.
void* end_at_next_signal(void* signals) {
  int signal = 0;
  sigwait(static_cast<const sigset_t*>(signals), &signal);
  _exit(kEndedAtOnce);
}

int serve(const daemon::Config& config, const Policy& policy) {
  const program::Log log("quotemilld", config.log);
  sigset_t signals = block_signals();
  umask(kUmask);
  Result<std::unique_ptr<daemon::Service>> service = daemon::Service::open(config, policy, log);
  if (!service) {
    log.error(service.error().to_string());
    return 1;
  }
  sd_notify(0, "READY=1");
  log.info("ready", {{"policy", policy.id}});
  const timespec second{1, 0};
  while (sigtimedwait(&signals, nullptr, &second) < 0) {
    (*service)->tick();
    // Ticks go through the commit thread: if that hangs, so do we, and systemd is told.
    sd_notify(0, "WATCHDOG=1");
  }
  sd_notify(0, "STOPPING=1");
  pthread_t watcher{};
  pthread_create(&watcher, nullptr, end_at_next_signal, &signals);
  (*service)->refuse_evidence();
  log.info("draining; a second signal stops at once");
  (*service)->drain();
  service->reset();
  log.info("stopped");
  return 0;
}

int restored(const daemon::Config& config, const std::string& backup) {
  umask(kUmask);
  const Result<StoreReport> report = daemon::restore_store(
      backup, config.state.store, program::operator_name(), daemon::SystemClock().now().wall);
  if (!report) {
    std::cerr << report.error().to_string() << "\n";
    return 1;
  }
  std::cout << config.state.store << ": restored, " << report->hosts << " hosts, "
            << report->appraisals << " appraisals, " << report->changes
            << " changes; it carries on another change stream\n";
  return 0;
}

int checked(const std::string& file, bool check_only, const std::string& backup) {
  const Result<daemon::Config> config = daemon::load_config(file);
  const Result<Policy> policy =
      config ? daemon::load_policy(*config) : Result<Policy>(config.error());
  if (!policy) {
    std::cerr << policy.error().to_string() << "\n";
    return kUsage;
  }
  if (check_only) {
    const program::Log log("quotemilld", config->log);
    const Result<transport::AdmissionInputs> trust = daemon::load_trust_files(config->trust, log);
    if (!trust) {
      std::cerr << trust.error().to_string() << "\n";
      return kUsage;
    }
    if (const auto sinks = daemon::load_sinks(config->sinks); !sinks) {
      std::cerr << sinks.error().to_string() << "\n";
      return kUsage;
    }
    if (const auto gateways = daemon::load_gateways(config->gateways); !gateways) {
      std::cerr << gateways.error().to_string() << "\n";
      return kUsage;
    }
    std::cout << (file.empty() ? "The built-in settings" : file) << ": fine; policy " << policy->id
              << " version " << policy->version << "\n";
    return 0;
  }
  return backup.empty() ? serve(*config, *policy) : restored(*config, backup);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Quotemill daemon: verifies the fleet, remembers, publishes changes of trust");
  std::string file;
  std::string backup;
  bool check = false;
  bool door = false;
  app.add_option("--config", file, "Settings (TOML); without it, the built-in defaults")
      ->check([](const std::string& name) {
        return name.empty() ? std::string("a file name is expected") : std::string();
      });
  app.add_flag("--check-config", check, "Check the settings and the policy, and end");
  app.add_option("--restore", backup, "Put this backup in the store's place, and end")
      ->type_name("DIR")
      ->excludes("--check-config");
  app.add_flag("--enrolment-door", door)->group("");  // the daemon starts itself with it
  app.set_version_flag("--version", QUOTEMILL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return door ? transport::run_enrolment_door(transport::kDoorFd) : checked(file, check, backup);
}
