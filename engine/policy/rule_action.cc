#include "engine/policy/rule_action.h"

#include "engine/policy/toml_reader.h"

namespace quotemill {

std::optional<Severity> severity_of(RuleAction action) {
  switch (action) {
    case RuleAction::kOff:
      return std::nullopt;
    case RuleAction::kInfo:
      return Severity::kInfo;
    case RuleAction::kWarn:
      return Severity::kWarning;
    case RuleAction::kFail:
      return Severity::kFail;
  }
  return Severity::kFail;
}

RuleAction read_action(TomlReader& in, std::string_view key, RuleAction default_action) {
  return static_cast<RuleAction>(
      in.choice(key, static_cast<std::size_t>(default_action), {"off", "info", "warn", "fail"}));
}

}  // namespace quotemill
