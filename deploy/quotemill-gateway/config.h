// The gateway's settings, from TOML; every mistake with file, line and remedy before anything
// opens.
#pragma once

#include <string>
#include <string_view>

#include "deploy/common/log.h"
#include "engine/base/result.h"
#include "transport/gateway/gateway.h"

namespace quotemill::gateway {

struct GatewayConfig {
  transport::GatewaySettings settings;  // but for its key and its log
  std::string state_folder = "/var/lib/quotemill-gateway";
  program::LogSettings log;
};

// kConfig with every mistake, one "file:line:column: what; remedy" a line. The server's endpoint
// and key have no defaults.
Result<GatewayConfig> parse_gateway_config(std::string_view text, std::string_view file_name);

// Reads the file (kIo if it cannot be read) and parses it.
Result<GatewayConfig> load_gateway_config(const std::string& file_name);

}  // namespace quotemill::gateway
