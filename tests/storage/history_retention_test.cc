#include "storage/history_retention.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "storage/keyspace.h"
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
    options.history_ages = ages_;
    options.history_counts = counts_;
    options.appraisals_per_host = appraisals_per_host_;
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

  // As the daemon does it: a plan, and then files are rewritten by it.
  static void retain(RocksStore& store) {
    ASSERT_TRUE(store.collect_logs());
    ASSERT_TRUE(store.drop_old_history());
  }

  static std::vector<std::uint64_t> kept(const RocksStore& store) {
    std::vector<std::uint64_t> sequences;
    const auto entries = store.history(sample_uid(1), 0, 100);
    for (const HistoryEntry& entry : *entries) {
      sequences.push_back(entry.sequence);
    }
    return sequences;
  }

  // The appraisal's verdict became another one, an hour later.
  void revise(RocksStore& store, std::uint64_t sequence, TrustState state) const {
    VerdictRevision revision;
    revision.host = sample_uid(1);
    revision.sequence = sequence;
    revision.time = {start_.ms + kHour};
    revision.verdict.state = state;
    CommitBatch batch;
    batch.revisions = {revision};
    ASSERT_TRUE(store.commit(batch));
  }

  static std::vector<std::uint64_t> revised(const RocksStore& store) {
    std::vector<std::uint64_t> sequences;
    const Result<std::vector<VerdictRevision>> kept = store.revisions(sample_uid(1), 0, 10, 10);
    for (const VerdictRevision& revision : *kept) {
      sequences.push_back(revision.sequence);
    }
    std::sort(sequences.begin(), sequences.end());
    return sequences;
  }

  HistoryAges ages_{kDay, 0, 10 * kDay};
  HistoryCounts counts_;
  std::uint64_t appraisals_per_host_ = 10'000;
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
    retain(*store);
    EXPECT_EQ(kept(*store), (Sequences{3, 2, 1}));
  }
  const auto store = open();
  store->grow_older(kDay / 2 + 1'000);
  retain(*store);
  EXPECT_EQ(kept(*store), (Sequences{3, 2})) << "failed ones are kept longer";
  store->grow_older(20 * kDay);
  retain(*store);
  EXPECT_EQ(kept(*store), (Sequences{3})) << "the last one, whose state the host still has";
}

// Set a year ahead and back again: nothing of the history is lost by it.
TEST_F(HistoryRetentionTest, AWallClockThatJumpsDropsNothing) {
  {
    const auto store = open();
    commit(*store, 1, TrustState::kTrusted, start_);
  }
  const auto store = open();
  commit(*store, 2, TrustState::kTrusted, {start_.ms + 365 * kDay});
  retain(*store);
  EXPECT_EQ(kept(*store), (Sequences{2, 1}));
}

TEST_F(HistoryRetentionTest, KeepsAsManyOfEachStateAsItIsTold) {
  ages_ = {};
  counts_ = {2, 0, 1};
  const auto store = open();
  const std::array states = {TrustState::kTrusted, TrustState::kFailed,  TrustState::kTrusted,
                             TrustState::kWarning, TrustState::kTrusted, TrustState::kFailed,
                             TrustState::kWarning, TrustState::kTrusted};
  for (std::size_t i = 0; i < states.size(); ++i) {
    commit(*store, i + 1, states.at(i), {start_.ms + static_cast<std::int64_t>(i)});
  }
  ASSERT_TRUE(store->drop_old_history());
  EXPECT_EQ(kept(*store).size(), 8U) << "nothing goes before it is planned";
  retain(*store);
  EXPECT_EQ(kept(*store), (Sequences{8, 7, 6, 5, 4}));
  retain(*store);
  EXPECT_EQ(kept(*store), (Sequences{8, 7, 6, 5, 4})) << "nor more, the next time";
}

