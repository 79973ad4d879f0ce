// Every format of a change and of a notice, honest and hostile, as files: what a SIEM's rules are
// written against. Where a change of them is meant, QUOTEMILL_UPDATE_GOLDEN=1 writes them anew.
#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>

#include "tests/support/temp_folder.h"
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
  change.boot_id[0] = 0x0d;
  return change;
}

Notice notice(const std::string& name) {
  AuditRecord record;
  record.number = 7;
  record.time = {1'795'471'200'123};
  record.act = {name, "policy.apply", name};
  return notice_of(kSource.stream_id, record);
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
    const std::string path = kFolder + std::string(name_of(GetParam())) + "." + what;
    if (std::getenv("QUOTEMILL_UPDATE_GOLDEN") != nullptr) {
      testing::write_file(path, as_bytes(text));
    }
    EXPECT_EQ(as_text(testing::read_file(path)), text) << path;
  }
};

TEST_P(Golden, IsWhatItWas) {
  expect_golden("change", text_of(render_event(GetParam(), kSource, change("r12-u07"))));
  expect_golden("notice", text_of(render_event(GetParam(), kSource, notice("ann"))));
  expect_golden("hostile_change", text_of(render_event(GetParam(), kSource, change(kHostile))));
  expect_golden("hostile_notice", text_of(render_event(GetParam(), kSource, notice(kHostile))));
}

TEST_P(Golden, IsOneLineOfVisibleText) {
  for (const RenderedEvent& event : {render_event(GetParam(), kSource, change(kHostile)),
                                     render_event(GetParam(), kSource, notice(kHostile))}) {
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
    EXPECT_EQ(structured->at(name), value);
  }
  EXPECT_EQ(binary.attributes.size() + 1, structured->size()) << "and the data";
  EXPECT_EQ(to_line(structured->at("data")), binary.body);
}

TEST(OcsfFinding, IsMadeWithTheLossAndClosedWithTheReturn) {
  const auto activity = [](TrustState from, TrustState to) {
    Change edge = change("r12-u07");
    edge.previous = from;
    edge.current = to;
    const std::optional<Json> event =
        parse_json(render_event(EventFormat::kOcsfFinding, kSource, edge).body);
    EXPECT_EQ(event->at("class_uid"), 2004);
    EXPECT_EQ(event->at("finding_info").at("uid"), edge.host.hex() + ":trust");
    EXPECT_EQ(event->at("type_uid"), 200'400 + event->at("activity_id").get<int>());
    return event->at("activity_name").get<std::string>();
  };
  EXPECT_EQ(activity(TrustState::kTrusted, TrustState::kFailed), "Create");
  EXPECT_EQ(activity(TrustState::kFailed, TrustState::kStale), "Update");
  EXPECT_EQ(activity(TrustState::kStale, TrustState::kTrusted), "Close");
  EXPECT_EQ(activity(TrustState::kUnknown, TrustState::kWarning), "Create");
}

TEST(Cef, IdFitsItsField) {
  const std::string line = render_event(EventFormat::kCef, kSource, change("r12-u07")).body;
  const std::size_t at = line.find("externalId=") + 11;
  EXPECT_LE(line.find(' ', at) - at, 40U);
}

}  // namespace
}  // namespace quotemill::transport
