#include "transport/siem/notice.h"

#include "engine/base/text.h"

namespace quotemill::transport {
namespace {

std::string notice_id(std::string_view stream_id, NoticeKind kind, const std::string& rest) {
  return std::string(stream_id) + ":" + std::string(name_of(kind)) + ":" + rest;
}

bool is_uid(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kAudit:
      return "audit";
    case NoticeKind::kGroup:
      return "group";
    case NoticeKind::kFlapping:
      return "flapping";
    case NoticeKind::kHeartbeat:
      return "heartbeat";
  }
  return "";
}

std::string_view name_of(NoticeLevel level) {
  switch (level) {
    case NoticeLevel::kInfo:
      return "info";
    case NoticeLevel::kWarning:
      return "warning";
    case NoticeLevel::kError:
      return "error";
  }
  return "";
}

Notice notice_of(std::string_view stream_id, const AuditRecord& record) {
  Notice notice;
  notice.kind = NoticeKind::kAudit;
  notice.id = notice_id(stream_id, notice.kind, std::to_string(record.number));
  notice.time = record.time;
  const std::string who = printable(record.act.who);
  const std::string verb = printable(record.act.verb);
  const std::string subject = printable(record.act.subject);
  const bool is_trouble = verb.starts_with("sink.") && verb != "sink.up";
  notice.level = is_trouble ? NoticeLevel::kError : NoticeLevel::kInfo;
  notice.code = "audit." + verb;
  notice.sentence = who + ": " + verb + " " + subject;
  notice.host = is_uid(subject) ? subject : "";
  notice.fields = {{"number", std::to_string(record.number)},
                   {"who", who},
                   {"verb", verb},
                   {"subject", subject},
                   {"chain", record.id.hex()}};
  return notice;
}

Notice heartbeat(std::string_view stream_id, WallTime now, std::uint64_t next, std::uint64_t last) {
  Notice notice;
  notice.kind = NoticeKind::kHeartbeat;
  notice.id = notice_id(stream_id, notice.kind, std::to_string(now.ms));
  notice.time = now;
  notice.code = "stream.heartbeat";
  notice.sentence = "The stream is alive; its last change is " + std::to_string(last);
  notice.fields = {{"next", std::to_string(next)}, {"last_change", std::to_string(last)}};
  return notice;
}

}  // namespace quotemill::transport
