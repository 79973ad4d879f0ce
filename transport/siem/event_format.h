// The formats in which changes of trust, and notices, leave for SIEMs. Field by field: README.md
// beside this file.
//
// Texts that came from a host were escaped when they were kept; here each format's own delimiters
// are escaped besides. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/verdict/change.h"
#include "transport/render/told_host.h"
#include "transport/siem/notice.h"

namespace quotemill::transport {

enum class EventFormat : std::uint8_t {
  kJson,               // Quotemill's own, as 'quotemill watch --json' prints it
  kCloudEvents,        // CloudEvents 1.0.2, structured mode, Quotemill's own as data
  kCloudEventsBinary,  // the data alone; the attributes are beside it
  kOcsf,               // OCSF 1.8.0, class 5019 (Device Config State Change)
  kOcsfFinding,        // OCSF 1.8.0, class 2004 (Detection Finding)
  kEcs,                // Elastic Common Schema 9.4
  kCef,                // ArcSight CEF:0
  kSyslog,             // RFC 5424, without the transport's framing
};

// All of them, in the order of the numbers.
const std::vector<EventFormat>& event_formats();
// "json", "cloudevents", "cloudevents-binary", "ocsf", "ocsf-finding", "ecs", "cef", "syslog".
std::string_view name_of(EventFormat format);
std::optional<EventFormat> event_format_named(std::string_view name);

// Who tells.
struct EventSource {
  std::string stream_id;
  std::string verifier;  // this machine's name
  std::string version;   // of Quotemill
  std::uint32_t process_id = 0;
  std::uint32_t enterprise_number =
      32473;                           // IANA's, for syslog's structured data (RFC 5424, 7.2.2)
  std::string ocsf_version = "1.8.0";  // that events say they are in; since 1.5.0 they are the same
  // Where people read about a host, up to its uid ("https://…/hosts/"); empty: nowhere.
  std::string reference_url = {};
};

// What leaves.
struct RenderedEvent {
  std::string id;   // unique for ever: who gets it twice has a duplicate
  std::string key;  // the host's uid, hexadecimal; "" if it is about none. Order is kept per key.
  WallTime time;
  std::string body;  // one line of UTF-8 without its newline
  // Of CloudEvents in binary mode: name and value, for whoever makes headers of them.
  std::vector<std::pair<std::string, std::string>> attributes = {};
};

// Of at most limits::kEventSizeMax bytes. `host` is the change's, as it is now.
RenderedEvent render_event(EventFormat format, const EventSource& source, const Change& change,
                           const ToldHost& host = {});
RenderedEvent render_event(EventFormat format, const EventSource& source, const Notice& notice);

// Whether a body of this format is JSON.
bool is_json(EventFormat format);

}  // namespace quotemill::transport
