#include "deploy/quotemilld/restore_store.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/text.h"
#include "storage/rocks_store.h"
#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;

class RestoreStoreTest : public ::testing::Test {
 protected:
  // A store with one host, and a backup of it.
  void SetUp() override {
    const auto store = *storage::RocksStore::open({.path = (folder_ / "old").string()});
    HostRecord host;
    host.uid.bytes.fill(1);
    host.name = "web-01";
    CommitBatch batch;
    batch.hosts = {std::make_shared<const HostRecord>(host)};
    ASSERT_TRUE(store->commit(batch));
    ASSERT_TRUE(store->backup(backup_));
    stream_ = store->status()->stream_id;
  }

  [[nodiscard]] std::string stream_of(const std::string& path) const {
    return (*storage::RocksStore::open({.path = path}))->status()->stream_id;
  }

  Result<StoreReport> restored(const std::string& from, const std::string& to) const {
    return restore_store(from, to, "ann", {1'700'000'000'000});
  }

  quotemill::testing::TempFolder folder_;
  const std::string backup_ = (folder_ / "backup").string();
  const std::string place_ = (folder_ / "state" / "store").string();
  std::string stream_;
};

TEST_F(RestoreStoreTest, PutsTheBackupInItsPlaceOnAnotherStream) {
  const Result<StoreReport> report = restored(backup_, place_);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->hosts, 1U);
  EXPECT_NE(stream_of(place_), stream_);
  EXPECT_FALSE(std::filesystem::exists(place_ + ".restoring"));
  const std::string other = (folder_ / "other").string();
  ASSERT_TRUE(restored(backup_, other));
  EXPECT_NE(stream_of(place_), stream_of(other)) << "two restores are two streams";
}

TEST_F(RestoreStoreTest, KeepsInTheTrailWhoRestoredIt) {
  ASSERT_TRUE(restored(backup_, place_));
  const auto store = *storage::RocksStore::open({.path = place_});
  const std::vector<AuditRecord> acts = *store->audit(1, 10);
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_EQ(acts[0].act, (AuditAct{"ann", "store.restore", escaped(backup_)}));
  EXPECT_TRUE(follows({}, acts[0]));
}

TEST_F(RestoreStoreTest, NeverWritesOverAStore) {
  ASSERT_TRUE(restored(backup_, place_));
  EXPECT_EQ(restored(backup_, place_).error().code, ErrorCode::kConflict);
}

TEST_F(RestoreStoreTest, GoesOnAfterOneThatWasCutShort) {
  std::filesystem::create_directories(place_ + ".restoring/half");
  EXPECT_TRUE(restored(backup_, place_));
}

TEST_F(RestoreStoreTest, RefusesWhatIsNoBackupOrIsDamagedAndLeavesNothing) {
  EXPECT_EQ(restored(folder_.path().string(), place_).error().code, ErrorCode::kConfig);
  for (const auto& file : std::filesystem::directory_iterator(backup_)) {
    if (file.path().filename().string().rfind("MANIFEST", 0) == 0) {
      std::ofstream(file.path(), std::ios::binary) << "damaged";
    }
  }
  EXPECT_FALSE(restored(backup_, place_));
  EXPECT_FALSE(std::filesystem::exists(place_));
  EXPECT_FALSE(std::filesystem::exists(place_ + ".restoring"));
}

}  // namespace
}  // namespace quotemill::daemon
