// How long a sink waits after a failure, and what is counted.
#include <gmock/gmock.h>

#include "tests/transport/sinks/sink_runner_fixture.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;

using SinkFailures = SinkRunnerTest;

TEST_F(SinkFailures, WaitsLongerAfterEachFailureUpToABoundAndNotInStep) {
  pause_min_ = std::chrono::milliseconds(64);
  pause_max_ = std::chrono::milliseconds(256);
  received_->fail(5);
  change(1);
  const auto runner = start();
  wait_for(*runner, 1);
  const std::vector<std::chrono::milliseconds> pauses = received_->pauses();
  ASSERT_EQ(pauses.size(), 5U);
  int whole = 0;
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const std::chrono::milliseconds step = std::min(pause_min_ * (1 << i), pause_max_);
    EXPECT_GE(pauses[i], step / 2) << i;
    EXPECT_LT(pauses[i], step + std::chrono::milliseconds(500)) << i;
    whole += pauses[i] >= step ? 1 : 0;
  }
  EXPECT_LT(whole, 5) << "from half to the whole of each step";
}

TEST_F(SinkFailures, ComesWhenTheReceiverWants) {
  received_->asked_pause = std::chrono::milliseconds(300);
  received_->fail(1);
  change(1);
  const auto runner = start();
  wait_for(*runner, 1);
  EXPECT_GE(received_->pauses().at(0), std::chrono::milliseconds(300));
}

TEST_F(SinkFailures, WaitsNoLongerForAReceiverThatGetsOn) {
  pause_min_ = std::chrono::milliseconds(10);
  pause_max_ = std::chrono::milliseconds(60'000);
  received_->made_headway = true;
  received_->fail(12);
  change(1);
  const auto begin = std::chrono::steady_clock::now();
  const auto runner = start();
  wait_for(*runner, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4))
      << "doubled it would have been 20 at least";
}

TEST_F(SinkFailures, CountsFailuresByTheirCause) {
  received_->failure = ErrorCode::kExpired;
  received_->fail(3);
  change(1);
  const auto runner = start();
  wait_for(*runner, 1);
  for (const SinkCause cause : kSinkCauses) {
    EXPECT_EQ(runner->counters().causes.at(static_cast<std::size_t>(cause)).load(),
              cause == SinkCause::kTimeout ? 3U : 0U)
        << name_of(cause);
  }
}

TEST(SinkCauses, AreFewWordsThatDoNotChange) {
  std::vector<std::string_view> names;
  for (const SinkCause cause : kSinkCauses) {
    EXPECT_EQ(static_cast<std::size_t>(cause), names.size());
    names.push_back(name_of(cause));
  }
  EXPECT_THAT(names, ElementsAre("unreachable", "tls", "timeout", "io", "busy", "denied", "answer",
                                 "storage", "other"));
  EXPECT_EQ(cause_of(Error{ErrorCode::kInternal, ""}), SinkCause::kOther);
}

}  // namespace
}  // namespace quotemill::transport
