// What leaves is what the formats' own specifications say: the golden files, and some thousand
// events of hosts that call themselves whatever could mislead a reader.
#include <filesystem>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "engine/base/text.h"
#include "tests/support/temp_folder.h"
#include "tests/transport/siem/line_formats.h"
#include "tests/transport/siem/ocsf_schema.h"
#include "transport/siem/event_format.h"
#include "transport/siem/event_words.h"

namespace quotemill::transport {
namespace {

using ::testing::AnyOf;
using testing::CefEvent;
using ::testing::IsEmpty;
using testing::SyslogEvent;

const EventSource kSource{"01K0ZJ6T3T0000000000000000", "vfy-2.example", "0.1.0", 812, 32473};

constexpr int kEvents = 1'500;

// Pieces of names: delimiters and escapes of every format, what begins a new record or field in
// one, line ends, bytes that are no UTF-8, text that runs backwards.
const std::vector<std::string> kPieces = {"web-01",
                                          "\\",
                                          "|",
                                          "=",
                                          "\"",
                                          "]",
                                          "[",
                                          "\n",
                                          "\r\n",
                                          std::string(1, '\0'),
                                          "\x1b[31m",
                                          "\xff",
                                          "\xC3",
                                          "\xE2\x80\xAE",
                                          "\xEF\xBB\xBF",
                                          " dhost=evil",
                                          " msg=",
                                          "CEF:0|a|b|c|d|e|9|",
                                          "<0>1 - - - - - -",
                                          "\" id=\"1\"][trust@1 new=\"trusted",
                                          "\\n",
                                          "\\u0000",
                                          "{\"class_uid\":0}",
                                          "','",
                                          "\t",
                                          "\x7f",
                                          "\xF0\x9F\x98\x80",
                                          "</script>",
                                          "%00",
                                          "${jndi:x}"};

class Generated {
 public:
  explicit Generated(unsigned seed) : random_(seed) {}

