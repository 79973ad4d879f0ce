// CEF:0. The device is the verifier, the attested host is the destination. In the header a
// backslash and a bar are escaped, in the extension a backslash, an equals sign and line ends.
#include "engine/base/text.h"
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kTextMax = 1023;  // reason and msg; what is longer is cut by receivers

std::string escaped_for(std::string_view text, std::string_view delimiters) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += c == '\n' ? "\\n" : "\\r";
      continue;
    }
    if (delimiters.find(c) != std::string_view::npos) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string in_header(std::string_view text) {
  return escaped_for(text, "\\|");
}

class Extension {
 public:
  void add(std::string_view key, std::string_view value) {
    text_ += (text_.empty() ? "" : " ") + std::string(key) + "=" + escaped_for(value, "\\=");
  }

  // A custom field with the label that says what it is.
  void add_labelled(const std::string& key, std::string_view label, std::string_view value) {
    add(key + "Label", label);
    add(key, value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::string render_cef(const EventSource& source, const Change& change) {
  const StateScale& scale = scale_of(change.current);
  Extension out;
  out.add("externalId", event_id(source.stream_id, change.sequence));
  out.add("rt", std::to_string(change.time.ms));
  out.add("cat", "attestation");
  out.add("act", "trust-state-changed");
  out.add("outcome", scale.ecs_outcome);
  out.add("reason", shortened(code_of(change), kTextMax));
  out.add("dhost", printable(change.host_name));
  out.add("dvchost", source.verifier);
  out.add_labelled("cs1", "hostUuid", change.host.hex());
  out.add_labelled("cs2", "previousState", name_of(change.previous));
  out.add_labelled("cs3", "newState", name_of(change.current));
  out.add_labelled("cs4", "policy", printable(change.policy_id));
  if (change.in_maintenance) {
    out.add_labelled("cs5", "lifeCycle", "maintenance");
  }
  out.add_labelled("cn1", "streamSequence", std::to_string(change.sequence));
  const Finding* reason = worst_reason(change);
  if (reason != nullptr && reason->pcr) {
    out.add_labelled("cn2", "pcr", std::to_string(*reason->pcr));
  }
  if (reason != nullptr && reason->event) {
    out.add_labelled("cn3", "eventIndex", std::to_string(*reason->event));
  }
  out.add("msg", shortened(sentence_of(change), kTextMax));
  return "CEF:0|Quotemill|quotemilld|" + in_header(source.version) +
         "|trust.changed|Host trust state changed|" + std::to_string(scale.cef) + "|" + out.take();
}

}  // namespace quotemill::transport
