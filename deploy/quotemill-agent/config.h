// The agent's settings, from TOML; every mistake with file, line and remedy before anything opens.
#pragma once

#include <string>
#include <string_view>

#include "deploy/common/log.h"
#include "engine/base/result.h"
#include "transport/agent/agent.h"

namespace quotemill::agent {

struct AgentConfig {
  AgentOptions options;
  std::string token_file;     // empty: no token
  std::string token_problem;  // why the token file could not be read; empty if it was
  program::LogSettings log;
};

// kConfig with every mistake, one "file:line:column: what; remedy" a line. A setting without which
// nothing works (an endpoint, the server's key, the name) is a mistake if it is absent.
Result<AgentConfig> parse_agent_config(std::string_view text, std::string_view file_name);

// Reads the file and the token file that it names. A token that is not there is no Error: only a
// host that is not enrolled yet needs one.
Result<AgentConfig> load_agent_config(const std::string& file_name);

}  // namespace quotemill::agent
