// A full disk: commits are refused, reads go on, and nobody has to restart anything.
#include <gtest/gtest.h>

#include "storage/rocks_store.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

class DiskFullTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open() {
    StoreOptions options;
    options.path = folder_ / "store";
    options.cache_bytes = 1 << 20;
    options.file_system = file_system_;
    options.reserve_bytes = 1'000;
    options.free_bytes = [this] { return free_; };
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open(options);
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  TempFolder folder_;
  std::uint64_t free_ = 1'000'000;
  std::shared_ptr<FaultyFileSystem> file_system_ = std::make_shared<FaultyFileSystem>();
};

TEST_F(DiskFullTest, CommitsAreRefusedAsBusyWhileReadsGoOn) {
  const auto store = open();
  ASSERT_TRUE(store->commit(change_batch(1, 1)));
  ASSERT_TRUE(store->commit(edge_batch(1, 1)));
  free_ = 999;
  for (int i = 0; i < 3; ++i) {
    const Result<void> refused = store->commit(change_batch(2, 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
    EXPECT_EQ(store->status()->last_change, 1U);
    EXPECT_EQ(store->history(sample_uid(1), 0, 10)->size(), 1U);
    EXPECT_TRUE(store->status()->refuses.starts_with("the disk is nearly full: 999 bytes"))
        << store->status()->refuses;
  }
  free_ = 1'000;
  EXPECT_EQ(store->status()->refuses, "");
  EXPECT_EQ(store->status()->free_bytes, 1'000U);
  const Result<void> done = store->commit(change_batch(2, 1));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(store->status()->last_change, 2U);
}

TEST_F(DiskFullTest, AnErrorInTheBackgroundIsToldUntilAWriteSucceeds) {
  const auto store = open();
  ASSERT_TRUE(store->commit(change_batch(1, 1)));
  ASSERT_TRUE(store->commit(edge_batch(1, 1)));
  EXPECT_EQ(store->status()->refuses, "");
  file_system_->set(Fault::kTable);
  EXPECT_FALSE(store->drop_old_history());
  EXPECT_NE(store->status()->refuses.find("errors in the background"), std::string::npos)
      << store->status()->refuses;
  file_system_->set(Fault::kNone);
  for (int tries = 0; tries < 2 && !store->commit(change_batch(2, 1)); ++tries) {
  }
  EXPECT_EQ(store->status()->last_change, 2U);
  EXPECT_EQ(store->status()->refuses, "");
}

TEST_F(DiskFullTest, AStoreThatCannotBeReopenedIsTriedAgainByTheNextCommit) {
  const auto store = open();
  ASSERT_TRUE(store->commit(change_batch(1, 1)));
  ASSERT_TRUE(store->commit(edge_batch(1, 1)));
  file_system_->set(Fault::kTable);
  EXPECT_FALSE(store->drop_old_history());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(store->commit(change_batch(2, 1)));
  }
  EXPECT_FALSE(store->status()) << "closed, and says so";
  file_system_->set(Fault::kNone);
  const Result<void> done = store->commit(change_batch(2, 1));
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(store->status()->last_change, 2U);
  EXPECT_EQ(store->status()->refuses, "");
}

// Others filled it between the look and the write.
TEST_F(DiskFullTest, AWriteThatFindsNoSpaceIsBusyAndLeavesNothing) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(change_batch(1, 1)));
    file_system_->set(Fault::kFull);
    const Result<void> failed = store->commit(change_batch(2, 1));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kBusy) << failed.error().to_string();
    EXPECT_EQ(store->status()->last_change, 1U) << "reads go on";
    // Now the look sees it, and the store stays open for readers.
    free_ = 0;
    EXPECT_EQ(store->commit(change_batch(2, 1)).error().code, ErrorCode::kBusy);
    EXPECT_EQ(store->status()->last_change, 1U);
    file_system_->set(Fault::kNone);
    free_ = 1'000'000;
    const Result<void> done = store->commit(change_batch(2, 7));
    ASSERT_TRUE(done) << done.error().to_string();
  }
  EXPECT_EQ(open()->changes(2, 9)->front().host, sample_uid(7));
}

TEST_F(DiskFullTest, AJournalThatCannotBeFoldedOnClosingIsRecovered) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(edge_batch(1, 1)));
    ASSERT_TRUE(store->commit(reaffirmed_batch(1, 2)));
    ASSERT_TRUE(store->commit(reaffirmed_batch(1, 3)));
    file_system_->set(Fault::kFull);
  }
  file_system_->set(Fault::kNone);
  EXPECT_EQ(open()->history(sample_uid(1), 0, 10)->front().sequence, 3U);
}

}  // namespace
}  // namespace quotemill::storage
