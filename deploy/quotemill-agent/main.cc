// quotemill-agent: attests this host to a Quotemill verifier, for ever.
#include <cstdlib>

#include "deploy/common/log.h"
#include "deploy/common/serving_program.h"
#include "deploy/common/stop_signal.h"
#include "deploy/quotemill-agent/config.h"
#include "transport/agent/agent.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace): a main

int run(agent::AgentConfig config) {
  config.options.attestor.agent = std::string("quotemill-agent/") + QUOTEMILL_VERSION;
  // The TPM library prints lines of its own beside the errors that we log; who wants them asks.
  setenv("TSS2_LOG", "all+none", 0);
  const program::Log log("quotemill-agent", config.log);
  const int stop = program::stop_descriptor();
  Result<std::unique_ptr<transport::Context>> context = transport::Context::create();
  if (!context) {
    log.error(context.error().to_string());
    return 1;
  }
  if (!config.token_problem.empty()) {
    log.warn("no token to enrol with, if this host is not enrolled yet",
             {{"error", config.token_problem}});
  }
  const auto say = [&log](agent::AgentLogLevel level, const std::string& text) {
    level == agent::AgentLogLevel::kInfo ? log.info(text) : log.warn(text);
  };
  Result<agent::Agent> agent = agent::Agent::create(**context, config.options, say);
  if (!agent) {
    log.error(agent.error().to_string());
    return 1;
  }
  agent->run(stop);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run_by_settings<agent::AgentConfig>(
      {"Attests this host to a Quotemill verifier", "/etc/quotemill/agent.toml", QUOTEMILL_VERSION},
      argc, argv, agent::load_agent_config, run);
}
