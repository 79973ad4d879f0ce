// Files go to the daemon as they are, in parts: it alone reads what is believed.
#pragma once

#include <optional>
#include <string>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// The SHA-256 by which the daemon knows it; null after an error, which is said.
std::optional<std::string> upload(Session& session, const std::string& content);

}  // namespace quotemill::cli
