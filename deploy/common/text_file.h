// Reads the small text files of operators: settings, policies, lists, tokens.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/result.h"

namespace quotemill::program {

// The whole file, never much more of it than `size_max` bytes. kIo if it cannot be read (a folder
// cannot), kTooLarge beyond `size_max`; the detail names the file and what to look at.
Result<std::string> read_text_file(const std::string& name, std::size_t size_max);

}  // namespace quotemill::program
