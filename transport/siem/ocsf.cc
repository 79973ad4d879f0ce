// OCSF 1.8.0, with attributes that exist since 1.5.0: class 5019 Device Config State Change, or
// class 2004 Detection Finding.
#include "engine/base/text.h"
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

// security_states.state_id of a state: of one that failed, by `code`; "" if nobody knows why.
Json security_states(TrustState state, const std::string& code) {
  const auto states = [](int id, const char* name) {
    return Json::array({{{"state_id", id}, {"state", name}}});
  };
  switch (state) {
    case TrustState::kTrusted:
      return Json::array();
    case TrustState::kStale:
      return states(1, "Missing or outdated content");
    case TrustState::kUnknown:
      return states(5, "Protection malfunction");
    case TrustState::kWarning:
      return states(2, "Policy mismatch");
    case TrustState::kFailed:
      break;
  }
  if (code.starts_with("ima.")) {
    return states(15, "Modified execution environment");
  }
  return code.starts_with("boot.") || code.starts_with("log.") ? states(14, "Failed boot verify")
                                                               : states(23, "Compliance failure");
}

Json os_of(const Json& told) {
  const bool is_esxi = told.at("os") == "esxi";
  Json os = {{"type_id", is_esxi ? 99 : 200},
             {"type", is_esxi ? "ESXi" : "Linux"},
             {"name", told.at("os")}};
  add_if_known(os, "version", told.at("os_version"));
  return os;
}

Json device_of(const Change& change, const Json& told) {
  Json device = {{"type_id", 1}, {"type", "Server"}, {"uid", told.at("uuid")}};
  add_if_known(device, "name", told.at("name"));
  if (is_host_name(change.host_name)) {
    device["hostname"] = told.at("name");
  }
  device["is_trusted"] = change.current == TrustState::kTrusted;
  add_if_known(device, "boot_uid", uuid_text(change.boot_id));
  add_if_known(device, "vendor_name", told.at("vendor"));
  add_if_known(device, "model", told.at("model"));
  if (told.at("os").is_string()) {
    device["os"] = os_of(told);
  }
  return device;
}

