// Every format of a change and of a notice, honest and hostile, as files: what a SIEM's rules are
// written against. Where a change of them is meant, QUOTEMILL_UPDATE_GOLDEN=1 writes them anew.
#include <algorithm>

#include <gmock/gmock.h>

#include "engine/base/text.h"
#include "tests/support/golden_file.h"
#include "transport/render/json.h"
#include "transport/siem/event_format.h"

namespace quotemill::transport {
namespace {

const EventSource kSource{"01K0ZJ6T3T0000000000000000", "vfy-2.example", "0.1.0", 812, 32473};
constexpr const char* kFolder = "tests/transport/siem/golden/";

// Delimiters of every format, line ends, colours, bytes that are no UTF-8, text that runs
// backwards.
const std::string kHostile = "a\"b\\c]d=e|f,g\r\nh\x1b[31m\xff<script>\xE2\x80\xAE{}";

Change change(const std::string& name) {
  Change change;
  change.sequence = 184'467;
  change.host_sequence = 912;
  change.host.bytes = {0x4c, 0x4c, 0x45, 0x44, 0, 0x42, 0x35, 0x10, 0x80, 0x52};
  change.host_name = name;
  change.time = {1'795'471'200'123};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  Finding reason;
  reason.code = FindingCode::kBootEventDigestUnknown;
  reason.pcr = 4;
  reason.event = 27;
  reason.event_type = 0x80000003;
  reason.subject = name;
  change.reasons = {reason};
  change.policy_id = name;
  change.policy_version = 41;
  change.rollout = name;
  change.boot_id[0] = 0x0d;
  change.trust_lost = 912;
  change.chain_before.writable()[0] = 0xc0;
  return change;
}

ToldHost told(const std::string& name) {
  return {{{"dc", "3"}, {"os.rack", "a\"b|c=d]"}}, {"debian", "12", name, name, name, name}};
}

Notice notice(const std::string& name) {
  AuditRecord record;
  record.number = 7;
  record.time = {1'795'471'200'123};
  record.act = {name, "policy.apply", name};
  return notice_of(kSource.stream_id, record);
}

// As transport/sinks/cause_groups.cc makes it.
Notice group(const std::string& name) {
  Notice group;
  group.kind = NoticeKind::kGroup;
  group.id = kSource.stream_id + ":group:184467-184999";
  group.time = {1'795'471'260'123};
  group.level = NoticeLevel::kError;
  group.code = "group.boot.event.digest_unknown";
  group.sentence = "412 hosts changed to failed: " + printable(name);
  group.fields = {{"hosts", "412"},
                  {"state", "failed"},
                  {"reason", "boot.event.digest_unknown"},
                  {"policy", printable(name)},
                  {"first_change", "184467"},
                  {"last_change", "184999"}};
  return group;
}

std::string text_of(const RenderedEvent& event) {
  std::string text = "id: " + event.id + "\nkey: " + event.key + "\n";
  for (const auto& [name, value] : event.attributes) {
    text += name + ": " + value + "\n";
  }
  return text + event.body + "\n";
}

class Golden : public ::testing::TestWithParam<EventFormat> {
 protected:
  void expect_golden(const std::string& what, const std::string& text) {
    testing::expect_golden(kFolder + std::string(name_of(GetParam())) + "." + what, text);
  }
};

TEST_P(Golden, IsWhatItWas) {
  expect_golden("change",
                text_of(render_event(GetParam(), kSource, change("r12-u07"), told("R760"))));
  expect_golden("notice", text_of(render_event(GetParam(), kSource, notice("ann"))));
  expect_golden("hostile_change",
                text_of(render_event(GetParam(), kSource, change(kHostile), told(kHostile))));
  expect_golden("hostile_notice", text_of(render_event(GetParam(), kSource, notice(kHostile))));
  expect_golden("group", text_of(render_event(GetParam(), kSource, group("PCR 4, event 27"))));
  expect_golden("hostile_group", text_of(render_event(GetParam(), kSource, group(kHostile))));
  expect_golden(
      "heartbeat",
      text_of(render_event(GetParam(), kSource,
                           heartbeat(kSource.stream_id, {1'795'471'200'123}, 184'467, 184'999))));
}

TEST_P(Golden, IsOneLineOfVisibleText) {
  for (const RenderedEvent& event :
       {render_event(GetParam(), kSource, change(kHostile), told(kHostile)),
        render_event(GetParam(), kSource, notice(kHostile)),
        render_event(GetParam(), kSource, group(kHostile))}) {
    for (const char c : event.body) {
      EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == '\x7F');
    }
    for (const auto& [name, value] : event.attributes) {
      EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << name;
    }
    EXPECT_TRUE(!is_json(GetParam()) || parse_json(event.body)) << event.body;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Golden, ::testing::ValuesIn(event_formats()),
                         [](const ::testing::TestParamInfo<EventFormat>& format) {
                           std::string name(name_of(format.param));
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });

TEST(CloudEventsBinary, HaveTheAttributesBesideTheData) {
  const RenderedEvent binary =
      render_event(EventFormat::kCloudEventsBinary, kSource, change("r12-u07"));
  const std::optional<Json> structured =
      parse_json(render_event(EventFormat::kCloudEvents, kSource, change("r12-u07")).body);
  ASSERT_TRUE(structured);
  for (const auto& [name, value] : binary.attributes) {
    const Json& there = structured->at(name);
    EXPECT_EQ(there.is_string() ? there.get<std::string>() : there.dump(), value);
  }
  EXPECT_EQ(binary.attributes.size() + 1, structured->size()) << "and the data";
  EXPECT_EQ(to_line(structured->at("data")), binary.body);
}

// What class 2004 makes of one edge of a life: activity, uid of the finding, status.
struct FoundEdge {
  std::string activity;
  std::string uid;
  std::string status;

