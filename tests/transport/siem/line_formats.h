// Readers of the formats that are lines, strict where receivers are lenient: what they read is what
// was said, or they say why not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quotemill::testing {

// CEF:0 (Micro Focus, "Implementing ArcSight Common Event Format", 26).
struct CefEvent {
  std::vector<std::string> header;  // 7 fields, "CEF:0" first, unescaped
  std::map<std::string, std::string> extension;
};

// nullopt unless it is one line with 7 header fields, and an extension of keys that come once, in
// which every equals sign and backslash of a value is escaped.
std::optional<CefEvent> read_cef(const std::string& line);

// RFC 5424.
struct SyslogEvent {
  int priority = 0;
  std::vector<std::string> header;  // TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID
  std::map<std::string, std::map<std::string, std::string>> data;  // by SD-ID; values unescaped
  std::string message;                                             // without the byte order mark
};

// nullopt unless it is by the letter of RFC 5424, 6.
std::optional<SyslogEvent> read_syslog(const std::string& line);

}  // namespace quotemill::testing
