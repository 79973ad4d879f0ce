// TempFolder: a folder of its own for one test or benchmark, removed with everything in it at the
// end.
#pragma once

#include <filesystem>
#include <string_view>

namespace quotemill::bench {

class TempFolder {
 public:
  // Aborts if none can be made: nothing can go on then.
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

}  // namespace quotemill::bench
