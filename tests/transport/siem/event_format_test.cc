#include "transport/siem/event_format.h"

#include <regex>

#include <gmock/gmock.h>

#include "transport/render/json.h"
#include "transport/siem/event_words.h"

namespace quotemill::transport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const EventSource kSource{"01K0ZJ6T3T0000000000000000", "vfy-2.example", "0.1.0", 812, 32473};

Change failed_change() {
  Change change;
  change.sequence = 184'467;
  change.host_sequence = 912;
  change.host.bytes = {0x4c, 0x4c, 0x45, 0x44, 0, 0x42, 0x35, 0x10, 0x80, 0x52};
  change.host_name = "r12-u07";
  change.time = {1'795'471'200'123};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  Finding info;
  info.code = FindingCode::kBootRebooted;
  info.severity = Severity::kInfo;
  Finding reason;
  reason.code = FindingCode::kBootEventDigestUnknown;
  reason.pcr = 4;
  reason.event = 27;
  reason.event_type = 0x80000003;
  reason.subject = "\\EFI\\BOOT\\evil=1|2]\"";
  change.reasons = {info, reason};
  change.policy_id = "prod-linux";
  change.boot_id[0] = 0x0d;
  return change;
}

// Whatever a host could put where a name or a description is shown.
Change hostile_change() {
  Change change = failed_change();
  change.host_name = "a\"b\\c]d=e|f\ng\r\x1b[31m\xff<script>\xE2\x80\xAE";
  change.policy_id = change.host_name;
  change.reasons.back().subject = std::string(3'000, '\\') + change.host_name;
  return change;
}

Json rendered(EventFormat format, const Change& change) {
  const std::string line = render_event(format, kSource, change).body;
  const std::optional<Json> json = parse_json(line);
  EXPECT_TRUE(json) << line;
  return json.value_or(Json());
}

TEST(EventFormat, HasANameEach) {
  for (const EventFormat format :
       {EventFormat::kJson, EventFormat::kCloudEvents, EventFormat::kOcsf, EventFormat::kEcs,
        EventFormat::kCef, EventFormat::kSyslog}) {
    EXPECT_EQ(event_format_named(name_of(format)), format);
  }
  EXPECT_EQ(event_format_named("leef"), std::nullopt);
}

TEST(EventFormat, IsOneLineWhateverTheHostSays) {
  for (const EventFormat format :
       {EventFormat::kJson, EventFormat::kCloudEvents, EventFormat::kOcsf, EventFormat::kEcs,
        EventFormat::kCef, EventFormat::kSyslog}) {
    const std::string line = render_event(format, kSource, hostile_change()).body;
    std::size_t beyond_ascii = 0;
    for (const char c : line) {
      EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == '\x7F') << name_of(format);
      beyond_ascii += static_cast<unsigned char>(c) >= 0x80 ? 1 : 0;
    }
    EXPECT_EQ(beyond_ascii, format == EventFormat::kSyslog ? 3U : 0U) << "the mark alone";
  }
}

TEST(CloudEvents, HaveWhatTheSpecificationRequires) {
  const Json event = rendered(EventFormat::kCloudEvents, failed_change());
  EXPECT_EQ(event["specversion"], "1.0");
  EXPECT_EQ(event["id"], "01K0ZJ6T3T0000000000000000:00000000000000184467");
  EXPECT_EQ(event["source"], "urn:quotemill:stream:01K0ZJ6T3T0000000000000000");
  EXPECT_EQ(event["type"], "net.quotemill.trust.changed.v1");
  EXPECT_EQ(event["sequence"], "00000000000000184467");
  EXPECT_EQ(event["partitionkey"], event["subject"]);
  EXPECT_EQ(event["data"]["new"], "failed");
}

TEST(Ocsf, HasWhatClass5019Requires) {
  const Json event = rendered(EventFormat::kOcsf, failed_change());
  EXPECT_EQ(event["class_uid"], 5019);
  EXPECT_EQ(event["type_uid"].get<int>(),
            event["class_uid"].get<int>() * 100 + event["activity_id"].get<int>());
  EXPECT_EQ(event["severity_id"], 4);
  EXPECT_EQ(event["time"], 1'795'471'200'123);
  EXPECT_EQ(event["prev_security_level_id"], 1);
  EXPECT_EQ(event["security_level_id"], 3);
  EXPECT_EQ(event["security_states"][0]["state_id"], 14);
  EXPECT_EQ(event["status_code"], "boot.event.digest_unknown");
  EXPECT_EQ(event["device"]["type_id"], 1);
  EXPECT_EQ(event["device"]["is_trusted"], false);
  EXPECT_EQ(event["metadata"]["version"], "1.8.0");
  EXPECT_EQ(event["metadata"]["uid"], "01K0ZJ6T3T0000000000000000:00000000000000184467");
}

TEST(Ocsf, SaysWhatKindOfFailureItIs) {
  Change change = failed_change();
  change.reasons.back().code = FindingCode::kImaMismatch;
  EXPECT_EQ(rendered(EventFormat::kOcsf, change)["security_states"][0]["state_id"], 15);
  change.reasons.back().code = FindingCode::kQuoteSignature;
  EXPECT_EQ(rendered(EventFormat::kOcsf, change)["security_states"][0]["state_id"], 23);
  change.current = TrustState::kTrusted;
  EXPECT_TRUE(rendered(EventFormat::kOcsf, change)["security_states"].empty());
}