  friend bool operator==(const FoundEdge&, const FoundEdge&) = default;
};

FoundEdge found(const Change& edge) {
  const Json event =
      parse_json(render_event(EventFormat::kOcsfFinding, kSource, edge).body).value_or(Json());
  const int uid = event.at("class_uid").get<int>();
  EXPECT_EQ(event.at("type_uid"), uid * 100 + event.at("activity_id").get<int>());
  return uid == 0 ? FoundEdge{"no finding", "", ""}
                  : FoundEdge{event.at("activity_name"), event.at("finding_info").at("uid"),
                              event.at("status")};
}

// A host's life, each edge with the number that compare() gives it.
TEST(OcsfFinding, IsOneEpisodeFromTheLossToTheReturn) {
  using enum TrustState;

  struct Edge {
    TrustState from;
    TrustState to;
    std::uint64_t trust_lost;
    FoundEdge wanted;
  };

  const std::string host = change("").host.hex();
  const std::vector<Edge> life = {{kUnknown, kTrusted, 0, {"no finding", "", ""}},
                                  {kTrusted, kFailed, 2, {"Create", host + ":2", "New"}},
                                  {kFailed, kStale, 2, {"Update", host + ":2", "In Progress"}},
                                  {kStale, kUnknown, 2, {"Update", host + ":2", "In Progress"}},
                                  {kUnknown, kTrusted, 2, {"Close", host + ":2", "Resolved"}},
                                  {kTrusted, kWarning, 6, {"Create", host + ":6", "New"}},
                                  {kWarning, kTrusted, 6, {"Close", host + ":6", "Resolved"}}};
  std::uint64_t number = 0;
  for (const Edge& step : life) {
    Change edge = change("r12-u07");
    edge.previous = step.from;
    edge.current = step.to;
    edge.host_sequence = ++number;
    edge.trust_lost = step.trust_lost;
    EXPECT_EQ(found(edge), step.wanted) << "edge " << number;
  }
}

TEST(OcsfFinding, OfARetiredHostIsPutAway) {
  Change edge = change("r12-u07");
  edge.previous = TrustState::kFailed;
  edge.current = TrustState::kUnknown;
  edge.trust_lost = 7;
  edge.reasons.front().code = FindingCode::kIdentityRetired;
  EXPECT_EQ(found(edge), (FoundEdge{"Close", edge.host.hex() + ":7", "Archived"}));
}

// Findings from before changes had numbers of losses are closed under their own uid.
TEST(OcsfFinding, ThatIsOlderThanItsNumberKeepsItsUid) {
  Change edge = change("r12-u07");
  edge.trust_lost = 0;
  edge.previous = TrustState::kFailed;
  edge.current = TrustState::kTrusted;
  EXPECT_EQ(found(edge), (FoundEdge{"Close", edge.host.hex() + ":trust", "Resolved"}));
  edge.current = TrustState::kStale;
  EXPECT_EQ(found(edge), (FoundEdge{"Update", edge.host.hex() + ":trust", "In Progress"}));
}

TEST(Cef, IdFitsItsField) {
  const std::string line = render_event(EventFormat::kCef, kSource, change("r12-u07")).body;
  const std::size_t at = line.find("externalId=") + 11;
  EXPECT_LE(line.find(' ', at) - at, 40U);
}

}  // namespace
}  // namespace quotemill::transport
