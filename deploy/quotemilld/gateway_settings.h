// The gateways that may carry hosts' evidence: one TOML file each, named as the gateway.
//
//   [gateway]
//   key   = "........................................"   # gateway.pub of its state folder
//   hosts = ["r12-*"]                                     # whose evidence it may carry
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "transport/server/gateway_links.h"

namespace quotemill::daemon {

// kConfig with every mistake, one "file:line:column: what" a line.
Result<transport::GatewayOptions> parse_gateway(std::string_view text, const std::string& file_name,
                                                const std::string& name);

// Those of all files *.toml in the folder, by name. None if there is no such folder. kConfig if two
// have one key.
Result<std::vector<transport::GatewayOptions>> load_gateways(const std::string& folder);

}  // namespace quotemill::daemon
