#include "transport/render/json.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace quotemill::transport {

std::string to_line(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

std::optional<Json> parse_json(std::string_view text, int depth_max) {
  // Refused while it is read: dumping and destroying nested values recurses.
  bool is_too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    is_too_deep = is_too_deep || depth > depth_max;
    return !is_too_deep;
  };
  Json value = Json::parse(text, watch_depth, /*allow_exceptions=*/false);
  if (is_too_deep || value.is_discarded()) {
    return std::nullopt;
  }
  return value;
}

namespace {

// Digits where the pattern has a 0, itself elsewhere.
bool has_shape(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(), [](char letter, char wanted) {
           return wanted == '0' ? letter >= '0' && letter <= '9' : letter == wanted;
         });
}

int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  for (const char digit : text.substr(at, size)) {
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<WallTime> parse_iso_time(std::string_view text) {
  const bool has_ms = has_shape(text, "0000-00-00T00:00:00.000Z");
  if (!has_ms && !has_shape(text, "0000-00-00T00:00:00Z")) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(number_at(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(number_at(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(number_at(text, 8, 2)))};
  const int hours = number_at(text, 11, 2);
  const int minutes = number_at(text, 14, 2);
  const int seconds = number_at(text, 17, 2);
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  const std::chrono::milliseconds since =
      std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hours) +
      std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
  return WallTime{since.count() + (has_ms ? number_at(text, 20, 3) : 0)};
}

Json iso_time(WallTime time) {
  using std::chrono::milliseconds;
  if (time.ms == 0) {
    return nullptr;
  }
  constexpr std::int64_t kEndOf9999 = 253'402'300'799'999;
  const milliseconds since(std::clamp<std::int64_t>(time.ms, 0, kEndOf9999));
  const auto days = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss clock{since - days};
  std::array<char, 48> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

Json uuid_text(const BootId& id) {
  Json hex = hex_or_null(id);
  if (hex.is_null()) {
    return hex;
  }
  std::string text = hex.get<std::string>();
  for (const std::size_t place : {8U, 13U, 18U, 23U}) {
    text.insert(place, 1, '-');
  }
  return text;
}

Json hex_or_null(ByteView bytes) {
  const bool is_set = std::any_of(bytes.begin(), bytes.end(), [](auto byte) { return byte != 0; });
  return is_set ? Json(to_hex(bytes)) : Json(nullptr);
}

}  // namespace quotemill::transport
