#include "deploy/quotemill/time_argument.h"

#include <string>

#include "engine/policy/toml_reader.h"
#include "transport/render/json.h"

namespace quotemill::cli {
std::optional<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (const std::optional<std::int64_t> ago = parse_duration_ms(text)) {
    return WallTime{now.ms - *ago};
  }
  // What is left out at the end is zero.
  for (const std::string_view rest : {"", "Z", ":00Z", "T00:00:00Z"}) {
    const std::string full = std::string(text) + std::string(rest);
    if (const std::optional<WallTime> moment = transport::parse_iso_time(full)) {
      return moment;
    }
  }
  return std::nullopt;
}

}  // namespace quotemill::cli
