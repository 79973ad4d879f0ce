// Files that go to the daemon in parts, because a request is small.
#pragma once

#include <optional>
#include <string>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// The SHA-256 by which the daemon knows the content from now on; null after an error, which is
// said.
std::optional<std::string> upload(Session& session, const std::string& content);

}  // namespace quotemill::cli
