#include "transport/sinks/sink_feed.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "storage/memory_store.h"
#include "tests/support/temp_folder.h"
#include "transport/render/json.h"
#include "transport/sinks/sink_filter.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr WallTime kNow{1'795'471'200'000};

Change change_to(TrustState state, std::uint64_t sequence = 1, std::uint8_t host = 1) {
  Change change;
  change.sequence = sequence;
  change.host.bytes = {host};
  change.host_name = "web-01";
  change.previous = TrustState::kTrusted;
  change.current = state;
  change.time = {kNow.ms - 1'000};
  if (state == TrustState::kFailed) {
    Finding reason;
    reason.code = FindingCode::kBootEventDigestUnknown;
    reason.pcr = 4;
    change.reasons = {reason};
  }
  return change;
}

class SinkFeedTest : public ::testing::Test {
 protected:
  SinkFeedTest() { options_.cursor_path = cursor_; }

  void commit(const Change& change) {
    CommitBatch batch;
    batch.changes = {change};
    ASSERT_TRUE(store_.commit(batch));
  }

  void act(std::uint64_t number) {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", "policy.apply", "prod"}, kNow)};
    ASSERT_EQ(batch.audit.front().number, number);
    ASSERT_TRUE(store_.commit(batch));
  }

  std::unique_ptr<SinkFeed> feed() {
    return std::make_unique<SinkFeed>(options_, SinkStore{store_, store_},
                                      [this](const std::string& text) { lost_.push_back(text); });
  }

  SinkBatch next(SinkFeed& feed, std::int64_t later_ms = 0) {
    Result<SinkBatch> batch = feed.next(at(later_ms), limits::kSinkBatchMax);
    EXPECT_TRUE(batch) << batch.error().to_string();
    return *std::move(batch);
  }

  // Of both clocks, of which the wall's may have been set.
  [[nodiscard]] Moment at(std::int64_t later_ms) const {
    return {{kNow.ms + later_ms + wall_set_ms_}, {1'000'000 + later_ms}};
  }

  // The next batch, delivered: what its events are, by code or new state.
  std::vector<std::string> taken(SinkFeed& feed, std::int64_t later_ms = 0) {
    const SinkBatch batch = next(feed, later_ms);
    EXPECT_TRUE(feed.done(batch, at(later_ms)));
    std::vector<std::string> out;
    for (const RenderedEvent& event : batch.events) {
      const Json json = parse_json(event.body).value_or(Json::object());
      out.push_back(json.value("code", json.value("new", event.body)));
    }
    return out;
  }

  testing::TempFolder folder_;
  const std::string cursor_ = folder_ / "test.cursor";
  storage::MemoryStore store_;
  SinkFeedOptions options_;
  std::vector<std::string> lost_;
  std::int64_t wall_set_ms_ = 0;
};

TEST_F(SinkFeedTest, GivesTheSameAgainUntilItIsDelivered) {
  commit(change_to(TrustState::kFailed));
  const auto one = feed();
  EXPECT_THAT(next(*one).events, SizeIs(1));
  EXPECT_THAT(taken(*one), ElementsAre("failed"));
  EXPECT_THAT(taken(*one), IsEmpty());
  EXPECT_THAT(taken(*feed()), IsEmpty()) << "the cursor is in its file";
}

TEST_F(SinkFeedTest, GivesActsOnceBesideTheChanges) {
  act(1);
  commit(change_to(TrustState::kWarning));
  const auto one = feed();
  EXPECT_THAT(taken(*one), ElementsAre("warning", "audit.policy.apply"));
  act(2);
  EXPECT_THAT(taken(*feed()), ElementsAre("audit.policy.apply"));
  options_.with_audit = false;
  act(3);
  EXPECT_THAT(taken(*feed()), IsEmpty());
}

TEST_F(SinkFeedTest, GivesAgainAfterACrashWhatMayNotHaveBeenRead) {
  options_.confirmed_after = std::chrono::milliseconds(30'000);
  commit(change_to(TrustState::kFailed, 1));
  const auto one = feed();
  EXPECT_THAT(taken(*one), SizeIs(1));
  EXPECT_EQ(one->position().next, 2U);
  EXPECT_EQ(one->kept().next, 1U) << "the outbox must keep it";
  EXPECT_THAT(taken(*one, 29'999), IsEmpty()) << "once in this life";
  EXPECT_THAT(taken(*feed(), 29'999), SizeIs(1)) << "and again in the next one";
  EXPECT_THAT(taken(*one, 30'000), IsEmpty());
  EXPECT_EQ(one->kept().next, 2U);
  EXPECT_THAT(taken(*feed(), 30'000), IsEmpty());
}

TEST_F(SinkFeedTest, GivesAgainInThisLifeWhatABrokenConnectionMayHaveLost) {
  options_.confirmed_after = std::chrono::milliseconds(30'000);
  commit(change_to(TrustState::kFailed, 1));
  const auto one = feed();
  EXPECT_THAT(taken(*one), SizeIs(1));
  commit(change_to(TrustState::kFailed, 2));
  EXPECT_THAT(taken(*one, 20'000), SizeIs(1));
  EXPECT_THAT(taken(*one, 31'000), IsEmpty()) << "the first is old enough now";
  one->give_again();
  EXPECT_THAT(taken(*one, 31'000), SizeIs(1)) << "the second is not";
  one->give_again();
  EXPECT_THAT(taken(*one, 32'000), SizeIs(1));
  one->give_again();
  EXPECT_THAT(taken(*one, 33'000), SizeIs(1));
  EXPECT_THAT(taken(*one, 90'000), IsEmpty());
  one->give_again();
  EXPECT_THAT(taken(*one, 90'000), IsEmpty());
}

TEST_F(SinkFeedTest, AClockThatIsSetDoesNotMoveACursorThatLags) {
  options_.confirmed_after = std::chrono::milliseconds(30'000);
  commit(change_to(TrustState::kFailed, 1));
  const auto one = feed();
  EXPECT_THAT(taken(*one), SizeIs(1));
  wall_set_ms_ = 86'400'000;
  EXPECT_THAT(taken(*one, 1'000), IsEmpty());
  EXPECT_EQ(one->kept().next, 1U) << "set forward: nobody may have read it";
  wall_set_ms_ = -86'400'000;
  EXPECT_THAT(taken(*one, 30'000), IsEmpty());
  EXPECT_EQ(one->kept().next, 2U) << "set back: it was long enough ago";
}

TEST_F(SinkFeedTest, KnowsTheOldestOfChangesAndActs) {
  const auto one = feed();
  EXPECT_EQ(next(*one).oldest, std::nullopt);
  act(1);
  EXPECT_EQ(next(*one).oldest, kNow);
  commit(change_to(TrustState::kFailed));
  EXPECT_EQ(next(*one).oldest, WallTime{kNow.ms - 1'000});
}

TEST_F(SinkFeedTest, SaysThatItIsAlive) {
  options_.heartbeat = std::chrono::minutes(1);
  const auto one = feed();
  EXPECT_THAT(taken(*one), ElementsAre("stream.heartbeat"));
  EXPECT_THAT(taken(*one, 59'999), IsEmpty());
  EXPECT_THAT(next(*one, 60'000).events, SizeIs(1)) << "and it was not delivered";
  EXPECT_THAT(taken(*one, 60'000), ElementsAre("stream.heartbeat"));
  EXPECT_THAT(taken(*one, -1), ElementsAre("stream.heartbeat")) << "a clock that was set back";
}

TEST_F(SinkFeedTest, NamesACursorOfActsAloneThatIsAhead) {
  act(1);
  commit(change_to(TrustState::kFailed));
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 2, 50}));
  EXPECT_THAT(taken(*feed()), IsEmpty());
  EXPECT_THAT(lost_, ElementsAre(HasSubstr("of acts was ahead, at 50")));
}

// Of an outbox that another thread trims right after its status was read.
class OutboxThatIsTrimmed final : public Outbox {
 public:
  OutboxThatIsTrimmed(storage::MemoryStore& store, std::uint64_t to) : store_(store), to_(to) {}

  Result<void> drop_changes(std::uint64_t sequence) override {
    return store_.drop_changes(sequence);
  }

  [[nodiscard]] Result<std::vector<StreamBegin>> streams() const override {
    EXPECT_TRUE(store_.drop_changes(to_));
    return store_.streams();
  }

 private:
  storage::MemoryStore& store_;
  const std::uint64_t to_;
};

TEST_F(SinkFeedTest, NamesWhatIsTrimmedWhileItReads) {
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    commit(change_to(TrustState::kFailed, sequence));
  }
  const OutboxThatIsTrimmed outbox(store_, 4);
  SinkFeed one(options_, {store_, outbox},
               [this](const std::string& text) { lost_.push_back(text); });
  EXPECT_THAT(taken(one), SizeIs(2)) << "4 and 5";
  EXPECT_THAT(lost_, ElementsAre(HasSubstr("changes 1 to 3 are no longer kept")));
}

TEST_F(SinkFeedTest, NamesACursorThatIsAheadAndActsThatAre) {
  act(1);
  commit(change_to(TrustState::kFailed));
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 100, 50}));
  const auto one = feed();
  EXPECT_THAT(taken(*one), IsEmpty());
  EXPECT_THAT(lost_, ElementsAre(HasSubstr("a backup was restored")));
  act(2);
  EXPECT_THAT(taken(*one), ElementsAre("audit.policy.apply"));
}

TEST_F(SinkFeedTest, TellsOfTheRestoreThatBeganAnotherStream) {
  act(1);
  const std::string before = store_.status()->stream_id;
  ASSERT_TRUE(store_.renew_stream());
  act(2);  // the restore
  ASSERT_TRUE(write_position(cursor_, {before, 1, 50}));
  EXPECT_THAT(taken(*feed()), ElementsAre("audit.policy.apply")) << "the newest act";
  EXPECT_THAT(taken(*feed()), IsEmpty()) << "once";
}

// Its file was away while a backup was restored, and came back when the stream had gone on.
TEST_F(SinkFeedTest, ACursorOfTheStreamBeforeGoesBackToWhereThatEnded) {
  commit(change_to(TrustState::kFailed, 1));
  const std::string before = store_.status()->stream_id;
  ASSERT_TRUE(store_.renew_stream());
  for (std::uint64_t sequence = 2; sequence <= 5; ++sequence) {
    commit(change_to(TrustState::kFailed, sequence));
  }
  ASSERT_TRUE(write_position(cursor_, {before, 4, 1}));
  EXPECT_THAT(taken(*feed()), SizeIs(4)) << "2 to 5";
  EXPECT_THAT(lost_, ElementsAre(HasSubstr("a stream that ends with 1: a backup was restored")));
}

TEST_F(SinkFeedTest, ACursorOfAStreamThatTheStoreNeverHadBeginsAnew) {
  act(1);
  commit(change_to(TrustState::kFailed, 1));
  ASSERT_TRUE(write_position(cursor_, {"01K0ZJ6T3T0000000000000000", 2, 2}));
  EXPECT_THAT(taken(*feed()), ElementsAre("failed", "audit.policy.apply"));
  EXPECT_THAT(lost_, ElementsAre(HasSubstr("a stream that this store never had")));
}

// Whoever has it from before drops it as a duplicate.
TEST_F(SinkFeedTest, WhatIsOfTheStreamBeforeKeepsItsId) {
  act(1);
  commit(change_to(TrustState::kFailed, 1));
  const SinkBatch before = next(*feed());
  ASSERT_TRUE(store_.renew_stream());
  act(2);
  commit(change_to(TrustState::kFailed, 2));
  const SinkBatch after = next(*feed());
  ASSERT_THAT(after.events, SizeIs(4));
  EXPECT_EQ(after.events[0].id, before.events[0].id);
  EXPECT_EQ(after.events[0].body, before.events[0].body);
  EXPECT_EQ(after.events[2].id, before.events[1].id);
  const std::string stream = store_.status()->stream_id;
  EXPECT_THAT(after.events[1].id, ::testing::StartsWith(stream));
  EXPECT_THAT(after.events[3].id, ::testing::StartsWith(stream));
}

TEST_F(SinkFeedTest, GoesBackBeforeTheStreamCanCatchUpWithItsCursor) {
  commit(change_to(TrustState::kFailed, 1));
  ASSERT_TRUE(write_position(cursor_, {store_.status()->stream_id, 4}));
  (void)next(*feed());  // and its sink delivers nothing before the daemon is stopped
  for (std::uint64_t sequence = 2; sequence <= 5; ++sequence) {
    commit(change_to(TrustState::kFailed, sequence));
  }
  EXPECT_THAT(taken(*feed()), SizeIs(4)) << "2 to 5";
}

TEST(SinkFilter, TakesWhatEveryConditionTakes) {
  const Labels prod = {{"env", "prod"}, {"rack", "7"}};
  SinkFilter filter;
  EXPECT_TRUE(filter.takes(change_to(TrustState::kFailed), {}));
  filter.labels = {{"env", "prod"}};
  EXPECT_TRUE(filter.takes(change_to(TrustState::kFailed), prod));
  EXPECT_FALSE(filter.takes(change_to(TrustState::kFailed), {{"env", "test"}}));
  EXPECT_FALSE(filter.takes(change_to(TrustState::kFailed), {}));
}

TEST(SinkFilter, TakesARecoveryWhereItTookTheLoss) {
  SinkFilter filter;
  filter.severity_min = Severity::kFail;
  Change change = change_to(TrustState::kFailed);
  EXPECT_TRUE(filter.takes(change, {}));
  std::swap(change.previous, change.current);
  EXPECT_TRUE(filter.takes(change, {})) << "failed to trusted";
  EXPECT_FALSE(filter.takes(change_to(TrustState::kWarning), {}));
  filter.severity_min = Severity::kWarning;
  EXPECT_TRUE(filter.takes(change_to(TrustState::kStale), {}));
  EXPECT_FALSE(filter.takes(change_to(TrustState::kUnknown), {}));
}

TEST_F(SinkFeedTest, TellsAndFiltersByWhatIsKnownOfTheHost) {
  options_.host_of = [](const HostUid& host) {
    return ToldHost{{{"env", host.bytes[0] == 1 ? "prod" : "test"}},
                    {"debian", "12", "6.1.158", "", "", ""}};
  };
  options_.filter.labels = {{"env", "prod"}};
  commit(change_to(TrustState::kFailed, 1, 1));
  commit(change_to(TrustState::kFailed, 2, 2));
  const auto one = feed();
  const SinkBatch batch = next(*one);
  ASSERT_THAT(batch.events, SizeIs(1));
  EXPECT_EQ(batch.filtered, 1U);
  const Json host = parse_json(batch.events.front().body).value_or(Json()).at("host");
  EXPECT_EQ(host.at("labels"), (Json{{"env", "prod"}}));
  EXPECT_EQ(host.at("kernel"), "6.1.158");
}

}  // namespace
}  // namespace quotemill::transport
