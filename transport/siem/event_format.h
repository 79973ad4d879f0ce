// The formats in which changes of trust leave for SIEMs. Field by field: README.md beside this
// file.
//
// Each is one line of UTF-8 without its newline. Texts that came from a host were escaped when they
// were kept; here each format's own delimiters are escaped besides. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/verdict/change.h"

namespace quotemill::transport {

enum class EventFormat : std::uint8_t {
  kJson,         // Quotemill's own, as 'quotemill watch --json' prints it
  kCloudEvents,  // CloudEvents 1.0.2, structured mode, Quotemill's own as data
  kOcsf,         // OCSF 1.8.0, class 5019 (Device Config State Change)
  kEcs,          // Elastic Common Schema 9.4
  kCef,          // ArcSight CEF:0
  kSyslog,       // RFC 5424, without the transport's framing
};

// "json", "cloudevents", "ocsf", "ecs", "cef", "syslog".
std::string_view name_of(EventFormat format);
std::optional<EventFormat> event_format_named(std::string_view name);

// Who tells.
struct EventSource {
  std::string stream_id;
  std::string verifier;  // this machine's name
  std::string version;   // of Quotemill
  std::uint32_t process_id = 0;
  std::uint32_t enterprise_number =
      32473;  // IANA's, for syslog's structured data (RFC 5424, 7.2.2)
};

std::string render_event(EventFormat format, const EventSource& source, const Change& change);

}  // namespace quotemill::transport
