#include "transport/agent/measured_boot.h"

#include <algorithm>

#include <sys/utsname.h>

#include "engine/base/limits.h"
#include "transport/agent/whole_file.h"

namespace quotemill::agent {
namespace {

constexpr std::size_t kFactFileSizeMax = 64 * 1024;  // os-release is under 1 kB
constexpr std::size_t kBootIdFileSizeMax = 64;
constexpr std::size_t kUuidSize = 36;

std::string cut(std::string_view fact) {
  return std::string(fact.substr(0, limits::kFactSizeMax));
}

std::string contents_or_empty(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  const Result<Bytes> contents = read_whole_file(path, kFactFileSizeMax);
  return contents ? std::string(as_text(*contents)) : std::string();
}

std::string first_line(const std::string& path) {
  const std::string contents = contents_or_empty(path);
  return contents.substr(0, contents.find('\n'));
}

// A shell word as os-release(5) allows it: bare, or in one pair of quotes; a backslash escapes the
// next character except in single quotes.
std::string unquoted(std::string_view value) {
  const char quote = value.empty() ? '\0' : value.front();
  const bool is_quoted =
      value.size() >= 2 && (quote == '"' || quote == '\'') && value.back() == quote;
  if (is_quoted) {
    value = value.substr(1, value.size() - 2);
  }
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && quote != '\'' && i + 1 < value.size()) {
      ++i;
    }
    out += value[i];
  }
  return out;
}

}  // namespace

Result<Bytes> read_boot_log_file(const std::string& path) {
  return read_whole_file(path, limits::kBootLogSizeMax);
}

Result<Bytes> read_runtime_list(const std::string& path, std::uint64_t from,
                                std::uint64_t max_bytes) {
  Result<Bytes> list = read_file_from(path, from, max_bytes);
  return !list && list.error().code == ErrorCode::kNotFound ? Result<Bytes>(Bytes{}) : list;
}

Result<BootId> parse_boot_id(std::string_view text) {
  const Error malformed{ErrorCode::kMalformed, "boot id", 0, {}};
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.size() != kUuidSize) {
    return malformed;
  }
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash != (text[i] == '-')) {
      return malformed;
    }
    if (!is_dash) {
      digits += text[i];
    }
  }
  const std::optional<Bytes> bytes = from_hex(digits);
  BootId id{};
  if (!bytes || bytes->size() != id.size()) {
    return malformed;
  }
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

Result<BootId> read_boot_id(const std::string& path) {
  const Result<Bytes> contents = read_whole_file(path, kBootIdFileSizeMax);
  if (!contents) {
    return contents.error();
  }
  Result<BootId> id = parse_boot_id(as_text(*contents));
  if (!id) {
    return Error{ErrorCode::kMalformed, "boot id", 0, path + " holds no uuid"};
  }
  return id;
}

std::string os_release_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=') {
      return unquoted(line.substr(key.size() + 1));
    }
  }
  return {};
}

OwnedHostFacts read_host_facts(const FactPaths& paths, std::string_view agent) {
  const std::string os_release = contents_or_empty(paths.os_release);
  OwnedHostFacts facts;
  facts.os_id = cut(os_release_value(os_release, "ID"));
  facts.os_version = cut(os_release_value(os_release, "VERSION_ID"));
  utsname system{};
  if (uname(&system) == 0) {
    facts.kernel = cut(system.release);
  }
  facts.vendor = cut(first_line(paths.vendor));
  facts.model = cut(first_line(paths.model));
  facts.agent = cut(agent);
  facts.firmware = cut(first_line(paths.firmware));
  return facts;
}

}  // namespace quotemill::agent
