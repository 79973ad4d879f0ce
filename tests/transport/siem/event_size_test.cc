// Whatever a host makes long, an event is as short as receivers take it, and the verdict is said
// before that.
#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "transport/render/json.h"
#include "transport/render/limits.h"
#include "transport/siem/event_format.h"

namespace quotemill::transport {
namespace {

const EventSource kSource{"01K0ZJ6T3T0000000000000000", "vfy-2.example", "0.1.0", 812, 32473};

Finding long_finding(std::uint32_t number, Severity severity) {
  Finding finding;
  finding.code = FindingCode::kBootEventDigestUnknown;
  finding.severity = severity;
  finding.pcr = 4;
  finding.event = number;
  finding.event_type = 0x80000003;
  finding.digest = Digest(HashAlgorithm::kSha512);
  finding.expected = Digest(HashAlgorithm::kSha512);
  finding.subject = std::string(4'000, '\\');
  finding.allowed = std::string(4'000, '"');
  return finding;
}

// As many findings as a verdict keeps, the worst one last.
Change longest_change() {
  Change change;
  change.sequence = 184'467;
  change.host_sequence = 912;
  change.trust_lost = 912;
  change.host.bytes.fill(0x4c);
  change.host_name = std::string(4'000, '\xff');
  change.ek_sha256 = std::string(4'000, '\\');
  change.time = {1'795'471'200'123};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  for (std::uint32_t i = 1; i < limits::kFindingsMax; ++i) {
    change.reasons.push_back(long_finding(i, Severity::kWarning));
  }
  change.reasons.push_back(long_finding(4'711, Severity::kFail));
  change.policy_id = std::string(4'000, '\\');
  change.rollout = std::string(4'000, '"');
  change.boot_id.fill(0x0d);
  return change;
}

ToldHost longest_host() {
  const std::string fact(limits::kFactSizeMax, '\xff');
  ToldHost host{{}, {fact, fact, fact, fact, fact, fact}};
  for (std::size_t i = 0; i < limits::kLabelsMax; ++i) {
    host.labels["label." + std::to_string(i)] = std::string(limits::kLabelValueSizeMax, '\\');
  }
  return host;
}

class EventSize : public ::testing::TestWithParam<EventFormat> {};

TEST_P(EventSize, IsBoundedWhateverAHostMakesLong) {
  const std::string body = render_event(GetParam(), kSource, longest_change(), longest_host()).body;
  EXPECT_LE(body.size(), limits::kEventSizeMax);
  EXPECT_TRUE(!is_json(GetParam()) || parse_json(body)) << body;
}

// A receiver that cuts, cuts what the host has made long.
TEST_P(EventSize, TheVerdictStandsBeforeWhatTheHostMakesLong) {
  const std::string body = render_event(GetParam(), kSource, longest_change(), longest_host()).body;
  const std::size_t verdict = body.find("failed");
  const std::size_t made_long = std::min(body.find("\\\\\\\\"), body.find("xff"));
  ASSERT_NE(verdict, std::string::npos);
  ASSERT_NE(made_long, std::string::npos);
  if (GetParam() == EventFormat::kSyslog) {
    EXPECT_LT(verdict, 1'000U) << "a name has 128 bytes at most, and receivers must take 2,048";
  } else {
    EXPECT_LT(verdict, made_long) << body;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, EventSize, ::testing::ValuesIn(event_formats()),
                         [](const ::testing::TestParamInfo<EventFormat>& format) {
                           std::string name(name_of(format.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(ReasonsOfAnEvent, AreTheWorstOnesAndTheRestIsCounted) {
  Change change = longest_change();
  change.host_name = "r12-u07";
  const Json event =
      parse_json(render_event(EventFormat::kJson, kSource, change).body).value_or(Json());
  const Json& reasons = event.at("reasons");
  ASSERT_GT(reasons.size(), 1U);
  EXPECT_EQ(reasons.at(0).at("event"), 4'711);
  EXPECT_EQ(reasons.at(1).at("event"), 1) << "as they came, where they are equally bad";
  EXPECT_EQ(event.at("reasons_dropped"), limits::kFindingsMax - reasons.size());
}

TEST(ReasonsOfAnEvent, AreAllThereWhereTheyFit) {
  Change change = longest_change();
  change.reasons.resize(2);
  for (Finding& reason : change.reasons) {
    reason.subject = "shimx64.efi";
    reason.allowed.clear();
  }
  for (const EventFormat format : {EventFormat::kJson, EventFormat::kOcsf, EventFormat::kEcs}) {
    const Json event = parse_json(render_event(format, kSource, change).body).value_or(Json());
    const Json& own = format == EventFormat::kOcsf  ? event.at("unmapped").at("quotemill")
                      : format == EventFormat::kEcs ? event.at("quotemill")
                                                    : event;
    EXPECT_EQ(own.at("reasons").size(), 2U) << name_of(format);
    EXPECT_EQ(own.at("reasons_dropped"), 0) << name_of(format);
  }
}

TEST(Ocsf, HasWhatIsUnmappedAtItsEnd) {
  const Json event =
      parse_json(render_event(EventFormat::kOcsf, kSource, longest_change(), longest_host()).body)
          .value_or(Json());
  EXPECT_EQ(std::prev(event.end()).key(), "unmapped");
}

}  // namespace
}  // namespace quotemill::transport
