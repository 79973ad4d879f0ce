// A secret of one line in a file: a token, a password. Settings name the file, never the secret.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace quotemill::daemon {

// Its first line, without what white space ends it. kDenied if everybody may read the file, kConfig
// if it is empty, longer than limits::kSinkSecretSizeMax, or more than one line of printable ASCII.
// The Error never has the secret.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace quotemill::daemon
