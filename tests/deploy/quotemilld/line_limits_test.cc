// What hosts can bring about fills no disk: lines are limited for each cause, and what was held
// back is told.
#include <sstream>

#include <gmock/gmock.h>

#include "deploy/quotemilld/change_fan_out.h"
#include "deploy/quotemilld/enrolment_log.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"
#include "transport/socket/context.h"

namespace quotemill::daemon {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// What is logged while `act` runs, line by line.
std::vector<std::string> lines_of(const std::function<void(const program::Log&)>& act) {
  ::testing::internal::CaptureStderr();
  {
    const program::Log log("test", {});
    act(log);
  }
  std::istringstream text(::testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    lines.push_back(line);
  }
  return lines;
}

class FanOut {
 public:
  explicit FanOut(const program::Log& log) : context_(*transport::Context::create()) {
    const transport::ChangePublisherOptions options{"ipc://" + (folder_ / "changes").string(), {}};
    fan_ = std::make_unique<ChangeFanOut>(
        *transport::ChangePublisher::create(
            *context_, options, [](std::string_view, const Change&) { return std::string("{}"); }),
        log);
  }

  void publish(std::size_t count, WallTime time, FindingCode code) {
    Change change;
    change.time = time;
    change.current = TrustState::kFailed;
    change.reasons = {Finding{.code = code, .severity = Severity::kFail}};
    fan_->publish("S", std::vector<Change>(count, change));
  }

  [[nodiscard]] ChangeTally tally() const { return fan_->tally(); }

 private:
  const quotemill::testing::TempFolder folder_;
  const std::unique_ptr<transport::Context> context_;
  std::unique_ptr<ChangeFanOut> fan_;
};

TEST(ChangeFanOut, WritesSomeLinesOfManyChangesAndTellsOfTheRest) {
  const WallTime now{1'795'471'200'000};
  ChangeTally tally;
  const std::vector<std::string> lines = lines_of([&](const program::Log& log) {
    FanOut fan(log);
    fan.publish(100, now, FindingCode::kQuoteSignature);
    fan.publish(1, {now.ms + 1'000}, FindingCode::kQuoteSignature);
    tally = fan.tally();
  });
  ASSERT_THAT(lines, SizeIs(21));
  EXPECT_THAT(lines, Each(HasSubstr("trust changed")));
  EXPECT_THAT(lines.back(), HasSubstr("(80 more of this kind were not written)"));
  EXPECT_EQ(tally.reasons.at(FindingCode::kQuoteSignature), 101U) << "all of them are counted";
}

TEST(ChangeFanOut, OneCauseSilencesNoOther) {
  const WallTime now{1'795'471'200'000};
  const std::vector<std::string> lines = lines_of([&](const program::Log& log) {
    FanOut fan(log);
    fan.publish(100, now, FindingCode::kQuoteSignature);
    fan.publish(1, now, FindingCode::kImaMismatch);
  });
  ASSERT_THAT(lines, SizeIs(21));
  EXPECT_THAT(lines.back(), HasSubstr("ima.mismatch"));
}

transport::EnrolmentAudit refusal(const std::string& cause) {
  return {"refused", "web-01", {}, {}, 0, "because", cause};
}

TEST(EnrolmentLog, WritesSomeLinesOfManyRefusalsAndTellsOfTheRest) {
  quotemill::testing::ManualClock clock;
  std::map<std::string, std::uint64_t> counted;
  const std::vector<std::string> lines = lines_of([&](const program::Log& log) {
    EnrolmentLog enrolments(log, clock);
    for (int i = 0; i < 300; ++i) {
      enrolments.note(refusal("denied"));
    }
    enrolments.note(refusal("malformed"));
    clock.advance(1'000);
    enrolments.note(refusal("denied"));
    counted = enrolments.refusals();
  });
  ASSERT_THAT(lines, SizeIs(22)) << "20, one of another cause, one a second later";
  EXPECT_THAT(lines.back(), HasSubstr("(280 more of this kind were not written)"));
  EXPECT_EQ(counted, (std::map<std::string, std::uint64_t>{{"denied", 301}, {"malformed", 1}}));
}

TEST(EnrolmentLog, SaysOfARefusalWhyAndWhatToDo) {
  const quotemill::testing::ManualClock clock;
  const std::vector<std::string> lines = lines_of([&](const program::Log& log) {
    EnrolmentLog enrolments(log, clock);
    transport::EnrolmentAudit audit = refusal("denied");
    audit.why = "No root.";
    audit.remedy = "Add it.";
    audit.vsphere = "Internal failure";
    enrolments.note(audit);
  });
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("because; No root.; Add it.; in vSphere: Internal failure"));
}

TEST(EnrolmentLog, HoldsNoAdmissionBack) {
  const quotemill::testing::ManualClock clock;
  const std::vector<std::string> lines = lines_of([&](const program::Log& log) {
    EnrolmentLog enrolments(log, clock);
    for (int i = 0; i < 300; ++i) {
      enrolments.note({"admitted", "web-" + std::to_string(i), {}, {}, 1, "by token"});
    }
  });
  EXPECT_THAT(lines, SizeIs(300));
  EXPECT_THAT(lines, Contains(HasSubstr("web-299")));
}

}  // namespace
}  // namespace quotemill::daemon
