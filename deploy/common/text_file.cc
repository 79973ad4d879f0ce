#include "deploy/common/text_file.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace quotemill::program {

Result<std::string> read_text_file(const std::string& name, std::size_t size_max) {
  std::ifstream file(name, std::ios::binary);
  std::string text;
  std::array<char, 65536> chunk{};
  while (file && text.size() <= size_max) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof() && text.size() <= size_max) {
    return Error{ErrorCode::kIo, "", 0,
                 name + ": cannot be read; check that it is a file and who may read it"};
  }
  if (text.size() > size_max) {
    return Error{ErrorCode::kTooLarge, "", 0,
                 name + ": larger than " + std::to_string(size_max) + " bytes"};
  }
  return text;
}

Result<std::vector<std::filesystem::path>> list_settings(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".toml") {
      files.push_back(entry->path());
    }
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return Error{ErrorCode::kConfig, "settings", 0, folder + ": " + failure.message()};
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace quotemill::program
