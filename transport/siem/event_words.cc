#include "transport/siem/event_words.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::transport {

const StateScale& scale_of(TrustState state) {
  static constexpr StateScale kTrusted{1, "Secure", 1,           "Informational", "success", 21,
                                       3, 5,        "affirming", "INFO",          9};
  static constexpr StateScale kWarning{2, "At Risk", 3,         "Medium", "unknown", 47,
                                       5, 4,         "warning", "WARN",   13};
  static constexpr StateScale kFailed{3, "Compromised",     4,       "High", "failure", 73, 8,
                                      3, "contraindicated", "ERROR", 17};
  static constexpr StateScale kStale{0, "Unknown", 2,      "Low",  "unknown", 47,
                                     6, 4,         "none", "WARN", 13};
  static constexpr StateScale kUnknown{0, "Unknown", 1,      "Informational", "unknown", 21,
                                       3, 5,         "none", "INFO",          9};
  switch (state) {
    case TrustState::kTrusted:
      return kTrusted;
    case TrustState::kWarning:
      return kWarning;
    case TrustState::kFailed:
      return kFailed;
    case TrustState::kStale:
      return kStale;
    case TrustState::kUnknown:
      return kUnknown;
  }
  return kUnknown;
}

const Finding* worst_reason(const Change& change) {
  const auto worst = std::max_element(
      change.reasons.begin(), change.reasons.end(),
      [](const Finding& left, const Finding& right) { return left.severity < right.severity; });
  return worst == change.reasons.end() ? nullptr : &*worst;
}

std::string code_of(const Change& change) {
  if (const Finding* reason = worst_reason(change)) {
    return std::string(name_of(reason->code));
  }
  return change.current == TrustState::kTrusted ? "trust.restored" : "trust.changed";
}

std::string sentence_of(const Change& change) {
  std::string text = "Host " + shortened(printable(change.host_name), limits::kEventNameSizeMax) +
                     " changed from " + std::string(name_of(change.previous)) + " to " +
                     std::string(name_of(change.current));
  if (change.in_maintenance) {
    text += " in maintenance";
  }
  if (const Finding* reason = worst_reason(change)) {
    text += ": " + shortened(printable(message_of(*reason)), limits::kEventSentenceSizeMax);
  }
  return text;
}

std::string detail_of(const Change& change) {
  const Finding* reason = worst_reason(change);
  if (reason == nullptr) {
    return "";
  }
  std::string text;
  const auto add = [&text](const std::string& name, const std::string& value) {
    text += (text.empty() ? "" : " ") + name + "=" + value;
  };
  if (reason->pcr) {
    add("pcr", std::to_string(*reason->pcr));
  }
  if (reason->event) {
    add("event", std::to_string(*reason->event));
  }
  if (reason->event_type) {
    add("type", event_type_name(*reason->event_type));
  }
  if (reason->digest) {
    add(std::string(name_of(reason->digest->algorithm())), reason->digest->hex());
  }
  if (reason->expected) {
    add("expected", reason->expected->hex());
  }
  return text;
}

std::string policy_of(const Change& change) {
  const std::string id = shortened(printable(change.policy_id), limits::kEventNameSizeMax);
  return change.policy_version == 0 ? id : id + "@" + std::to_string(change.policy_version);
}

std::string rollout_of(const Change& change) {
  return shortened(printable(change.rollout), limits::kEventNameSizeMax);
}

std::size_t room_beside(std::string_view line) {
  return line.size() < limits::kEventSizeMax ? limits::kEventSizeMax - line.size() : 0;
}

std::string shortened(const std::string& text, std::size_t max) {
  if (text.size() <= max) {
    return text;
  }
  std::size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace quotemill::transport
