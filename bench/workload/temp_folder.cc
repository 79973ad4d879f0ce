#include "bench/workload/temp_folder.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace quotemill::bench {

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "quotemill-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::perror("mkdtemp");
    std::abort();
  }
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace quotemill::bench
