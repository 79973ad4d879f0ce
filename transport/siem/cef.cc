// CEF:0. The device is the verifier, the attested host is the destination. In the header a
// backslash and a bar are escaped, in the extension a backslash, an equals sign and line ends.
#include "engine/base/text.h"
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kTextMax = 1023;  // of a value; what is longer is cut by receivers

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
    text_ += (text_.empty() ? "" : " ") + std::string(key) + "=" +
             escaped_for(shortened(std::string(value), kTextMax), "\\=");
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

std::string cef_line(const EventSource& source, std::string_view code, std::string_view name,
                     int severity, Extension extension) {
  return "CEF:0|Quotemill|quotemilld|" + in_header(source.version) + "|" + in_header(code) + "|" +
         in_header(name) + "|" + std::to_string(severity) + "|" + extension.take();
}

}  // namespace

std::string render_cef(const EventSource& source, const Change& change, const ToldHost& host) {
  const StateScale& scale = scale_of(change.current);
  Extension out;
  // 40 characters at most: the sequence is not padded here.
  out.add("externalId", source.stream_id + ":" + std::to_string(change.sequence));
  out.add("rt", std::to_string(change.time.ms));
  out.add("cat", "attestation");
  out.add("act", "trust-state-changed");
  out.add("outcome", scale.ecs_outcome);
  out.add("reason", code_of(change));
  out.add_labelled("cs1", "hostUuid", change.host.hex());
  out.add_labelled("cs2", "previousState", name_of(change.previous));
  out.add_labelled("cs3", "newState", name_of(change.current));
  out.add("dhost", printable(change.host_name));
  out.add("dvchost", source.verifier);
  out.add("deviceExternalId", source.stream_id);
  out.add_labelled("cs4", "policy", policy_of(change));
  if (!change.rollout.empty()) {
    out.add_labelled("cs5", "rollout", rollout_of(change));
  }
  if (const std::string detail = detail_of(change); !detail.empty()) {
    out.add_labelled("cs6", "detail", detail);
  }
  if (change.in_maintenance) {
    out.add_labelled("flexString1", "lifeCycle", "maintenance");
  }
  if (const std::string labels = to_line(told_labels(host)); labels != "{}") {
    out.add_labelled("flexString2", "labels", labels);
  }
  out.add_labelled("cn1", "streamSequence", std::to_string(change.sequence));
  const Finding* reason = worst_reason(change);
  if (reason != nullptr && reason->pcr) {
    out.add_labelled("cn2", "pcr", std::to_string(*reason->pcr));
  }
  if (reason != nullptr && reason->event) {
    out.add_labelled("cn3", "eventIndex", std::to_string(*reason->event));
  }
  out.add("msg", sentence_of(change));
  return cef_line(source, "trust.changed", "Host trust state changed", scale.cef, std::move(out));
}

std::string render_cef(const EventSource& source, const Notice& notice) {
  const bool is_error = notice.level == NoticeLevel::kError;
  Extension out;
  out.add("rt", std::to_string(notice.time.ms));
  out.add("cat", name_of(notice.kind));
  out.add("act", notice.code);
  out.add("dvchost", source.verifier);
  if (!notice.host.empty()) {
    out.add_labelled("cs1", "hostUuid", notice.host);
  }
  out.add_labelled("cs6", "eventId", notice.id);
  for (const auto& [key, value] : notice.fields) {
    out.add("quotemill" + key, value);
  }
  out.add("msg", notice.sentence);
  return cef_line(source, notice.code, "Quotemill " + std::string(name_of(notice.kind)),
                  is_error                                ? 8
                  : notice.level == NoticeLevel::kWarning ? 5
                                                          : 2,
                  std::move(out));
}

}  // namespace quotemill::transport