TEST(Ecs, IsAnEventOfHostAndConfiguration) {
  const Json event = rendered(EventFormat::kEcs, failed_change());
  EXPECT_EQ(event["@timestamp"], "2026-11-23T22:00:00.123Z");
  EXPECT_EQ(event["event"]["kind"], "event");
  EXPECT_EQ(event["event"]["outcome"], "failure");
  EXPECT_EQ(event["event"]["code"], "boot.event.digest_unknown");
  EXPECT_EQ(event["event"]["category"], Json({"host", "configuration"}));
  EXPECT_EQ(event["quotemill"]["state"]["previous"], "trusted");
  EXPECT_EQ(event["rule"]["id"], "prod-linux");
}

// Splits an extension at the keys, as a receiver does, and takes the escapes back.
std::map<std::string, std::string> extension_of(const std::string& line) {
  std::map<std::string, std::string> fields;
  std::size_t at = 0;
  for (int bars = 0; bars < 7; ++at) {
    bars += line[at] == '|' && line[at - 1] != '\\' ? 1 : 0;
  }
  std::string key;
  std::string value;
  std::string word;
  const auto end_word = [&] {
    value += (value.empty() ? "" : " ") + word;
    word.clear();
  };
  for (; at < line.size(); ++at) {
    if (line[at] == '\\') {
      word += line[++at];
    } else if (line[at] == '=') {
      fields[key] = value;
      key = word;
      word.clear();
      value.clear();
    } else if (line[at] == ' ') {
      end_word();
    } else {
      word += line[at];
    }
  }
  end_word();
  fields[key] = value;
  fields.erase("");
  return fields;
}

TEST(Cef, HasHeaderAndFieldsOfAChange) {
  const std::string line = render_event(EventFormat::kCef, kSource, failed_change()).body;
  EXPECT_TRUE(line.starts_with(
      "CEF:0|Quotemill|quotemilld|0.1.0|trust.changed|Host trust state changed|8|externalId="))
      << line;
  const auto fields = extension_of(line);
  EXPECT_EQ(fields.at("rt"), "1795471200123");
  EXPECT_EQ(fields.at("outcome"), "failure");
  EXPECT_EQ(fields.at("dhost"), "r12-u07");
  EXPECT_EQ(fields.at("cs3Label"), "newState");
  EXPECT_EQ(fields.at("cs3"), "failed");
  EXPECT_EQ(fields.at("cn2"), "4");
  EXPECT_EQ(fields.at("cn3"), "27");
}

TEST(Cef, NoTextCanEndAFieldOrBeginOne) {
  const auto honest = extension_of(render_event(EventFormat::kCef, kSource, failed_change()).body);
  const auto hostile =
      extension_of(render_event(EventFormat::kCef, kSource, hostile_change()).body);
  ASSERT_EQ(honest.size(), hostile.size());
  for (const auto& [key, value] : honest) {
    EXPECT_EQ(hostile.count(key), 1U) << key;
  }
  EXPECT_LE(hostile.at("msg").size(), 1'023U);
}

TEST(Syslog, HasHeaderDataAndSentence) {
  const std::string line = render_event(EventFormat::kSyslog, kSource, failed_change()).body;
  EXPECT_TRUE(
      line.starts_with("<107>1 2026-11-23T22:00:00.123Z vfy-2.example quotemilld 812 TRUST "
                       "[trust@32473 id=\"01K0ZJ6T3T"))
      << line;
  EXPECT_THAT(line, HasSubstr(" new=\"failed\" reason=\"boot.event.digest_unknown\" pcr=\"4\" "
                              "event=\"27\" policy=\"prod-linux\"][meta sequenceId=\"184467\"] "
                              "\xEF\xBB\xBFHost r12-u07 changed from trusted to failed: PCR 4"));
}

TEST(Syslog, NoTextCanEndTheStructuredDataAndTheWholeStaysShort) {
  const std::string line = render_event(EventFormat::kSyslog, kSource, hostile_change()).body;
  EXPECT_LE(line.size(), 2'048U);
  // Elements as RFC 5424 has them: quotes, backslashes and brackets in values are escaped.
  static const std::regex kShape(
      R"(<\d+>1 \S+ \S+ quotemilld 812 TRUST (\[[^ \]"=]+( [^ \]"=]+="(\\["\\\]]|[^"\\\]])*")*\])+ [^]*)");
  EXPECT_TRUE(std::regex_match(line.substr(0, line.find("\xEF\xBB\xBF")), kShape)) << line;
}

TEST(Syslog, SequenceIdBeginsAgain) {
  Change change = failed_change();
  change.sequence = 2'147'483'647;
  EXPECT_THAT(render_event(EventFormat::kSyslog, kSource, change).body,
              HasSubstr("sequenceId=\"2147483647\""));
  change.sequence = 2'147'483'648;
  EXPECT_THAT(render_event(EventFormat::kSyslog, kSource, change).body,
              HasSubstr("sequenceId=\"1\""));
}

TEST(EventWords, RecoveryHasACodeOfItsOwn) {
  Change change = failed_change();
  change.reasons.clear();
  change.current = TrustState::kTrusted;
  EXPECT_EQ(code_of(change), "trust.restored");
  EXPECT_EQ(sentence_of(change), "Host r12-u07 changed from trusted to trusted");
  change.in_maintenance = true;
  EXPECT_THAT(sentence_of(change), HasSubstr("in maintenance"));
}

TEST(EventWords, TextIsCutBetweenCharacters) {
  EXPECT_EQ(shortened("a\xC3\xA4", 2), "a");
  EXPECT_EQ(shortened("a\xC3\xA4", 3), "a\xC3\xA4");
  EXPECT_EQ(shortened("\xE2\x82\xAC", 0), "");
}

}  // namespace
}  // namespace quotemill::transport
