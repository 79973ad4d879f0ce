// OCSF 1.8.0, with attributes that exist since 1.5.0: class 5019 Device Config State Change, or
// class 2004 Detection Finding.
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

// security_states.state_id of what went wrong.
Json security_states(const Change& change) {
  const Finding* reason = worst_reason(change);
  const std::string code = reason == nullptr ? "" : std::string(name_of(reason->code));
  const auto state = [](int id, const char* name) {
    return Json::array({{{"state_id", id}, {"state", name}}});
  };
  switch (change.current) {
    case TrustState::kTrusted:
      return Json::array();
    case TrustState::kStale:
      return state(1, "Missing or outdated content");
    case TrustState::kUnknown:
      return state(5, "Protection malfunction");
    case TrustState::kWarning:
      return state(2, "Policy mismatch");
    case TrustState::kFailed:
      break;
  }
  if (code.starts_with("ima.")) {
    return state(15, "Modified execution environment");
  }
  return code.starts_with("boot.") || code.starts_with("log.") ? state(14, "Failed boot verify")
                                                               : state(23, "Compliance failure");
}

// No attribute is null.
Json device_of(const Change& change, const Json& own) {
  Json device = {{"type_id", 1}, {"type", "Server"}, {"uid", change.host.hex()}};
  if (const Json& name = own.at("host").at("name"); name.is_string()) {
    device["name"] = name;
  }
  device["is_trusted"] = change.current == TrustState::kTrusted;
  if (own.at("boot_id").is_string()) {
    device["boot_uid"] = own.at("boot_id");
  }
  return device;
}

Json metadata_of(const EventSource& source, const std::string& id, const std::string& code,
                 WallTime time) {
  return {{"version", source.ocsf_version},
          {"uid", id},
          {"event_code", code},
          {"log_name", "trust"},
          {"original_time", iso_time(time)},
          {"product",
           {{"name", "Quotemill"},
            {"vendor_name", "Quotemill"},
            {"version", source.version},
            {"feature", {{"name", "verifier"}, {"uid", source.verifier}}}}}};
}

struct OcsfClass {
  int uid = 0;
  const char* name = "";
  int category_uid = 0;
  const char* category = "";
};

constexpr OcsfClass kBaseEvent{0, "Base Event", 0, "Uncategorized"};
constexpr OcsfClass kFinding{2004, "Detection Finding", 2, "Findings"};
constexpr OcsfClass kStateChange{5019, "Device Config State Change", 5, "Discovery"};

// The classification attributes, which begin each event.
Json classified(const OcsfClass& of, int activity, const std::string& activity_name) {
  return {{"activity_id", activity},
          {"activity_name", activity_name},
          {"category_uid", of.category_uid},
          {"category_name", of.category},
          {"class_uid", of.uid},
          {"class_name", of.name},
          {"type_uid", of.uid * 100 + activity},
          {"type_name", std::string(of.name) + ": " + activity_name}};
}

// What classes 5019 and 2004 say alike of a change.
void add_common(Json& out, const EventSource& source, const Change& change, const Json& own) {
  const StateScale& now = scale_of(change.current);
  out["severity_id"] = now.ocsf_severity;
  out["severity"] = now.ocsf_severity_name;
  out["time"] = change.time.ms;
  out["message"] = sentence_of(change);
  out["status_code"] = code_of(change);
  out["device"] = device_of(change, own);
  out["metadata"] =
      metadata_of(source, own.at("id").get<std::string>(), "trust.changed", change.time);
  out["metadata"]["sequence"] = change.sequence;
  out["observables"] = Json::array({{{"name", "device.uid"},
                                     {"type_id", 10},
                                     {"type", "Resource UID"},
                                     {"value", change.host.hex()}}});
  out["unmapped"] = {{"quotemill", own}};
}

bool is_bad(TrustState state) {
  return state == TrustState::kFailed || state == TrustState::kWarning ||
         state == TrustState::kStale;
}

}  // namespace

std::string render_ocsf(const EventSource& source, const Change& change) {
  const StateScale& now = scale_of(change.current);
  const StateScale& before = scale_of(change.previous);
  Json out = classified(kStateChange, 1, "Log");
  add_common(out, source, change, render_change(source.stream_id, change));
  out["status_id"] = 1;
  out["status"] = "Success";
  out["state_id"] = 99;
  out["state"] = name_of(change.current);
  out["prev_security_level_id"] = before.ocsf_level;
  out["prev_security_level"] = before.ocsf_level_name;
  out["security_level_id"] = now.ocsf_level;
  out["security_level"] = now.ocsf_level_name;
  out["security_states"] = security_states(change);
  return to_line(out);
}

// A host is one finding: made when its trust is lost, closed when it is back, made again with the
// next loss.
std::string render_ocsf_finding(const EventSource& source, const Change& change) {
  const bool closes = !is_bad(change.current);
  const bool creates = !closes && !is_bad(change.previous);
  Json out = closes    ? classified(kFinding, 3, "Close")
             : creates ? classified(kFinding, 1, "Create")
                       : classified(kFinding, 2, "Update");
  add_common(out, source, change, render_change(source.stream_id, change));
  out["status_id"] = closes ? 4 : 1;
  out["status"] = closes ? "Resolved" : "New";
  out["finding_info"] = {{"uid", change.host.hex() + ":trust"},
                         {"title", "Host is " + std::string(name_of(change.current))},
                         {"desc", sentence_of(change)},
                         {"types", {"Attestation"}}};
  return to_line(out);
}

// What is no change of a device's state is a base event, in either class's stream.
std::string render_ocsf(const EventSource& source, const Notice& notice) {
  const bool is_error = notice.level == NoticeLevel::kError;
  const bool is_warning = notice.level == NoticeLevel::kWarning;
  Json out = classified(kBaseEvent, 99, std::string(name_of(notice.kind)));
  out["severity_id"] = is_error ? 4 : is_warning ? 3 : 1;
  out["severity"] = is_error ? "High" : is_warning ? "Medium" : "Informational";
  out["time"] = notice.time.ms;
  out["message"] = notice.sentence;
  out["status_code"] = notice.code;
  out["metadata"] = metadata_of(source, notice.id, notice.code, notice.time);
  out["unmapped"] = {{"quotemill", render_notice(notice)}};
  return to_line(out);
}

}  // namespace quotemill::transport
