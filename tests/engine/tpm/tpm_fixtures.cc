#include "tests/engine/tpm/tpm_fixtures.h"

#include <algorithm>
#include <functional>

namespace quotemill::testing {
namespace {

namespace fs = std::filesystem;

std::vector<Bytes> files_where(const std::function<bool(const fs::path&)>& wanted) {
  std::vector<fs::path> paths;
  for (const char* const part : {"tuples", "qemu"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fixtures() / part)) {
      if (wanted(entry.path())) {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> contents;
  for (const fs::path& path : paths) {
    contents.push_back(read_file(path));
  }
  return contents;
}

}  // namespace

std::vector<fs::path> tuple_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(fixtures() / "tuples")) {
    folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<Bytes> files_called(const std::string& name) {
  return files_where([&name](const fs::path& path) { return path.filename() == name; });
}

std::vector<Bytes> files_with_extension(const std::string& extension) {
  return files_where([&extension](const fs::path& path) { return path.extension() == extension; });
}

}  // namespace quotemill::testing
