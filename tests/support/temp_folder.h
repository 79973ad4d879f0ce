// Files for tests: folders that go away, whole files, the fixtures.
#pragma once

#include <filesystem>

#include "bench/workload/temp_folder.h"
#include "engine/base/bytes.h"

namespace quotemill::testing {

using bench::TempFolder;

// Whole files. A file that cannot be read is empty; one that cannot be written aborts.
Bytes read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, ByteView contents);

// ../shared/fixtures, seen from the project's root where tests run.
std::filesystem::path fixtures();

// Whether the fixtures are there; a test without them says GTEST_SKIP().
bool have_fixtures();

}  // namespace quotemill::testing
