#include "tests/transport/siem/line_formats.h"

#include <algorithm>
#include <regex>

namespace quotemill::testing {
namespace {

constexpr const char* kMark = "\xEF\xBB\xBF";

bool is_one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
}

// The text up to `end`, unescaped; `at` is behind it then. nullopt if there is no end, if one of
// `delimiters` is not escaped, or if something else is.
std::optional<std::string> take_until(const std::string& line, std::size_t& at, char end,
                                      const std::string& delimiters) {
  std::string out;
  for (; at < line.size() && line[at] != end; ++at) {
    const bool is_escape = line[at] == '\\';
    at += is_escape ? 1U : 0U;
    const bool is_delimiter = at < line.size() && delimiters.find(line[at]) != std::string::npos;
    if (is_delimiter != is_escape) {
      return std::nullopt;
    }
    out += line[at];
  }
  if (at >= line.size()) {
    return std::nullopt;
  }
  ++at;
  return out;
}

// A value without what is escaped in it; nullopt if something should have been.
std::optional<std::string> cef_value(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '=') {
      return std::nullopt;
    }
    if (text[at] == '\\') {
      ++at;
      if (at == text.size() || std::string("\\=nr").find(text[at]) == std::string::npos) {
        return std::nullopt;
      }
      out += text[at] == 'n' ? '\n' : text[at] == 'r' ? '\r' : text[at];
      continue;
    }
    out += text[at];
  }
  return out;
}

}  // namespace

std::optional<CefEvent> read_cef(const std::string& line) {
  if (!is_one_line(line)) {
    return std::nullopt;
  }
  CefEvent event;
  std::size_t at = 0;
  for (int field = 0; field < 7; ++field) {
    const std::optional<std::string> text = take_until(line, at, '|', "\\|");
    if (!text) {
      return std::nullopt;
    }
    event.header.push_back(*text);
  }
  // A key begins the extension or is behind a space, and is before an equals sign that is not
  // escaped: none in a value is, so each that is not escaped ends a key.
  const std::string rest = line.substr(at);
  static const std::regex kKey("(^| )([A-Za-z0-9_]+)=");
  std::vector<std::smatch> keys;
  for (auto key = std::sregex_iterator(rest.begin(), rest.end(), kKey);
       key != std::sregex_iterator(); ++key) {
    keys.push_back(*key);
  }
  if (keys.empty() || keys.front().position() != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto begin = static_cast<std::size_t>(keys[i].position() + keys[i].length());
    const auto end =
        i + 1 < keys.size() ? static_cast<std::size_t>(keys[i + 1].position()) : rest.size();
    const std::optional<std::string> value = cef_value(rest.substr(begin, end - begin));
    if (!value || !event.extension.emplace(keys[i][2].str(), *value).second) {
      return std::nullopt;
    }
  }
  return event;
}

namespace {

using Parameters = std::map<std::string, std::string>;

// What the pattern matches at `at`, which is behind it then; its first group.
std::optional<std::string> take(const std::string& line, std::size_t& at,
                                const std::regex& pattern) {
  std::smatch match;
  if (!std::regex_search(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), match, pattern,
                         std::regex_constants::match_continuous)) {
    return std::nullopt;
  }
  at += static_cast<std::size_t>(match.length());
  return match[1].str();
}

// " NAME="VALUE"…]" (6.3.3).
std::optional<Parameters> take_parameters(const std::string& line, std::size_t& at) {
  static const std::regex kName(" ([!#-<>-\\\\^-~]{1,32})=\"");
  Parameters parameters;
  while (at < line.size() && line[at] == ' ') {
    const std::optional<std::string> name = take(line, at, kName);
    const std::optional<std::string> value =
        name ? take_until(line, at, '"', "\"\\]") : std::nullopt;
    if (!value || !parameters.emplace(*name, *value).second) {
      return std::nullopt;
    }
  }
  if (at == line.size() || line[at] != ']') {
    return std::nullopt;
  }
  ++at;
  return parameters;
}

}  // namespace

std::optional<SyslogEvent> read_syslog(const std::string& line) {
  static const std::regex kHeader(
      "<([0-9]{1,3})>1 ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z|-) "
      "([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) ");
  static const std::regex kId("\\[([!#-<>-\\\\^-~]{1,32})");
  std::smatch header;
  if (!is_one_line(line) ||
      !std::regex_search(line, header, kHeader, std::regex_constants::match_continuous)) {
    return std::nullopt;
  }
  SyslogEvent event;
  event.priority = std::stoi(header[1].str());
  for (std::size_t field = 2; field < header.size(); ++field) {
    event.header.push_back(header[field].str());
  }
  auto at = static_cast<std::size_t>(header.length());
  while (at < line.size() && line[at] == '[') {
    const std::optional<std::string> id = take(line, at, kId);
    const std::optional<Parameters> parameters = id ? take_parameters(line, at) : std::nullopt;
    if (!parameters || !event.data.emplace(*id, *parameters).second) {
      return std::nullopt;
    }
  }
  const std::string before = std::string(" ") + kMark;
  if (event.data.empty() || line.compare(at, before.size(), before) != 0) {
    return std::nullopt;
  }
  event.message = line.substr(at + before.size());
  return event;
}

}  // namespace quotemill::testing