  std::string text() {
    std::string out;
    for (std::size_t pieces = below(6); pieces > 0; --pieces) {
      out += kPieces[below(kPieces.size())];
    }
    return below(40) == 0 ? out + std::string(below(4'000), "\\x]="[below(4)]) : out;
  }

  Change change() {
    Change change;
    // A million changes a second for a third of a year: what fits CEF's 40 characters.
    change.sequence = below(5) == 0 ? 9'999'999'999'999 - below(9) : 1 + below(1'000'000);
    change.host_sequence = below(1'000'000);
    change.host.bytes.fill(static_cast<std::uint8_t>(below(256)));
    change.host_name = text();
    change.time = {1'600'000'000'000 + static_cast<std::int64_t>(below(400'000'000'000))};
    change.previous = state();
    change.current = state();
    for (std::size_t reasons = below(4); reasons > 0; --reasons) {
      change.reasons.push_back(reason());
    }
    change.policy_id = text();
    change.policy_version = static_cast<std::int64_t>(below(3));
    change.rollout = below(2) == 0 ? text() : "";
    change.trust_lost = below(2) == 0 ? change.host_sequence : below(3);
    change.boot_id[0] = static_cast<std::uint8_t>(below(2));
    change.in_maintenance = below(2) == 0;
    return change;
  }

  ToldHost told() {
    return {{{"dc", "3"}, {"a.b/c", "x=\"|]"}}, {text(), text(), text(), text(), text(), text()}};
  }

  Notice notice() {
    AuditRecord record;
    record.number = 1 + below(1'000'000);
    record.time = {1'600'000'000'000 + static_cast<std::int64_t>(below(400'000'000'000))};
    record.act = {text(), "policy.apply", below(2) == 0 ? std::string(32, 'a') : text()};
    Notice notice = notice_of(kSource.stream_id, record);
    notice.level = static_cast<NoticeLevel>(below(3));
    return notice;
  }

 private:
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  TrustState state() {
    static constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning,
                                           TrustState::kFailed, TrustState::kStale,
                                           TrustState::kUnknown};
    return kStates[below(kStates.size())];
  }

  Finding reason() {
    static constexpr std::array kCodes = {
        FindingCode::kBootEventDigestUnknown, FindingCode::kQuoteSignature,
        FindingCode::kEvidenceMalformed, FindingCode::kBootRebooted, FindingCode::kEsxiImage};
    Finding finding;
    finding.code = kCodes[below(kCodes.size())];
    finding.severity = static_cast<Severity>(below(3));
    finding.subject = text();
    if (below(2) == 0) {
      finding.pcr = static_cast<std::uint8_t>(below(24));
      finding.event = static_cast<std::uint32_t>(below(100'000));
    }
    return finding;
  }

  std::mt19937 random_;
};

Json json_of(const RenderedEvent& event) {
  const std::optional<Json> json = parse_json(event.body);
  EXPECT_TRUE(json) << event.body;
  return json.value_or(Json::object());
}

// ECS 9.4 (github.com/elastic/ecs, generated/ecs/ecs_flat.yml): the fields that we set, by path.
const std::set<std::string> kEcsFields = {
    "@timestamp",    "ecs.version",         "message",
    "event.id",      "event.kind",          "event.category",
    "event.type",    "event.action",        "event.code",
    "event.outcome", "event.severity",      "event.risk_score",
    "event.reason",  "event.sequence",      "event.module",
    "event.dataset", "event.provider",      "host.id",
    "host.name",     "host.boot.id",        "event.created",
    "event.hash",    "event.reference",     "host.hostname",
    "host.os.name",  "host.os.version",     "host.os.kernel",
    "device.id",     "device.manufacturer", "device.model.name",
    "rule.name",     "rule.version",        "rule.id",
    "rule.category", "observer.vendor",     "observer.product",
    "observer.type", "observer.version",    "observer.name",
    "tags"};

void expect_ecs_fields(const Json& object, const std::string& path) {
  for (const auto& [name, value] : object.items()) {
    const std::string field = path + name;
    if (field == "quotemill") {
      continue;  // fields of one's own are below the product's name
    }
    if (field == "labels") {
      for (const auto& [label, text] : value.items()) {
        EXPECT_TRUE(text.is_string() && label.find('.') == std::string::npos) << label;
      }
      continue;
    }
    if (value.is_object()) {
      expect_ecs_fields(value, field + ".");
    } else {
      EXPECT_TRUE(kEcsFields.contains(field)) << field;
    }
  }
}

void expect_ecs(const RenderedEvent& event) {
  const Json json = json_of(event);
  expect_ecs_fields(json, "");
  for (const char* required : {"/@timestamp", "/ecs/version", "/message", "/event/id",
                               "/event/dataset", "/event/module"}) {
    EXPECT_TRUE(json.contains(Json::json_pointer(required)) &&
                json.at(Json::json_pointer(required)).is_string())
        << required;
  }
  const Json& about = json.at("event");
  EXPECT_EQ(about.at("kind"), "event");
  EXPECT_EQ(about.at("id"), event.id);
  for (const Json& category : about.at("category")) {
    EXPECT_THAT(category.get<std::string>(), AnyOf("host", "configuration"));
  }
  for (const Json& type : about.at("type")) {
    EXPECT_THAT(type.get<std::string>(), AnyOf("change", "info")) << "both categories allow these";
  }
  if (about.contains("outcome")) {
    EXPECT_THAT(about.at("outcome").get<std::string>(), AnyOf("success", "failure", "unknown"));
  }
  EXPECT_TRUE(about.at("severity").is_number_integer());
}

const std::set<std::string> kCefKeys = {"externalId",  "rt",
                                        "cat",         "act",
                                        "outcome",     "reason",
                                        "dhost",       "dvchost",
                                        "cs1",         "cs2",
                                        "cs3",         "cs4",
                                        "cs5",         "cs6",
                                        "cn1",         "cn2",
                                        "cn3",         "msg",
                                        "cs1Label",    "cs2Label",
                                        "cs3Label",    "cs4Label",
                                        "cs5Label",    "cs6Label",
                                        "cn1Label",    "cn2Label",
                                        "cn3Label",    "deviceExternalId",
                                        "flexString1", "flexString1Label",
                                        "flexString2", "flexString2Label"};

void expect_cef(const RenderedEvent& event) {
  const std::optional<CefEvent> cef = testing::read_cef(event.body);
  ASSERT_TRUE(cef) << event.body;
  EXPECT_EQ(cef->header[0], "CEF:0");
  EXPECT_EQ(cef->header[1], "Quotemill");
  EXPECT_LE(std::stoi(cef->header[6]), 10);
  for (const auto& [key, value] : cef->extension) {
    EXPECT_TRUE(kCefKeys.contains(key) || key.starts_with("quotemill")) << key;
    EXPECT_LE(value.size(), 1'023U) << key;
    if (key.starts_with("cs") || key.starts_with("cn") || key.starts_with("flex")) {
      const std::string labelled = key.substr(0, key.find("Label"));
      EXPECT_TRUE(cef->extension.contains(labelled) && cef->extension.contains(labelled + "Label"))
          << key;
    }
  }
  if (cef->extension.contains("externalId")) {
    EXPECT_LE(cef->extension.at("externalId").size(), 40U);
  }
}

void expect_syslog(const RenderedEvent& event) {
  const std::optional<SyslogEvent> syslog = testing::read_syslog(event.body);
  ASSERT_TRUE(syslog) << event.body;
  EXPECT_EQ(syslog->priority / 8, 13) << "log audit";
  EXPECT_LE(event.body.size(), 2'048U);
  for (const auto& [id, parameters] : syslog->data) {
    EXPECT_TRUE(id == "meta" || id.ends_with("@32473")) << id;
    if (id != "meta") {
      EXPECT_EQ(parameters.at("id"), event.id) << "ids are never cut";
    }
  }
}

void expect_cloud_event(const RenderedEvent& event) {
  const Json json = json_of(event);
  for (const char* required : {"id", "source", "specversion", "type"}) {
    EXPECT_TRUE(json.contains(required) && !json.at(required).get<std::string>().empty())
        << required;
  }
  for (const auto& [name, value] : json.items()) {
    const bool is_lower = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
    EXPECT_TRUE(is_lower && name.size() <= 20) << name << ": CloudEvents 1.0.2, 3.1";
    EXPECT_TRUE(name == "data" || value.is_string() ||
                (name == "severitynumber" && value.is_number_integer()))
        << name;
  }
  EXPECT_EQ(json.at("id"), event.id);
}

void expect_conforming(EventFormat format, const RenderedEvent& event) {
  SCOPED_TRACE(event.body);
  switch (format) {
    case EventFormat::kOcsf:
    case EventFormat::kOcsfFinding:
      EXPECT_THAT(testing::ocsf_problems(json_of(event)), IsEmpty());
      break;
    case EventFormat::kEcs:
      expect_ecs(event);
      break;
    case EventFormat::kCef:
      expect_cef(event);
      break;
    case EventFormat::kSyslog:
      expect_syslog(event);
      break;
    case EventFormat::kCloudEvents:
      expect_cloud_event(event);
      break;
    case EventFormat::kJson:
    case EventFormat::kCloudEventsBinary:
      EXPECT_EQ(json_of(event).at("id"), event.id);
      break;
  }
}

class Conformance : public ::testing::TestWithParam<EventFormat> {};

TEST_P(Conformance, GoldenFilesAreWhatTheSpecificationSays) {
  const std::string name(name_of(GetParam()));
  for (const char* what : {"change", "notice", "group", "heartbeat", "hostile_change",
                           "hostile_notice", "hostile_group"}) {
    const Bytes file = testing::read_file("tests/transport/siem/golden/" + name + "." + what);
    const std::string text(as_text(file));
    ASSERT_TRUE(text.starts_with("id: ")) << name << "." << what;
    const std::size_t body = text.rfind('\n', text.size() - 2) + 1;
    RenderedEvent event;
    event.id = text.substr(4, text.find('\n') - 4);
    event.body = text.substr(body, text.size() - 1 - body);
    expect_conforming(GetParam(), event);
  }
}

TEST_P(Conformance, WhateverHostsCallThemselves) {
  const unsigned seed = std::random_device()();
  Generated generated(seed);
  for (int i = 0; i < kEvents && !HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", event " + std::to_string(i));
    const RenderedEvent change =
        render_event(GetParam(), kSource, generated.change(), generated.told());
    expect_conforming(GetParam(), change);
    EXPECT_LE(change.body.size(), limits::kEventSizeMax);
    expect_conforming(GetParam(), render_event(GetParam(), kSource, generated.notice()));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Conformance, ::testing::ValuesIn(event_formats()),
                         [](const ::testing::TestParamInfo<EventFormat>& format) {
                           std::string name(name_of(format.param));
                           std::erase(name, '-');
                           return name;
                         });

// What a reader gets is the name that the console shows, and nothing that it says of itself.
TEST(ConformanceOfNames, AName_IsOneValueInEachFormat) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Generated generated(seed);
  for (int i = 0; i < kEvents && !::testing::Test::HasFailure(); ++i) {
    const Change change = generated.change();
    const std::string shown = printable(change.host_name);
    const auto body = [&change](EventFormat format) {
      return render_event(format, kSource, change);
    };
    EXPECT_EQ(json_of(body(EventFormat::kOcsf)).at("device").at("uid"), change.host.hex());
    EXPECT_EQ(json_of(body(EventFormat::kEcs)).at("host").at("name"),
              json_of(body(EventFormat::kJson)).at("host").at("name"));
    const auto cef = testing::read_cef(body(EventFormat::kCef).body);
    ASSERT_TRUE(cef);
    EXPECT_EQ(cef->extension.at("dhost"), shortened(shown, 1'023));
    EXPECT_EQ(cef->extension.at("cs3"), name_of(change.current));
    const auto syslog = testing::read_syslog(body(EventFormat::kSyslog).body);
    ASSERT_TRUE(syslog);
    EXPECT_EQ(syslog->data.at("trust@32473").at("name"), shortened(shown, 128));
    EXPECT_EQ(syslog->data.at("trust@32473").at("new"), name_of(change.current));
  }
}

// The validator sees what it is there for.
TEST(OcsfSchema, NamesWhatIsWrong) {
  Generated generated(1);
  const Json good = json_of(render_event(EventFormat::kOcsf, kSource, generated.change()));
  ASSERT_THAT(testing::ocsf_problems(good), IsEmpty());
  const auto problem = [&good](const std::function<void(Json&)>& edit) {
    Json event = good;
    edit(event);
    const std::vector<std::string> problems = testing::ocsf_problems(event);
    return problems.empty() ? std::string("none") : problems.front();
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(problem([](Json& e) { e.erase("metadata"); }), HasSubstr("metadata is required"));
  EXPECT_THAT(problem([](Json& e) { e["device"].erase("type_id"); }), HasSubstr("type_id is requ"));
  EXPECT_THAT(problem([](Json& e) { e["hostname"] = "x"; }), HasSubstr("hostname is no attribute"));
  EXPECT_THAT(problem([](Json& e) { e["severity_id"] = 7; }), HasSubstr("severity_id is 7"));
  EXPECT_THAT(problem([](Json& e) { e["severity"] = "Fatal"; }), HasSubstr("another number's"));
  EXPECT_THAT(problem([](Json& e) { e["time"] = "now"; }), HasSubstr("time is of another type"));
  EXPECT_THAT(problem([](Json& e) { e["time"] = 1'795'471'200; }), HasSubstr("time is of another"))
      << "seconds";
  EXPECT_THAT(problem([](Json& e) { e["type_uid"] = 501'902; }), HasSubstr("type_uid is not"));
  EXPECT_THAT(problem([](Json& e) { e["device"] = Json::array(); }), HasSubstr("is a list"));
  EXPECT_THAT(problem([](Json& e) { e["metadata"]["product"] = Json::object(); }),
              HasSubstr("which one it is"));
  EXPECT_THAT(problem([](Json& e) { e["class_uid"] = 5002; }), HasSubstr("no class of ours"));
}

}  // namespace
}  // namespace quotemill::transport
