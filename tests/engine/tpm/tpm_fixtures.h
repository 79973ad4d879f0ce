// What real TPMs sent, for the tests of this folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {

// The folders of complete quotes: tuples/* of the fixtures.
std::vector<std::filesystem::path> tuple_folders();

// The contents of every file of this name or extension under tuples/ and qemu/, in a fixed order.
std::vector<Bytes> files_called(const std::string& name);
std::vector<Bytes> files_with_extension(const std::string& extension);

}  // namespace quotemill::testing
