#include "deploy/quotemill/time_argument.h"

#include <chrono>
#include <cstdio>
#include <string>

#include "engine/policy/toml_reader.h"

namespace quotemill::cli {
namespace {

// Digits where the pattern has a 0, itself elsewhere.
bool has_shape(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i]) {
      return false;
    }
  }
  return true;
}

std::int64_t number(std::string_view text, std::size_t at, std::size_t size) {
  std::int64_t value = 0;
  for (const char digit : text.substr(at, size)) {
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (const std::optional<std::int64_t> ago = parse_duration_ms(text)) {
    return WallTime{now.ms - *ago};
  }
  std::string full(text);
  for (const std::string_view rest : {"", "Z", ":00Z", "T00:00:00Z"}) {
    full = std::string(text) + std::string(rest);
    if (has_shape(full, "0000-00-00T00:00:00Z")) {
      break;
    }
  }
  if (!has_shape(full, "0000-00-00T00:00:00Z")) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(number(full, 0, 4))),
      std::chrono::month(static_cast<unsigned>(number(full, 5, 2))),
      std::chrono::day(static_cast<unsigned>(number(full, 8, 2)))};
  const std::int64_t hours = number(full, 11, 2);
  const std::int64_t minutes = number(full, 14, 2);
  const std::int64_t seconds = number(full, 17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  const std::chrono::milliseconds since = std::chrono::sys_days(date).time_since_epoch();
  return WallTime{since.count() + ((hours * 60 + minutes) * 60 + seconds) * 1000};
}

}  // namespace quotemill::cli
