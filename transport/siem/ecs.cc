// Elastic Common Schema 9.4: a change of state is an event (event.kind), of a host and of what it
// is configured to be.
#include <algorithm>

#include "engine/base/text.h"
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

Json event_of(const EventSource& source, const Change& change) {
  const StateScale& scale = scale_of(change.current);
  const std::string code = code_of(change);
  const std::string detail = detail_of(change);
  Json event = {{"id", event_id(source.stream_id, change.sequence)},
                {"kind", "event"},
                {"category", {"host", "configuration"}},
                {"type", {"change"}},
                {"action", "trust-state-changed"},
                {"code", code},
                {"outcome", scale.ecs_outcome},
                {"severity", scale.ecs_severity},
                {"risk_score", scale.ecs_severity},
                {"reason", detail.empty() ? code : code + " " + detail},
                {"sequence", change.sequence},
                {"created", iso_time(change.time)},
                {"hash", id_of(change).hex()},
                {"module", "quotemill"},
                {"dataset", "quotemill.trust"},
                {"provider", "verifier"}};
  if (!source.reference_url.empty()) {
    event["reference"] = source.reference_url + change.host.hex();
  }
  return event;
}

Json states_of(const Change& change) {
  return {{"previous", name_of(change.previous)},
          {"current", name_of(change.current)},
          {"ear_status", scale_of(change.current).ear}};
}

Json host_of(const Change& change, const Json& told) {
  Json host = {{"id", told.at("uuid")}, {"name", told.at("name")}};
  if (is_host_name(change.host_name)) {
    host["hostname"] = told.at("name");
  }
  if (const Json boot = uuid_text(change.boot_id); boot.is_string()) {
    host["boot"] = {{"id", boot}};
  }
  Json os = Json::object();
  add_if_known(os, "name", told.at("os"));
  add_if_known(os, "version", told.at("os_version"));
  add_if_known(os, "kernel", told.at("kernel"));
  if (!os.empty()) {
    host["os"] = os;
  }
  return host;
}

Json device_of(const Json& told) {
  Json device = {{"id", told.at("uuid")}};
  add_if_known(device, "manufacturer", told.at("vendor"));
  if (told.at("model").is_string()) {
    device["model"] = {{"name", told.at("model")}};
  }
  return device;
}

Json rule_of(const Change& change) {
  const Json id = shortened(printable(change.policy_id), limits::kEventNameSizeMax);
  Json rule = {{"id", id}, {"name", id}, {"category", "attestation"}};
  if (change.policy_version != 0) {
    rule["version"] = std::to_string(change.policy_version);
  }
  return rule;
}

// Elasticsearch takes a dot for the end of an object's name.
Json labels_of(const Json& told) {
  Json out = Json::object();
  for (const auto& [name, value] : told.at("labels").items()) {
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '.', '_');
    out[flat] = value;
  }
  return out;
}

int severity_of(NoticeLevel level) {
  return level == NoticeLevel::kError ? 73 : level == NoticeLevel::kWarning ? 47 : 21;
}

}  // namespace

std::string render_ecs(const EventSource& source, const Change& change, const ToldHost& host) {
  const Json told = render_told(change, host);
  Json out = {{"@timestamp", iso_time(change.time)},
              {"ecs", {{"version", "9.4.0"}}},
              {"event", event_of(source, change)},
              {"quotemill", {{"state", states_of(change)}}},
              {"host", host_of(change, told)}};
  if (const Json device = device_of(told); device.size() > 1) {
    out["device"] = device;
  }
  out["rule"] = rule_of(change);
  out["observer"] = observer_of(source);
  out["tags"] = {"attestation"};
  if (const Json labels = labels_of(told); !labels.empty()) {
    out["labels"] = labels;
  }
  out["message"] = sentence_of(change);
  Json own = render_change(source.stream_id, change, {}, room_beside(to_line(out)));
  for (const char* known : {"id", "seq", "time", "prev", "new", "policy", "host", "chain"}) {
    own.erase(known);  // said above, in ECS' words
  }
  out["quotemill"].update(own);
  return to_line(out);
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
