// Elastic Common Schema 9.4: a change of state is an event (event.kind), of a host and of what it
// is configured to be.
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {

namespace {

Json observer_of(const EventSource& source) {
  return {{"vendor", "Quotemill"},
          {"product", "quotemilld"},
          {"type", "attestation-verifier"},
          {"version", source.version},
          {"name", source.verifier}};
}

int severity_of(NoticeLevel level) {
  return level == NoticeLevel::kError ? 73 : level == NoticeLevel::kWarning ? 47 : 21;
}

}  // namespace

std::string render_ecs(const EventSource& source, const Change& change) {
  const StateScale& scale = scale_of(change.current);
  const Json own = render_change(source.stream_id, change);
  const std::string code = code_of(change);
  Json host = {{"id", change.host.hex()}, {"name", own.at("host").at("name")}};
  if (own.at("boot_id").is_string()) {
    host["boot"] = {{"id", own.at("boot_id")}};
  }
  return to_line({{"@timestamp", own.at("time")},
                  {"ecs", {{"version", "9.4.0"}}},
                  {"message", sentence_of(change)},
                  {"event",
                   {{"id", own.at("id")},
                    {"kind", "event"},
                    {"category", {"host", "configuration"}},
                    {"type", {"change"}},
                    {"action", "trust-state-changed"},
                    {"code", code},
                    {"outcome", scale.ecs_outcome},
                    {"severity", scale.ecs_severity},
                    {"risk_score", scale.ecs_severity},
                    {"reason", code},
                    {"sequence", change.sequence},
                    {"module", "quotemill"},
                    {"dataset", "quotemill.trust"},
                    {"provider", "verifier"}}},
                  {"host", std::move(host)},
                  {"rule", {{"id", own.at("policy").at("id")}, {"category", "attestation"}}},
                  {"observer", observer_of(source)},
                  {"tags", {"attestation"}},
                  {"quotemill",
                   {{"state", {{"previous", own.at("prev")}, {"current", own.at("new")}}},
                    {"host_sequence", change.host_sequence},
                    {"maintenance", change.in_maintenance},
                    {"ear_status", scale.ear},
                    {"reasons", own.at("reasons")},
                    {"evidence", {{"sha256", own.at("evidence_sha256")}}}}}});
}

std::string render_ecs(const EventSource& source, const Notice& notice) {
  const std::string kind(name_of(notice.kind));
  Json out = {{"@timestamp", iso_time(notice.time)},
              {"ecs", {{"version", "9.4.0"}}},
              {"message", notice.sentence},
              {"event",
               {{"id", notice.id},
                {"kind", "event"},
                {"category", {"configuration"}},
                {"type", {notice.kind == NoticeKind::kAudit ? "change" : "info"}},
                {"action", kind},
                {"code", notice.code},
                {"severity", severity_of(notice.level)},
                {"reason", notice.code},
                {"module", "quotemill"},
                {"dataset", "quotemill." + kind},
                {"provider", "verifier"}}},
              {"observer", observer_of(source)},
              {"tags", {"attestation"}},
              {"quotemill", render_notice(notice)}};
  if (!notice.host.empty()) {
    out["host"] = {{"id", notice.host}};
  }
  return to_line(out);
}

}  // namespace quotemill::transport
