// What a rule of a policy does when it is broken.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/verdict/finding.h"

namespace quotemill {

class TomlReader;

enum class RuleAction : std::uint8_t { kOff, kInfo, kWarn, kFail };

// The severity of a rule's finding; nullopt if the rule is off.
std::optional<Severity> severity_of(RuleAction action);

// "off", "info", "warn" or "fail"; mistakes are the reader's to tell.
RuleAction read_action(TomlReader& in, std::string_view key, RuleAction default_action);

}  // namespace quotemill
