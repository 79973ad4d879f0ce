#include "deploy/quotemill/commands/baseline_name.h"

#include <charconv>

namespace quotemill::cli {

std::optional<BaselineName> parse_baseline_name(Session& session, const std::string& text) {
  const std::size_t at_sign = text.find('@');
  BaselineName named{text.substr(0, at_sign), 0};
  if (at_sign == std::string::npos) {
    return named;
  }
  const std::string_view digits = std::string_view(text).substr(at_sign + 1);
  const char* const end = digits.data() + digits.size();  // NOLINT(*-pointer-arithmetic)
  const auto [rest, error] = std::from_chars(digits.data(), end, named.version);
  if (error != std::errc() || rest != end || named.version == 0) {
    session.fail("'" + text + "' names no baseline", "NAME, or NAME@VERSION such as shim@2",
                 Exit::kUsage);
    return std::nullopt;
  }
  return named;
}

Json name_args(const BaselineName& named) {
  return {{"name", named.name}, {"version", named.version}};
}

std::optional<std::uint32_t> version_wanted(Session& session, const std::vector<std::string>& as) {
  if (as.size() < 2) {
    return 0;
  }
  const std::string& text = as[1];
  std::uint32_t version = 0;
  const char* const end = text.data() + text.size();  // NOLINT(*-pointer-arithmetic)
  const auto [rest, error] = std::from_chars(text.data(), end, version);
  if (error != std::errc() || rest != end || version == 0) {
    session.fail("'" + text + "' is no version", "--as NAME VERSION, such as --as shim 2",
                 Exit::kUsage);
    return std::nullopt;
  }
  return version;
}

}  // namespace quotemill::cli
