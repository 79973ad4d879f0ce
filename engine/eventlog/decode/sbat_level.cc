#include "engine/eventlog/decode/sbat_level.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/limits.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();  // NOLINT(*-pointer-arithmetic): from_chars
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::uint32_t SbatLevel::generation_of(std::string_view name) const {
  const auto found =
      std::find_if(components.begin(), components.end(),
                   [name](const SbatComponent& component) { return component.name == name; });
  return found == components.end() ? 0 : found->generation;
}

Result<SbatLevel> decode_sbat_level(ByteView text) {
  std::string_view rest = as_text(text);
  while (!rest.empty() && rest.back() == '\0') {
    rest.remove_suffix(1);
  }
  SbatLevel level;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    if (line.empty()) {
      continue;
    }
    const std::string name = text_of_ascii(as_bytes(take_until(line, ',')));
    const std::optional<std::uint32_t> generation = number_of(take_until(line, ','));
    if (!generation || name.empty()) {
      return Error{ErrorCode::kMalformed, "SbatLevel"};
    }
    if (level.components.size() == limits::kSbatComponentsMax) {
      return Error{ErrorCode::kTooLarge, "SbatLevel"};
    }
    if (level.components.empty() && name == "sbat") {
      level.date = text_of_ascii(as_bytes(line));
    }
    level.components.push_back({name, *generation});
  }
  if (level.components.empty()) {
    return Error{ErrorCode::kMalformed, "SbatLevel"};
  }
  return level;
}

Fields describe_sbat_level(const SbatLevel& level) {
  std::vector<Fields> components;
  for (const SbatComponent& component : level.components) {
    components.push_back(
        {{"name", component.name}, {"generation", std::uint64_t{component.generation}}});
  }
  return {{"date", level.date}, {"components", std::move(components)}};
}

}  // namespace quotemill
