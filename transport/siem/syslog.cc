// RFC 5424. Facility 13 (log audit), MSGID TRUST, what programs read in the structured data, the
// sentence for people behind a byte order mark (6.4). Receivers must take 480 bytes and should take
// 2048 (6.1): the sentence is cut, never an id.
#include <algorithm>

#include "engine/base/text.h"
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

constexpr int kLogAudit = 13;
constexpr std::size_t kSizeMax = 2'048;
constexpr std::size_t kNameMax = 128;  // a parameter's value, of those that could be long
constexpr std::uint64_t kSequenceIdMax = 2'147'483'647;  // then it begins again with 1 (7.3.1)

// PARAM-VALUE (6.3.3).
std::string escaped_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == ']') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

// A header field of visible ASCII (6); "-" for none.
std::string header_field(std::string_view text, std::size_t max) {
  std::string out;
  for (const char c : text.substr(0, max)) {
    out += c > ' ' && c < '\x7F' ? c : '_';
  }
  return out.empty() ? "-" : out;
}

class Element {
 public:
  explicit Element(const std::string& id) : text_("[" + id) {}

  void add(std::string_view name, std::string_view value) {
    text_ += " " + std::string(name) + "=\"" +
             escaped_value(shortened(std::string(value), kNameMax)) + "\"";
  }

  std::string take() { return std::move(text_) + "]"; }

 private:
  std::string text_;
};

}  // namespace

std::string render_syslog(const EventSource& source, const Change& change) {
  Element trust("trust@" + std::to_string(source.enterprise_number));
  trust.add("id", event_id(source.stream_id, change.sequence));
  trust.add("seq", std::to_string(change.sequence));
  trust.add("host", change.host.hex());
  trust.add("name", printable(change.host_name));
  trust.add("hseq", std::to_string(change.host_sequence));
  trust.add("prev", name_of(change.previous));
  trust.add("new", name_of(change.current));
  trust.add("reason", code_of(change));
  const Finding* reason = worst_reason(change);
  if (reason != nullptr && reason->pcr) {
    trust.add("pcr", std::to_string(*reason->pcr));
  }
  if (reason != nullptr && reason->event) {
    trust.add("event", std::to_string(*reason->event));
  }
  trust.add("policy", printable(change.policy_id));
  if (change.in_maintenance) {
    trust.add("maintenance", "yes");
  }
  Element meta("meta");
  meta.add("sequenceId", std::to_string((change.sequence - 1) % kSequenceIdMax + 1));
  const int priority = kLogAudit * 8 + scale_of(change.current).syslog;
  const Json time = iso_time(change.time);
  const std::string head =
      "<" + std::to_string(priority) + ">1 " + (time.is_string() ? time.get<std::string>() : "-") +
      " " + header_field(source.verifier, 255) + " quotemilld " +
      std::to_string(source.process_id) + " TRUST " + trust.take() + meta.take() + " \xEF\xBB\xBF";
  return head + shortened(sentence_of(change), kSizeMax - std::min(kSizeMax, head.size()));
}

}  // namespace quotemill::transport
