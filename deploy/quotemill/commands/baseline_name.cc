#include "deploy/quotemill/commands/baseline_name.h"

#include <charconv>
#include <string_view>

namespace quotemill::cli {

namespace {

// A version: a number above 0, and nothing behind it.
std::optional<std::uint32_t> version_in(std::string_view text) {
  std::uint32_t version = 0;
  const char* const end = text.data() + text.size();  // NOLINT(*-pointer-arithmetic)
  const auto [rest, error] = std::from_chars(text.data(), end, version);
  return error == std::errc() && rest == end && version != 0 ? std::optional(version)
                                                             : std::nullopt;
}

}  // namespace

std::optional<BaselineName> parse_baseline_name(Session& session, const std::string& text) {
  const std::size_t at_sign = text.find('@');
  BaselineName named{text.substr(0, at_sign), 0};
  if (at_sign == std::string::npos) {
    return named;
  }
  const std::optional<std::uint32_t> version =
      version_in(std::string_view(text).substr(at_sign + 1));
  if (!version) {
    session.fail("'" + text + "' names no baseline", "NAME, or NAME@VERSION such as shim@2",
                 Exit::kUsage);
    return std::nullopt;
  }
  named.version = *version;
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
  const std::optional<std::uint32_t> version = version_in(text);
  if (!version) {
    session.fail("'" + text + "' is no version", "--as NAME VERSION, such as --as shim 2",
                 Exit::kUsage);
    return std::nullopt;
  }
  return version;
}

}  // namespace quotemill::cli
