#include "tests/support/temp_folder.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace quotemill::testing {

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, ByteView contents) {
  std::ofstream out(path, std::ios::binary);
  const std::string_view text = as_text(contents);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) {
    std::perror(path.c_str());
    std::abort();
  }
}

std::filesystem::path fixtures() {
  return "../shared/fixtures";
}

bool have_fixtures() {
  return std::filesystem::exists(fixtures() / "MANIFEST.tsv");
}

}  // namespace quotemill::testing
