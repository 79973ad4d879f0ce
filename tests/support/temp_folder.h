// TempFolder: a folder of its own for one test, removed with everything in it at the end.
#pragma once

#include <filesystem>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill::testing {

class TempFolder {
 public:
  // Aborts if none can be made: no test can go on then.
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

// Whole files. A file that cannot be read is empty; one that cannot be written aborts.
Bytes read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, ByteView contents);

// ../shared/fixtures, seen from the project's root where tests run.
std::filesystem::path fixtures();

// Whether the fixtures are there; a test without them says GTEST_SKIP().
bool have_fixtures();

}  // namespace quotemill::testing
