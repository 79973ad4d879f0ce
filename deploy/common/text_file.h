// Reads the small text files of operators: settings, policies, lists, tokens.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace quotemill::program {

// The whole file, never much more of it than `size_max` bytes. kIo if it cannot be read (a folder
// cannot), kTooLarge beyond `size_max`; the detail names the file and what to look at.
Result<std::string> read_text_file(const std::string& name, std::size_t size_max);

// The files *.toml of a folder, sorted; none if there is no such folder. kConfig if it cannot be
// read.
Result<std::vector<std::filesystem::path>> list_settings(const std::string& folder);

}  // namespace quotemill::program
