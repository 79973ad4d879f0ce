// What the daemon's parts are told, out of its configuration.
#pragma once

#include <string>

#include "deploy/quotemilld/config.h"
#include "storage/rocks_store.h"

namespace quotemill::daemon {

// The text of the policy that the configuration names, as it is now; a bundle finds out whether it
// is that of a verdict. Empty if there is none.
std::string configured_policy_text(const Config& config);

storage::StoreOptions store_options(const Config& config);

}  // namespace quotemill::daemon
