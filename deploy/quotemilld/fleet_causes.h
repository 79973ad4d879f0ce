// Why hosts are not trusted, as operators are told it.
#pragma once

#include <vector>

#include "engine/pipeline/host_table.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// []{state, code, message, hosts, examples[]}.
transport::Json render_causes(const std::vector<HostCause>& causes);

}  // namespace quotemill::daemon
