// quotemill-gateway: carries the evidence of hosts near it to a Quotemill verifier.
#include <iostream>

#include <CLI/CLI.hpp>
#include <sys/stat.h>

#include "deploy/common/endpoint_start.h"
#include "deploy/common/stop_signal.h"
#include "deploy/quotemill-gateway/config.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace): a main

constexpr int kUsage = 2;
constexpr mode_t kUmask = S_IRWXG | S_IRWXO;

void tell_end(const transport::GatewayTally& tally, const program::Log& log) {
  log.info("stopped", {{"frames_up", std::to_string(tally.frames_up)},
                       {"messages_up", std::to_string(tally.messages_up)},
                       {"frames_down", std::to_string(tally.frames_down)},
                       {"messages_down", std::to_string(tally.messages_down)},
                       {"malformed", std::to_string(tally.malformed)},
                       {"refused", std::to_string(tally.refused)},
                       {"dropped", std::to_string(tally.dropped)}});
}

Result<void> serve(gateway::GatewayConfig config, const program::Log& log) {
  const int stop = program::stop_descriptor();
  umask(kUmask);
  const Result<transport::CurveKeyPair> keys =
      program::load_channel_keys(config.state_folder, "gateway");
  if (!keys) {
    return keys.error();
  }
  config.settings.key = *keys;
  config.settings.log = program::log_sink(log);
  const Result<std::unique_ptr<transport::Context>> context = transport::Context::create();
  if (!context) {
    return context.error();
  }
  const Result<std::unique_ptr<transport::Gateway>> opened =
      transport::Gateway::open(**context, std::move(config.settings));
  if (!opened) {
    return opened.error();
  }
  log.info("ready", {{"endpoint", (*opened)->endpoint()}});
  (*opened)->run(stop);
  tell_end((*opened)->tally(), log);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Carries the evidence of hosts near it to a Quotemill verifier");
  std::string file = "/etc/quotemill/gateway.toml";
  bool check = false;
  app.add_option("--config", file, "Settings (TOML)")->capture_default_str();
  app.add_flag("--check-config", check, "Check the settings and end");
  app.set_version_flag("--version", QUOTEMILL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  Result<gateway::GatewayConfig> config = gateway::load_gateway_config(file);
  if (!config) {
    std::cerr << config.error().to_string() << "\n";
    return kUsage;
  }
  if (check) {
    return 0;
  }
  const program::Log log("quotemill-gateway", config->log);
  if (const Result<void> served = serve(*std::move(config), log); !served) {
    log.error(served.error().to_string());
    return 1;
  }
  return 0;
}