// Twice as many as are kept, and the failures before.
TEST_F(HistoryRetentionTest, BeingTrustedForLongBuriesNoFailure) {
  appraisals_per_host_ = 1'000;
  const auto store = open();
  commit(*store, 1, TrustState::kFailed, start_);
  commit(*store, 2, TrustState::kWarning, {start_.ms + 1});
  for (std::uint64_t sequence = 3; sequence <= 2'100; ++sequence) {
    if (sequence == 1'000) {
      commit(*store, sequence, TrustState::kFailed, sample_time(sequence));
    } else {
      ASSERT_TRUE(store->commit(reaffirmed_batch(1, sequence))) << sequence;
    }
  }
  const auto rows = store->history(sample_uid(1), 0, 1'000);
  std::vector<std::uint64_t> not_trusted;
  for (const HistoryEntry& entry : *rows) {
    if (entry.verdict.state != TrustState::kTrusted) {
      not_trusted.push_back(entry.sequence);
    }
  }
  EXPECT_EQ(not_trusted, (Sequences{1'000, 2, 1}));
  EXPECT_LT(rows->size(), 25U) << "those that were trusted go";
}

TEST_F(HistoryRetentionTest, NeverDropsTheLastAppraisalOrItsLog) {
  ages_ = {kDay, kDay, kDay};
  counts_ = {1, 1, 1};
  const auto store = open();
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.boot_logs = {sample_boot_log(1'000, static_cast<std::uint8_t>(sequence))};
    batch.history.front().boot_log = batch.boot_logs.front().id;
    batch.boot_logs.push_back({batch.states.front()->proof->log, Bytes(1'000, 99)});
    batch.history.front().time = {start_.ms + static_cast<std::int64_t>(sequence)};
    ASSERT_TRUE(store->commit(batch));
  }
  store->grow_older(1'000 * kDay);
  retain(*store);
  ASSERT_EQ(kept(*store), (Sequences{5}));
  ASSERT_TRUE(store->collect_logs());
  ASSERT_TRUE(store->commit(edge_batch(2, 1)));
  const auto newest = store->history(sample_uid(1), 0, 1);
  EXPECT_TRUE(store->boot_log(newest->front().boot_log)) << "what a bundle of the state needs";
  EXPECT_EQ(store->check()->problems_found, 0U);
}

TEST_F(HistoryRetentionTest, LeavesARunThatStillGrows) {
  ages_ = {};
  counts_ = {1, 0, 0};
  const auto store = open();
  ASSERT_TRUE(store->commit(edge_batch(1, 1)));
  ASSERT_TRUE(store->commit(edge_batch(1, 2)));
  for (std::uint64_t sequence = 3; sequence < 20; ++sequence) {
    ASSERT_TRUE(store->commit(reaffirmed_batch(1, sequence)));
  }
  retain(*store);
  ASSERT_TRUE(store->commit(reaffirmed_batch(1, 20)));
  const auto entries = store->history(sample_uid(1), 0, 10);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().sequence, 20U);
  EXPECT_EQ(entries->front().count(), 19U);
}

// A verdict that was revised to another state than its appraisal's is told for as long as that is.
TEST_F(HistoryRetentionTest, ARevisionStaysForAsLongAsItsAppraisalMay) {
  ages_ = {5 * kDay, 10 * kDay, kDay};
  const auto store = open();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    commit(*store, sequence, TrustState::kTrusted, start_);
  }
  revise(*store, 1, TrustState::kFailed);
  revise(*store, 2, TrustState::kUnknown);
  revise(*store, 3, TrustState::kStale);
  store->grow_older(3 * kDay);
  retain(*store);
  ASSERT_EQ(kept(*store), (Sequences{3, 2, 1}));
  EXPECT_EQ(revised(*store), (Sequences{1, 2, 3})) << "failures alone are not kept for so long";
  store->grow_older(8 * kDay);
  retain(*store);
  ASSERT_EQ(kept(*store), (Sequences{3}));
  EXPECT_EQ(revised(*store), (Sequences{3})) << "the newest one's";
}

TEST_F(HistoryRetentionTest, RevisionsOfWhateverStateGoWhenTheirAppraisalsAreTooMany) {
  ages_ = {};
  counts_ = {2, 0, 1};
  const auto store = open();
  const std::array states = {TrustState::kTrusted, TrustState::kFailed, TrustState::kTrusted,
                             TrustState::kFailed, TrustState::kTrusted};
  for (std::size_t i = 0; i < states.size(); ++i) {
    commit(*store, i + 1, states.at(i), start_);
  }
  revise(*store, 1, TrustState::kUnknown);
  revise(*store, 2, TrustState::kTrusted);
  revise(*store, 3, TrustState::kStale);
  revise(*store, 4, TrustState::kFailed);
  retain(*store);
  ASSERT_EQ(kept(*store), (Sequences{5, 4, 3}));
  EXPECT_EQ(revised(*store), (Sequences{3, 4}));
}

TEST_F(HistoryRetentionTest, WhatStaysWhateverItsNumberKeepsItsRevisions) {
  ages_ = {};
  counts_ = {1, 0, 0};
  const auto store = open();
  commit(*store, 1, TrustState::kTrusted, start_);
  commit(*store, 2, TrustState::kWarning, start_);
  commit(*store, 3, TrustState::kTrusted, start_);
  commit(*store, 4, TrustState::kTrusted, start_);
  revise(*store, 1, TrustState::kUnknown);
  revise(*store, 2, TrustState::kUnknown);
  retain(*store);
  ASSERT_EQ(kept(*store), (Sequences{4, 2}));
  EXPECT_EQ(revised(*store), (Sequences{2}));
}

TEST(RetentionPlanner, CountsTheAppraisalsOfARunAndKeepsItWhole) {
  RetentionPlanner planner({}, {10, 0, 0}, {1'000'000});
  const auto add = [&](std::uint64_t first, std::uint64_t last) {
    HistoryEntry entry = sample_trusted_appraisal(1, last);
    if (first != last) {
      entry.run.emplace();
      entry.run->first_sequence = first;
    }
    planner.add(entry);
  };
  add(1, 1);
  add(2, 4);
  add(5, 12);
  add(13, 13);
  const RetentionPlan plan = planner.take();
  ASSERT_EQ(plan.hosts.size(), 1U);
  EXPECT_EQ(plan.hosts.at(sample_uid(1)).newest, 13U);
  EXPECT_EQ(plan.hosts.at(sample_uid(1)).over_count.at(0), 1U)
      << "9 without the run 2-4: it is kept, all of it";
}

TEST(RetentionPlanner, NamesOnlyHostsOfWhichSomethingGoes) {
  RetentionPlanner planner({}, {10, 10, 10}, {1'000'000});
  for (std::uint8_t host = 1; host < 100; ++host) {
    planner.add(sample_trusted_appraisal(host, 1));
  }
  EXPECT_TRUE(planner.take().hosts.empty());
}

TEST(HistoryRetention, KeepsWhatItCannotRead) {
  RetentionPlan plan;
  plan.now = {1'000'000};
  plan.ages = {1, 1, 1};
  const std::string key = history_key(sample_uid(1), 1);
  EXPECT_FALSE(is_over(plan, key, ""));
  EXPECT_FALSE(is_over(plan, key, "\x07nonsense"));
  HistoryEntry entry = sample_appraisal(1, 1, false);
  entry.verdict.state = TrustState::kTrusted;
  entry.time = {1'000};
  const std::string row = encode_appraisal(entry);
  EXPECT_TRUE(is_over(plan, key, row));
  EXPECT_FALSE(is_over(plan, "odd", row));
  plan.now = {1'001};
  EXPECT_FALSE(is_over(plan, key, row));
  plan.now = {1'000'000};
  plan.hosts[sample_uid(1)].newest = 1;
  EXPECT_FALSE(is_over(plan, key, row)) << "the newest one";
  plan.ages = {};
  plan.hosts.clear();
  EXPECT_FALSE(is_over(plan, key, row)) << "for ever";
}

}  // namespace
}  // namespace quotemill::storage
