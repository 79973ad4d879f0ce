#include "transport/sinks/sink_runner.h"

#include <gmock/gmock.h>

#include "tests/transport/sinks/sink_runner_fixture.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(SinkRunnerTest, DeliversWhatIsThereAndWhatComes) {
  change(1);
  change(2);
  const auto runner = start();
  wait_for(*runner, 2);
  change(3);
  runner->notify();
  wait_for(*runner, 3);
  EXPECT_THAT(received_->all(), ElementsAre(1, 2, 3));
  EXPECT_EQ(runner->counters().delivered.load(), 3U);
}

TEST_F(SinkRunnerTest, GoesOnBehindItsCursorAfterARestart) {
  change(1);
  wait_for(*start(), 1);
  change(2);
  wait_for(*start(), 2);
  EXPECT_THAT(received_->all(), ElementsAre(1, 2));
}

TEST_F(SinkRunnerTest, TriesAgainUntilTheSinkIsBackAndSaysSoOnce) {
  received_->fail(4);
  change(1);
  const auto runner = start();
  wait_for(*runner, 1);
  EXPECT_THAT(received_->all(), ElementsAre(1));
  EXPECT_EQ(runner->counters().failures.load(), 4U);
  testing::eventually([&] { return log().size() >= 2; });
  EXPECT_THAT(log(), ElementsAre(HasSubstr("is down"), "good: delivers again"));
  EXPECT_FALSE(runner->counters().is_down.load());
}

TEST_F(SinkRunnerTest, DeliversAgainWhatItCouldNotRemember) {
  change(1);
  wait_for(*start(), 1);
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 1, 1}));
  wait_for(*start(), 1);
  EXPECT_THAT(received_->all(), ElementsAre(1, 1));
}

TEST_F(SinkRunnerTest, LeavesOutWhatItsFilterDoesNotTake) {
  change(1, TrustState::kTrusted);
  change(2, TrustState::kFailed);
  change(3, TrustState::kFailed, true);
  SinkFilter filter;
  filter.states = {TrustState::kFailed, TrustState::kStale};
  filter.without_maintenance = true;
  const auto runner = start(filter);
  wait_for(*runner, 3);
  EXPECT_THAT(received_->all(), ElementsAre(2));
  EXPECT_EQ(runner->counters().filtered.load(), 2U);
}

TEST_F(SinkRunnerTest, ACursorAheadOfTheStreamIsNamedAndGoesBack) {
  change(1);
  change(2);
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 100, 1}));
  const auto runner = start();
  wait_for(*runner, 2);
  EXPECT_THAT(log(), ElementsAre(HasSubstr("a backup was restored")));
  change(3);
  wait_for(*runner, 3);
  EXPECT_THAT(received_->all(), ElementsAre(3));
}

TEST_F(SinkRunnerTest, ADamagedCursorDeliversNothingUntilSomebodyLooks) {
  testing::write_file(cursor_, as_bytes("garbage"));
  std::filesystem::permissions(
      cursor_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  change(1);
  const auto runner = start();
  ASSERT_TRUE(testing::eventually([&] { return !log().empty(); }));
  EXPECT_THAT(log().front(), HasSubstr("is damaged; remove it"));
  EXPECT_THAT(received_->all(), IsEmpty());
  std::filesystem::remove(cursor_);
  wait_for(*runner, 1);
}

TEST_F(SinkRunnerTest, KeepsWhatIsRefusedForGoodWithItsReason) {
  received_->refused = 2;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    change(sequence);
  }
  const auto runner = start();
  wait_for(*runner, 3);
  EXPECT_THAT(received_->all(), ElementsAre(1, 3));
  EXPECT_EQ(runner->counters().refused.load(), 1U);
  const Bytes file = testing::read_file(dead_letters_);
  const std::optional<Json> letter = parse_json(as_text(file));
  ASSERT_TRUE(letter) << as_text(file);
  EXPECT_EQ(letter->at("reason"), "a test does not want it");
  EXPECT_EQ(parse_json(letter->at("event").get<std::string>())->at("seq"), 2);
  EXPECT_THAT(log(), ElementsAre(HasSubstr("1 events went to the dead letters")));
}

