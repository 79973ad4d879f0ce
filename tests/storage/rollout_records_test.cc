// Rollouts in stores: kept, replaced, there again after a kill, and checked.
#include <gmock/gmock.h>

#include "storage/database.h"
#include "storage/memory_store.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

HostUid uid_of(std::uint8_t number) {
  HostUid uid;
  uid.bytes.fill(number);
  return uid;
}

Rollout sample_rollout(std::uint64_t number) {
  Rollout rollout;
  rollout.number = number;
  rollout.name = "rollout-" + std::to_string(number);
  rollout.from = {"golden", 3};
  rollout.to = {"next", 4};
  rollout.cohort = std::make_shared<const Cohort>(
      *Cohort::create({{uid_of(2), 1}, {uid_of(1), 0}, {uid_of(3), 0}}));
  rollout.wave_every_ms = 60'000;
  rollout.started = {1'000};
  rollout.wave_opened = {2'000};
  rollout.deadline = {9'000};
  rollout.last = {3'000};
  rollout.started_by = "alice";
  return rollout;
}

Rollout changed(Rollout rollout) {
  ++rollout.revision;
  rollout.waves_open = 2;
  rollout.ended = {8'000};
  rollout.phase = RolloutPhase::kPromoted;
  rollout.ended_by = "bob";
  rollout.samples = {{{2'500}, {1, 2, 3, 4, 5, 6, 7}}};
  return rollout;
}

CommitBatch batch_of(const Rollout& rollout) {
  CommitBatch batch;
  batch.rollouts = {std::make_shared<const Rollout>(rollout)};
  return batch;
}

void expect_same(const Rollout& left, const Rollout& right) {
  EXPECT_EQ(left.number, right.number);
  EXPECT_EQ(encode_rollout(left), encode_rollout(right));
  EXPECT_EQ(left.cohort->members(), right.cohort->members());
}

template <class Store>
void keeps_rollouts_in_order(Store& store) {
  ASSERT_TRUE(store.commit(batch_of(sample_rollout(300))));
  ASSERT_TRUE(store.commit(batch_of(sample_rollout(1))));
  ASSERT_TRUE(store.commit(batch_of(changed(sample_rollout(300)))));
  const Result<Rollouts> kept = store.rollouts();
  ASSERT_TRUE(kept) << kept.error().to_string();
  ASSERT_EQ(kept->size(), 2U);
  expect_same(*(*kept)[0], sample_rollout(1));
  expect_same(*(*kept)[1], changed(sample_rollout(300)));
}

class RolloutRecords : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open() {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.path = path()});
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return *std::move(store);
  }

  // Writes a row behind the store's back.
  void put_raw(std::string_view key, std::string_view value) {
    Result<std::unique_ptr<Database>> database = Database::open({path(), 1 << 20, nullptr});
    ASSERT_TRUE(database);
    rocksdb::WriteBatch batch;
    batch.Put((*database)->handle(Family::kRollouts), rocksdb::Slice(key), rocksdb::Slice(value));
    ASSERT_TRUE((*database)->write(batch).ok());
  }

  [[nodiscard]] std::string path() const { return folder_ / "store"; }

  quotemill::testing::TempFolder folder_;
};

TEST_F(RolloutRecords, AreKeptByBothStores) {
  MemoryStore memory;
  keeps_rollouts_in_order(memory);
  keeps_rollouts_in_order(*open());
}

TEST_F(RolloutRecords, AreThereAgainAfterReopening) {
  ASSERT_TRUE(open()->commit(batch_of(sample_rollout(1))));
  ASSERT_TRUE(open()->commit(batch_of(changed(sample_rollout(1)))));
  const auto store = open();
  const Result<Rollouts> kept = store->rollouts();
  ASSERT_TRUE(kept) << kept.error().to_string();
  ASSERT_EQ(kept->size(), 1U);
  expect_same(*kept->front(), changed(sample_rollout(1)));
  EXPECT_THAT(store->check()->problems, IsEmpty());
}

TEST_F(RolloutRecords, OfANewerProgramAreRefusedByTheirVersion) {
  std::string value = encode_rollout(sample_rollout(1));
  value[0] = 9;
  const Result<Rollout> read = decode_rollout(1, sample_rollout(1).cohort, value);
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(read.error().to_string(), HasSubstr("version 9"));
}

TEST_F(RolloutRecords, DamageIsNamedAndNeverRead) {
  ASSERT_TRUE(open()->commit(batch_of(sample_rollout(1))));
  std::string cohort = encode_cohort(*sample_rollout(1).cohort);
  cohort.pop_back();
  put_raw(cohort_key(1), cohort);
  EXPECT_EQ(open()->rollouts().error().code, ErrorCode::kStorage);
  EXPECT_EQ(open()->check()->problems.size(), 1U);
  put_raw(cohort_key(1), encode_cohort(*sample_rollout(1).cohort));
  EXPECT_TRUE(open()->rollouts());
  put_raw(rollout_key(2), encode_rollout(sample_rollout(2)));
  EXPECT_EQ(open()->rollouts().error().code, ErrorCode::kStorage) << "no cohort";
  EXPECT_EQ(open()->check()->problems.size(), 1U);
}

}  // namespace
}  // namespace quotemill::storage
