// Notice: what leaves on the stream beside changes of trust. Not about one host's state, but about
// who did what, about many hosts at once, or about the stream itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/ports/records.h"

namespace quotemill::transport {

enum class NoticeKind : std::uint8_t {
  kAudit,  // an act of an operator, an enrolment, a change of identity, a sink's trouble; durable
  kGroup,  // many hosts changed for one cause; beside their own events
  kFlapping,   // a host changed to and fro, and not all of it was told; in the place of the repeats
  kHeartbeat,  // the stream is alive: silence is alarming
};

// "audit", "group", "flapping", "heartbeat".
std::string_view name_of(NoticeKind kind);

enum class NoticeLevel : std::uint8_t { kInfo, kWarning, kError };

std::string_view name_of(NoticeLevel level);  // "info", "warning", "error"

struct Notice {
  NoticeKind kind = NoticeKind::kHeartbeat;
  std::string id;  // unique for ever, <stream id>:<kind>:…
  WallTime time;
  NoticeLevel level = NoticeLevel::kInfo;
  std::string code;      // "audit.policy.apply", "sink.down": API, as finding codes are
  std::string sentence;  // printable
  std::string host;      // uid, hexadecimal, if it is about one
  // What else there is, by name ([a-z_]); values are printable.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

// An act, as a notice: who, verb, subject. What befell a sink, verb "sink.", is an error unless the
// sink is back.
Notice notice_of(std::string_view stream_id, const AuditRecord& record);

// `next` is the sequence of the first change that the sink does not have, `last` the stream's last.
Notice heartbeat(std::string_view stream_id, WallTime now, std::uint64_t next, std::uint64_t last);

}  // namespace quotemill::transport
