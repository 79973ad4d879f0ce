// What the daemon's parts are told, out of its configuration.
#pragma once

#include <string>

#include "deploy/common/log.h"
#include "deploy/quotemilld/config.h"
#include "storage/rocks_store.h"
#include "transport/server/server_log.h"

namespace quotemill::daemon {

// Borrows the log.
transport::LogSink log_sink(const program::Log& log);

// The text of the policy that the configuration names, as it is now; a bundle finds out whether it
// is that of a verdict. Empty if there is none.
std::string configured_policy_text(const Config& config);

storage::StoreOptions store_options(const Config& config);

}  // namespace quotemill::daemon
