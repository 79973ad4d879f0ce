#include "storage/history_retention.h"

#include <gtest/gtest.h>

#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

class HistoryRetentionTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open() {
    StoreOptions options;
    options.path = folder_ / "store";
    options.cache_bytes = 1 << 20;
    options.history_ages = {kDay, 0, 10 * kDay};
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open(options);
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  // An appraisal of the host at this moment.
  static void commit(RocksStore& store, std::uint64_t sequence, TrustState state, WallTime time) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.history.front().verdict.state = state;
    batch.history.front().time = time;
    HostState newest = *batch.states.front();
    newest.judged = time;
    batch.states = {std::make_shared<const HostState>(newest)};
    const Result<void> done = store.commit(batch);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  static std::vector<std::uint64_t> kept(const RocksStore& store) {
    std::vector<std::uint64_t> sequences;
    const auto entries = store.history(sample_uid(1), 0, 100);
    for (const HistoryEntry& entry : *entries) {
      sequences.push_back(entry.sequence);
    }
    return sequences;
  }

  TempFolder folder_;
  const WallTime start_{1'800'000'000'000};
};

using Sequences = std::vector<std::uint64_t>;

TEST_F(HistoryRetentionTest, AgesWithTheTimeThatTheDaemonRunsAndGoesOnAfterARestart) {
  {
    const auto store = open();
    commit(*store, 1, TrustState::kTrusted, start_);
    commit(*store, 2, TrustState::kFailed, start_);
  }
  {
    const auto store = open();
    store->grow_older(kDay / 2);
    commit(*store, 3, TrustState::kTrusted, {start_.ms + kDay / 2});
    ASSERT_TRUE(store->drop_old_history());
    EXPECT_EQ(kept(*store), (Sequences{3, 2, 1}));
  }
  const auto store = open();
  store->grow_older(kDay / 2 + 1'000);
  ASSERT_TRUE(store->drop_old_history());
  EXPECT_EQ(kept(*store), (Sequences{3, 2})) << "failed ones are kept longer";
  store->grow_older(20 * kDay);
  ASSERT_TRUE(store->drop_old_history());
  EXPECT_TRUE(kept(*store).empty());
}

// Set a year ahead and back again: nothing of the history is lost by it.
TEST_F(HistoryRetentionTest, AWallClockThatJumpsDropsNothing) {
  {
    const auto store = open();
    commit(*store, 1, TrustState::kTrusted, start_);
  }
  const auto store = open();
  commit(*store, 2, TrustState::kTrusted, {start_.ms + 365 * kDay});
  ASSERT_TRUE(store->drop_old_history());
  EXPECT_EQ(kept(*store), (Sequences{2, 1}));
}

TEST(HistoryRetention, KeepsWhatItCannotRead) {
  const HistoryAges ages{1, 1, 1};
  EXPECT_FALSE(is_over("", ages, {1'000'000}));
  EXPECT_FALSE(is_over("\x07nonsense", ages, {1'000'000}));
  HistoryEntry entry = sample_appraisal(1, 1, false);
  entry.verdict.state = TrustState::kTrusted;
  entry.time = {1'000};
  EXPECT_TRUE(is_over(encode_appraisal(entry), ages, {1'000'000}));
  EXPECT_FALSE(is_over(encode_appraisal(entry), ages, {1'001}));
  EXPECT_FALSE(is_over(encode_appraisal(entry), HistoryAges{}, {1'000'000})) << "for ever";
}

}  // namespace
}  // namespace quotemill::storage
