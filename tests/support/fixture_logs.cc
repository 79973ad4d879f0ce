#include "tests/support/fixture_logs.h"

#include <sstream>

#include "tests/support/temp_folder.h"

namespace quotemill::testing {
namespace {

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

Bytes from_base64(ByteView text) {
  Bytes out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char character : as_text(text)) {
    const std::size_t value = kAlphabet.find(character);
    if (value == std::string_view::npos) {
      continue;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return out;
}

}  // namespace

std::vector<LogFixture> all_boot_logs() {
  const Bytes manifest = read_file(fixtures() / "MANIFEST.tsv");
  std::istringstream lines{std::string(as_text(manifest))};
  std::vector<LogFixture> logs;
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() > 6 && fields[6].rfind("tcg-eventlog-", 0) == 0) {
      logs.push_back({fields[0], fields[6]});
    }
  }
  return logs;
}

Bytes boot_log_bytes(const std::string& path) {
  const Bytes raw = read_file(fixtures() / path);
  return path.ends_with(".b64") ? from_base64(raw) : raw;
}

}  // namespace quotemill::testing
