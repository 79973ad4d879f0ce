#include "deploy/common/log_settings.h"

#include <array>

namespace quotemill::program {

LogSettings read_log_settings(TomlReader& in) {
  constexpr std::array<std::string_view, 5> kLevels = {"debug", "info", "warn", "error", "off"};
  LogSettings settings;
  settings.level = kLevels.at(in.choice("log.level", 1, {kLevels.begin(), kLevels.end()}));
  settings.format = static_cast<LogFormat>(in.choice("log.format", 0, {"text", "json"}));
  return settings;
}

}  // namespace quotemill::program