TEST_F(SinkRunnerTest, RefusesNothingThatItCannotKeep) {
  received_->refused = 1;
  change(1);
  std::filesystem::create_directory(dead_letters_);
  const auto runner = start();
  EXPECT_TRUE(testing::eventually([&] { return runner->counters().failures.load() > 0; }));
  EXPECT_EQ(runner->counters().next.load(), 1U);
  std::filesystem::remove(dead_letters_);
  wait_for(*runner, 1);
}

// Before the first look at the stream nothing is known of it; what waits counts all the same.
TEST_F(SinkRunnerTest, CountsActsAsWellAsChangesThatItDoesNotHave) {
  change(1);
  act();
  act();
  received_->fail(1'000'000);
  const auto runner = start();
  EXPECT_EQ(lag_of(runner->counters(), 1, 2), 3U);
  received_->fail(0);
  wait_for(*runner, 1);
  EXPECT_EQ(lag_of(runner->counters(), 1, 2), 0U);
}

TEST_F(SinkRunnerTest, ASinkWithoutActsLacksNone) {
  act();
  SinkRunnerOptions options;
  options.feed.with_audit = false;
  change(1);
  const auto runner = start({}, std::move(options));
  wait_for(*runner, 1);
  EXPECT_EQ(lag_of(runner->counters(), 1, 1), 0U);
}

TEST_F(SinkRunnerTest, KeepsItsPaceWithChangesAndActs) {
  for (std::uint64_t sequence = 1; sequence <= 15; ++sequence) {
    change(sequence);
    act();
  }
  SinkRunnerOptions options;
  options.per_second = 10;
  const auto begin = std::chrono::steady_clock::now();
  const auto runner = start({}, std::move(options));
  wait_for(*runner, 15);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(1'900)) << "20 before the second batch";
  EXPECT_LT(took, std::chrono::seconds(4));
  EXPECT_EQ(received_->all().size(), 30U);
}

TEST_F(SinkRunnerTest, ATrimmedStreamIsNamedWithWhatWasLost) {
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence) {
    change(sequence);
  }
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 3, 1}));
  ASSERT_TRUE(store_.drop_changes(7));
  const auto runner = start();
  wait_for(*runner, 9);
  EXPECT_THAT(received_->all(), ElementsAre(7, 8, 9));
  EXPECT_THAT(log(), ElementsAre(HasSubstr("changes 3 to 6 are no longer kept")));
}

TEST_F(SinkRunnerTest, SaysHowManyDeadLettersMadeRoomForOthers) {
  received_->refuses_all = true;
  SinkRunnerOptions options;
  options.dead_letter_bytes = 1;  // a file each
  options.per_second = 1'000'000;
  for (std::uint64_t sequence = 1; sequence <= 7; ++sequence) {
    change(sequence);
    if (sequence == 1) {
      runner_ = start({}, std::move(options));
    }
    runner_->notify();
    wait_for(*runner_, sequence);
  }
  EXPECT_EQ(runner_->counters().refused.load(), 7U);
  EXPECT_EQ(runner_->counters().letters_dropped.load(), 2U) << "five are kept";
  EXPECT_THAT(log(), ::testing::Contains(HasSubstr("1 of the oldest dead letters were deleted")));
  EXPECT_EQ(parse_json(as_text(testing::read_file(dead_letters_ + ".4")))->at("reason"),
            "a test does not want it");
}

TEST_F(SinkRunnerTest, CatchesUpWithThousandsInOrder) {
  for (std::uint64_t sequence = 1; sequence <= 2'000; ++sequence) {
    change(sequence);
  }
  received_->fail(3);
  const auto runner = start();
  wait_for(*runner, 2'000);
  const std::vector<std::uint64_t> all = received_->all();
  ASSERT_EQ(all.size(), 2'000U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i], i + 1);
  }
}

}  // namespace
}  // namespace quotemill::transport
