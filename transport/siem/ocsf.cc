// OCSF 1.8.0, class 5019 Device Config State Change, with attributes that exist since 1.5.0.
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

}  // namespace

std::string render_ocsf(const EventSource& source, const Change& change) {
  const StateScale& now = scale_of(change.current);
  const StateScale& before = scale_of(change.previous);
  const Json own = render_change(source.stream_id, change);
  Json device = {{"type_id", 1},
                 {"type", "Server"},
                 {"uid", change.host.hex()},
                 {"name", own.at("host").at("name")},
                 {"is_trusted", change.current == TrustState::kTrusted}};
  if (own.at("boot_id").is_string()) {
    device["boot_uid"] = own.at("boot_id");
  }
  return to_line({{"activity_id", 1},
                  {"activity_name", "Log"},
                  {"category_uid", 5},
                  {"category_name", "Discovery"},
                  {"class_uid", 5019},
                  {"class_name", "Device Config State Change"},
                  {"type_uid", 501901},
                  {"type_name", "Device Config State Change: Log"},
                  {"severity_id", now.ocsf_severity},
                  {"severity", now.ocsf_severity_name},
                  {"time", change.time.ms},
                  {"message", sentence_of(change)},
                  {"status_id", 1},
                  {"status", "Success"},
                  {"status_code", code_of(change)},
                  {"state_id", 99},
                  {"state", name_of(change.current)},
                  {"prev_security_level_id", before.ocsf_level},
                  {"prev_security_level", before.ocsf_level_name},
                  {"security_level_id", now.ocsf_level},
                  {"security_level", now.ocsf_level_name},
                  {"security_states", security_states(change)},
                  {"device", std::move(device)},
                  {"metadata",
                   {{"version", "1.8.0"},
                    {"uid", own.at("id")},
                    {"sequence", change.sequence},
                    {"event_code", "trust.changed"},
                    {"log_name", "trust"},
                    {"original_time", own.at("time")},
                    {"product",
                     {{"name", "Quotemill"},
                      {"vendor_name", "Quotemill"},
                      {"version", source.version},
                      {"feature", {{"name", "verifier"}, {"uid", source.verifier}}}}}}},
                  {"observables",
                   {{{"name", "device.uid"},
                     {"type_id", 10},
                     {"type", "Resource UID"},
                     {"value", change.host.hex()}}}},
                  {"unmapped", {{"quotemill", own}}}});
}

}  // namespace quotemill::transport
