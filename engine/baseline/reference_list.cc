#include "engine/baseline/reference_list.h"

#include <algorithm>

#include "engine/eventlog/ima_reader.h"

namespace quotemill {
namespace {

constexpr std::string_view kPackageMark = "# package:";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  const std::size_t end = text.find_last_not_of(" \t\r");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

// What coreutils escape in a name behind a backslash at the beginning of the line.
std::optional<std::string> unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '\\') {
      out.push_back(name[i]);
      continue;
    }
    const char next = ++i < name.size() ? name[i] : '\0';
    if (next != '\\' && next != 'n' && next != 'r') {
      return std::nullopt;
    }
    out.push_back(next == 'n' ? '\n' : next == 'r' ? '\r' : '\\');
  }
  return out;
}

Error malformed(std::size_t column, const char* what) {
  return {ErrorCode::kMalformed, "reference list", 0,
          "column " + std::to_string(column + 1) + ": " + what};
}

Result<ReferenceLine> parse_line(std::string_view line) {
  const bool is_escaped = line.starts_with('\\');
  const std::size_t begin = is_escaped ? 1 : 0;
  const std::size_t space = std::min(line.find(' ', begin), line.size());
  const std::optional<Digest> digest = digest_of_text(line.substr(begin, space - begin));
  if (!digest) {
    return malformed(begin, "is no digest of a known size; a line is '<hexadecimal>  <name>'");
  }
  std::string_view name = line.substr(std::min(space + 1, line.size()));
  if (name.starts_with(' ') || name.starts_with('*')) {
    name.remove_prefix(1);
  }
  if (name.starts_with("./")) {
    name.remove_prefix(1);
  }
  if (name.empty()) {
    return malformed(space, "has no name behind the digest");
  }
  const std::optional<std::string> plain =
      is_escaped ? unescaped(name) : std::optional(std::string(name));
  return plain ? Result<ReferenceLine>(ReferenceLine{*digest, *plain, {}})
               : malformed(space, "has an escape that coreutils have not");
}

Error at_line(std::size_t number, Error error) {
  error.detail = "line " + std::to_string(number) + ", " + error.detail;
  return error;
}

}  // namespace

std::optional<Digest> digest_of_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const std::optional<Bytes> bytes = from_hex(digits);
  if (!bytes.has_value()) {
    return std::nullopt;
  }
  const std::optional<HashAlgorithm> algorithm = colon == std::string_view::npos
                                                     ? sha_of_size(bytes->size())
                                                     : hash_algorithm_named(text.substr(0, colon));
  return algorithm.has_value() ? Digest::from(*algorithm, *bytes) : std::nullopt;
}

Result<void> for_each_reference_line(
    std::string_view text, const std::function<Result<void>(const ReferenceLine& line)>& visit) {
  std::string_view package;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.starts_with(kPackageMark)) {
      package = trimmed(line.substr(kPackageMark.size()));
      continue;
    }
    if (line.empty() || line.front() == '#') {
      continue;
    }
    Result<ReferenceLine> parsed = parse_line(line);
    if (!parsed) {
      return at_line(number, parsed.error());
    }
    parsed->package = package;
    if (const Result<void> taken = visit(*parsed); !taken) {
      return at_line(number, taken.error());
    }
  }
  return {};
}

}  // namespace quotemill