Json observables_of(const Json& device) {
  Json out = Json::array({{{"name", "device.uid"},
                           {"type_id", 10},
                           {"type", "Resource UID"},
                           {"value", device.at("uid")}}});
  if (device.contains("hostname")) {
    out.push_back({{"name", "device.hostname"},
                   {"type_id", 1},
                   {"type", "Hostname"},
                   {"value", device.at("hostname")}});
  }
  return out;
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

Json metadata_of(const EventSource& source, const Change& change, const Json& told) {
  Json out = metadata_of(source, event_id(source.stream_id, change.sequence), "trust.changed",
                         change.time);
  out["sequence"] = change.sequence;
  if (!change.rollout.empty()) {
    out["correlation_uid"] = "rollout/" + rollout_of(change);
  }
  for (const auto& [name, value] : told.at("labels").items()) {
    out["labels"].push_back(name + "=" + value.get<std::string>());
  }
  return out;
}

// What every class says of a change, but for what a host can make long.
void add_verdict(Json& out, const Change& change) {
  const StateScale& now = scale_of(change.current);
  out["severity_id"] = now.ocsf_severity;
  out["severity"] = now.ocsf_severity_name;
  out["time"] = change.time.ms;
  out["status_code"] = code_of(change);
}

// The rest, Quotemill's own last: where receivers cut, the verdict has been said. What the device
// says of itself is not said twice.
std::string finished(Json out, const EventSource& source, const Change& change) {
  if (const std::string detail = detail_of(change); !detail.empty()) {
    out["status_detail"] = detail;
  }
  out["message"] = sentence_of(change);
  out["unmapped"]["quotemill"] = {{"ear_status", scale_of(change.current).ear}};
  Json& own = out["unmapped"]["quotemill"];
  own.update(render_change(source.stream_id, change, {}, room_beside(to_line(out))));
  own["host"] = {{"uuid", own["host"]["uuid"]}, {"name", own["host"]["name"]}};
  return to_line(out);
}

void add_device(Json& out, const EventSource& source, const Change& change, const ToldHost& host) {
  const Json told = render_told(change, host);
  out["device"] = device_of(change, told);
  out["metadata"] = metadata_of(source, change, told);
  out["observables"] = observables_of(out["device"]);
}

bool is_bad(TrustState state) {
  return state == TrustState::kFailed || state == TrustState::kWarning ||
         state == TrustState::kStale;
}

// Where a change is in the loss of trust that it belongs to.
enum class Episode { kNone, kBegins, kGoesOn, kEnds };

Episode episode_of(const Change& change) {
  if (change.trust_lost == 0) {  // none, or one that began before anybody noted when
    return is_bad(change.previous)  ? is_bad(change.current) ? Episode::kGoesOn : Episode::kEnds
           : is_bad(change.current) ? Episode::kBegins
                                    : Episode::kNone;
  }
  return ends_loss(change)                           ? Episode::kEnds
         : change.trust_lost == change.host_sequence ? Episode::kBegins
                                                     : Episode::kGoesOn;
}

std::string finding_uid(const Change& change) {
  return change.host.hex() + ":" +
         (change.trust_lost == 0 ? "trust" : std::to_string(change.trust_lost));
}

void add_finding(Json& out, const EventSource& source, const Change& change, Episode episode) {
  const bool is_over = episode == Episode::kEnds;
  const bool is_trusted = change.current == TrustState::kTrusted;
  out["status_id"] = is_over ? is_trusted ? 4 : 5 : episode == Episode::kBegins ? 1 : 2;
  out["status"] = is_over                       ? is_trusted ? "Resolved" : "Archived"
                  : episode == Episode::kBegins ? "New"
                                                : "In Progress";
  out["finding_info"] = {{"uid", finding_uid(change)},
                         {"title", "Host is " + std::string(name_of(change.current))},
                         {"types", {"Attestation"}}};
  if (!source.reference_url.empty()) {
    out["finding_info"]["src_url"] = source.reference_url + change.host.hex();
  }
}

}  // namespace

std::string render_ocsf(const EventSource& source, const Change& change, const ToldHost& host) {
  const StateScale& now = scale_of(change.current);
  const StateScale& before = scale_of(change.previous);
  Json out = classified(kStateChange, 1, "Log");
  add_verdict(out, change);
  out["status_id"] = 1;
  out["status"] = "Success";
  out["state_id"] = 99;
  out["state"] = name_of(change.current);
  out["prev_security_level_id"] = before.ocsf_level;
  out["prev_security_level"] = before.ocsf_level_name;
  out["prev_security_states"] = security_states(change.previous, "");
  out["security_level_id"] = now.ocsf_level;
  out["security_level"] = now.ocsf_level_name;
  out["security_states"] = security_states(change.current, code_of(change));
  add_device(out, source, change, host);
  return finished(std::move(out), source, change);
}

// A loss of trust is one finding, from the change that lost it to the one that brings it back. What
// neither begins nor ends nor goes on with one is a base event: nothing is found.
std::string render_ocsf_finding(const EventSource& source, const Change& change,
                                const ToldHost& host) {
  const Episode episode = episode_of(change);
  if (episode == Episode::kNone) {
    Json out = classified(kBaseEvent, 99, "trust");
    add_verdict(out, change);
    out["metadata"] = metadata_of(source, change, render_told(change, host));
    return finished(std::move(out), source, change);
  }
  Json out = episode == Episode::kEnds     ? classified(kFinding, 3, "Close")
             : episode == Episode::kBegins ? classified(kFinding, 1, "Create")
                                           : classified(kFinding, 2, "Update");
  add_verdict(out, change);
  add_finding(out, source, change, episode);
  add_device(out, source, change, host);
  return finished(std::move(out), source, change);
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
