#include "transport/sinks/sink_runner.h"

#include <gmock/gmock.h>

#include "storage/memory_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"
#include "transport/render/json.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What the sink was given, for the test's thread.
struct Received {
  std::mutex mutex;
  std::vector<std::uint64_t> sequences;
  int failures_to_come = 0;
  ErrorCode failure = ErrorCode::kIo;
  std::chrono::milliseconds asked_pause{0};
  bool made_headway = false;
  std::vector<std::chrono::steady_clock::time_point> tries;
  std::uint64_t refused = UINT64_MAX;  // a sequence
  bool refuses_all = false;

  std::vector<std::uint64_t> all() {
    const std::lock_guard lock(mutex);
    return sequences;
  }

  void fail(int times) {
    const std::lock_guard lock(mutex);
    failures_to_come = times;
  }

  // Between its tries.
  std::vector<std::chrono::milliseconds> pauses() {
    const std::lock_guard lock(mutex);
    std::vector<std::chrono::milliseconds> out;
    for (std::size_t i = 1; i < tries.size(); ++i) {
      out.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(tries[i] - tries[i - 1]));
    }
    return out;
  }
};

class RecordingSink final : public Sink {
 public:
  explicit RecordingSink(std::shared_ptr<Received> received) : received_(std::move(received)) {}

  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override {
    const std::lock_guard lock(received_->mutex);
    received_->tries.push_back(std::chrono::steady_clock::now());
    if (received_->failures_to_come > 0) {
      --received_->failures_to_come;
      return Error{received_->failure, "sink", 0, "is down because a test wants it to"};
    }
    std::vector<Refusal> refused;
    for (std::size_t index = 0; index < events.size(); ++index) {
      const auto sequence = parse_json(events[index].body)->value("seq", std::uint64_t{0});
      if (sequence == received_->refused || received_->refuses_all) {
        refused.push_back({index, "a test does not want it"});
      } else {
        received_->sequences.push_back(sequence);
      }
    }
    return refused;
  }

  [[nodiscard]] std::chrono::milliseconds asked_pause() const override {
    const std::lock_guard lock(received_->mutex);
    return received_->asked_pause;
  }

  [[nodiscard]] bool made_headway() const override {
    const std::lock_guard lock(received_->mutex);
    return received_->made_headway;
  }

 private:
  const std::shared_ptr<Received> received_;
};

class SinkRunnerTest : public ::testing::Test {
 protected:
  void change(std::uint64_t sequence, TrustState state = TrustState::kFailed,
              bool in_maintenance = false) {
    CommitBatch batch;
    Change change;
    change.sequence = sequence;
    change.host_name = "web-01";
    change.previous = TrustState::kTrusted;
    change.current = state;
    change.time = {1'000};
    change.in_maintenance = in_maintenance;
    batch.changes = {change};
    ASSERT_TRUE(store_.commit(batch));
  }

  void act() {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", "policy.apply", "prod"}, {1'000})};
    ASSERT_TRUE(store_.commit(batch));
  }

  std::unique_ptr<SinkRunner> start(const SinkFilter& filter = {}, SinkRunnerOptions options = {}) {
    options.name = "test";
    options.feed.cursor_path = cursor_;
    options.feed.filter = filter;
    options.dead_letter_path = dead_letters_;
    options.pause_min = pause_min_;
    options.pause_max = pause_max_;
    return std::make_unique<SinkRunner>(
        std::move(options), SinkStore{store_, store_}, clock_,
        std::make_unique<RecordingSink>(received_), [this](SinkNews news, const std::string& text) {
          const std::lock_guard lock(log_mutex_);
          log_.push_back((news == SinkNews::kUp ? "good: " : "bad: ") + text);
        });
  }

  std::vector<std::string> log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }

  // Until it is behind change `last`.
  static void wait_for(const SinkRunner& runner, std::uint64_t last) {
    for (int i = 0; i < 5'000 && runner.counters().next.load() <= last; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(runner.counters().next.load(), last + 1);
  }

  testing::TempFolder folder_;
  const std::string cursor_ = folder_ / "test.cursor";
  const std::string dead_letters_ = folder_ / "test.dead.jsonl";
  testing::ManualClock clock_;
  storage::MemoryStore store_;
  const std::shared_ptr<Received> received_ = std::make_shared<Received>();
  std::chrono::milliseconds pause_min_{1};
  std::chrono::milliseconds pause_max_{5};
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<SinkRunner> runner_;
};

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
  for (int i = 0; i < 1'000 && log().size() < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(log(), ElementsAre(HasSubstr("is down"), "good: delivers again"));
  EXPECT_FALSE(runner->counters().is_down.load());
}

TEST_F(SinkRunnerTest, WaitsLongerAfterEachFailureUpToABoundAndNotInStep) {
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

TEST_F(SinkRunnerTest, ComesWhenTheReceiverWants) {
  received_->asked_pause = std::chrono::milliseconds(300);
  received_->fail(1);
  change(1);
  const auto runner = start();
  wait_for(*runner, 1);
  EXPECT_GE(received_->pauses().at(0), std::chrono::milliseconds(300));
}

TEST_F(SinkRunnerTest, WaitsNoLongerForAReceiverThatGetsOn) {
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

TEST_F(SinkRunnerTest, CountsFailuresByTheirCause) {
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
  for (int i = 0; i < 1'000 && log().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
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
  for (int i = 0; i < 1'000 && runner->counters().failures.load() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
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
