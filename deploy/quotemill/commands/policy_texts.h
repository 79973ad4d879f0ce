// Policy files as the daemon wants them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// The texts of the files; null after an error, which is said.
std::optional<Json> policy_texts(Session& session, const std::vector<std::string>& files);

}  // namespace quotemill::cli
