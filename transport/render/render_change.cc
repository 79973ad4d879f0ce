// The rendering of a change: bounded, whatever a host can make long, and its verdict before that.
#include <algorithm>

#include "engine/base/text.h"
#include "transport/render/limits.h"
#include "transport/render/render_records.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kSequenceDigits = 20;  // of the largest u64

// ASCII, as all that is escaped.
std::string beginning(std::string text, std::size_t max) {
  text.resize(std::min(text.size(), max));
  return text;
}

Json text_of(std::string_view untrusted, std::size_t max) {
  return untrusted.empty() ? Json(nullptr) : Json(beginning(escaped(untrusted), max));
}

Json name_of_it(std::string_view untrusted) {
  return text_of(untrusted, limits::kEventNameSizeMax);
}

Json fact(std::string_view untrusted) {
  return text_of(untrusted, limits::kEventFactSizeMax);
}

Json shortened_finding(const Finding& finding) {
  Json out = render_finding(finding);
  for (const char* field : {"allowed", "message"}) {
    if (Json& text = out.at(field); text.is_string()) {
      text = beginning(text.get<std::string>(), limits::kEventSentenceSizeMax);
    }
  }
  return out;
}

// The worst first; as many as fit, and how many did not.
void add_reasons(const Findings& reasons, std::size_t size_max, Json& out) {
  Findings sorted = reasons;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Finding& left, const Finding& right) {
    return left.severity > right.severity;
  });
  out["reasons_dropped"] = reasons.size();
  out["reasons"] = Json::array();
  std::size_t size = to_line(out).size();
  for (const Finding& finding : sorted) {
    Json one = shortened_finding(finding);
    size += to_line(one).size() + 1;
    if (size > size_max) {
      break;
    }
    out["reasons"].push_back(std::move(one));
  }
  out["reasons_dropped"] = reasons.size() - out["reasons"].size();
}

}  // namespace

Json told_labels(const ToldHost& host) {
  Json out = Json::object();
  for (const auto& [name, value] : host.labels) {
    out[name] = value;
    if (to_line(out).size() > limits::kEventLabelsSizeMax) {
      out.erase(name);
      break;
    }
  }
  return out;
}

Json render_told(const Change& change, const ToldHost& host) {
  const FactsRecord& facts = host.facts;
  return {{"uuid", change.host.hex()},    {"name", name_of_it(change.host_name)},
          {"vendor", fact(facts.vendor)}, {"model", fact(facts.model)},
          {"os", fact(facts.os_id)},      {"os_version", fact(facts.os_version)},
          {"kernel", fact(facts.kernel)}, {"labels", told_labels(host)}};
}

std::string event_id(std::string_view stream_id, std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  std::string id(stream_id);
  id.push_back(':');
  id.append(kSequenceDigits - digits.size(), '0');
  return id + digits;
}

Json render_change(std::string_view stream_id, const Change& change, const ToldHost& host,
                   std::size_t size_max) {
  const bool has_version = change.policy_version != 0;
  Json out = {{"id", event_id(stream_id, change.sequence)},
              {"seq", change.sequence},
              {"host_seq", change.host_sequence},
              {"time", iso_time(change.time)},
              {"prev", name_of(change.previous)},
              {"new", name_of(change.current)},
              {"maintenance", change.in_maintenance},
              {"evidence_sha256", hex_or_null(change.evidence.view())},
              {"boot_id", uuid_text(change.boot_id)},
              {"tpm",
               {{"ek_sha256", name_of_it(change.ek_sha256)},
                {"reset_count", change.reset_count},
                {"restart_count", change.restart_count}}},
              {"chain", id_of(change).hex()},
              {"chain_prev", hex_or_null(change.chain_before.view())},
              {"policy",
               {{"id", name_of_it(change.policy_id)},
                {"version", has_version ? Json(change.policy_version) : Json(nullptr)},
                {"sha256", hex_or_null(change.snapshot)}}},
              {"rollout", name_of_it(change.rollout)},
              {"host", render_told(change, host)}};
  add_reasons(change.reasons, size_max, out);
  return out;
}

}  // namespace quotemill::transport
