// RFC 5424. Facility 13 (log audit), MSGID TRUST or NOTICE, what programs read in the structured
// data, the sentence for people behind a byte order mark (6.4). Receivers must take 480 bytes and
// should take 2048 (6.1): the sentence is cut, never an id.
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

struct Header {
  int severity = 5;  // 6.2.1
  WallTime time;
  const char* message_id = "";
};

std::string syslog_line(const EventSource& source, const Header& header, const std::string& data,
                        const std::string& sentence) {
  const Json time = iso_time(header.time);
  const std::string head = "<" + std::to_string(kLogAudit * 8 + header.severity) + ">1 " +
                           (time.is_string() ? time.get<std::string>() : "-") + " " +
                           header_field(source.verifier, 255) + " quotemilld " +
                           std::to_string(source.process_id) + " " + header.message_id + " " +
                           data + " \xEF\xBB\xBF";
  return head + shortened(sentence, kSizeMax - std::min(kSizeMax, head.size()));
}

}  // namespace

std::string render_syslog(const EventSource& source, const Change& change,
                          const ToldHost& /*host*/) {
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
  trust.add("policy", policy_of(change));
  if (!change.rollout.empty()) {
    trust.add("rollout", rollout_of(change));
  }
  if (change.in_maintenance) {
    trust.add("maintenance", "yes");
  }
  Element meta("meta");
  meta.add("sequenceId", std::to_string((change.sequence - 1) % kSequenceIdMax + 1));
  return syslog_line(source, {scale_of(change.current).syslog, change.time, "TRUST"},
                     trust.take() + meta.take(), sentence_of(change));
}

std::string render_syslog(const EventSource& source, const Notice& notice) {
  Element element("notice@" + std::to_string(source.enterprise_number));
  element.add("id", notice.id);
  element.add("kind", name_of(notice.kind));
  element.add("code", notice.code);
  if (!notice.host.empty()) {
    element.add("host", notice.host);
  }
  for (const auto& [name, value] : notice.fields) {
    element.add(name, value);
  }
  const int severity = notice.level == NoticeLevel::kError     ? 3
                       : notice.level == NoticeLevel::kWarning ? 4
                                                               : 5;
  return syslog_line(source, {severity, notice.time, "NOTICE"}, element.take(), notice.sentence);
}

}  // namespace quotemill::transport
