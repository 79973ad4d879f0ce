#include "deploy/common/journal_fields.h"

#include <algorithm>

namespace quotemill::program {
namespace {

constexpr std::string_view kPrefix = "QUOTEMILL_";
constexpr std::size_t kNameSizeMax = 64;  // journald drops longer ones

// syslog(3)
char priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return '7';
    case LogLevel::kInfo:
      return '6';
    case LogLevel::kWarn:
      return '4';
    case LogLevel::kError:
      return '3';
  }
  return '3';
}

std::string field_name(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key.substr(0, kNameSizeMax - kPrefix.size())) {
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_lower ? static_cast<char>(c - 'a' + 'A') : is_kept ? c : '_';
  }
  return name;
}

}  // namespace

std::vector<std::string> journal_fields(LogLevel level, std::string_view program,
                                        std::string_view line,
                                        std::initializer_list<LogField> fields) {
  std::vector<std::string> out = {"MESSAGE=" + std::string(line),
                                  std::string("PRIORITY=") + priority_of(level),
                                  "SYSLOG_IDENTIFIER=" + std::string(program)};
  for (const auto& [key, value] : fields) {
    out.push_back(field_name(key) + "=" + safe_value(value));
  }
  return out;
}

}  // namespace quotemill::program
