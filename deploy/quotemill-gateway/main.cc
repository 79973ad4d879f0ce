// quotemill-gateway: carries the evidence of hosts near it to a Quotemill verifier.
#include <sys/stat.h>

#include "deploy/common/endpoint_start.h"
#include "deploy/common/serving_program.h"
#include "deploy/common/stop_signal.h"
#include "deploy/quotemill-gateway/config.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace): a main

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

int run(gateway::GatewayConfig config) {
  const program::Log log("quotemill-gateway", config.log);
  if (const Result<void> served = serve(std::move(config), log); !served) {
    log.error(served.error().to_string());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run_by_settings<gateway::GatewayConfig>(
      {"Carries the evidence of hosts near it to a Quotemill verifier",
       "/etc/quotemill/gateway.toml", QUOTEMILL_VERSION},
      argc, argv, gateway::load_gateway_config, run);
}
