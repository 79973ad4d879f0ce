#include "deploy/quotemilld/last_backup.h"

#include <gtest/gtest.h>

#include "deploy/quotemilld/limits.h"
#include "storage/memory_store.h"

namespace quotemill::daemon {
namespace {

class LastBackupTest : public ::testing::Test {
 protected:
  void act(const std::string& verb, std::int64_t ms) {
    CommitBatch batch;
    batch.audit = {next_record(*store_.audit_head(), {"ann", verb, "/b"}, WallTime{ms})};
    ASSERT_TRUE(store_.commit(batch));
  }

  storage::MemoryStore store_;
  LastBackup backup_;
};

TEST_F(LastBackupTest, IsNotKnownWhereNoneWasMade) {
  backup_.look(store_);
  act("policy.apply", 1'000);
  backup_.look(store_);
  EXPECT_EQ(backup_.time(), std::nullopt);
}

TEST_F(LastBackupTest, IsTheNewestOfTheTrailAndMovesWithIt) {
  act("backup", 1'000);
  act("policy.apply", 2'000);
  backup_.look(store_);
  EXPECT_EQ(backup_.time()->ms, 1'000);
  act("backup", 3'000);
  EXPECT_EQ(backup_.time()->ms, 1'000) << "until somebody looks";
  backup_.look(store_);
  EXPECT_EQ(backup_.time()->ms, 3'000);
}

TEST_F(LastBackupTest, IsFoundBehindMoreActsThanOneLookTakes) {
  for (std::size_t i = 0; i < limits::kBackupActsALook; ++i) {
    act("policy.apply", 1'000);
  }
  act("backup", 2'000);
  backup_.look(store_);
  EXPECT_EQ(backup_.time(), std::nullopt);
  backup_.look(store_);
  EXPECT_EQ(backup_.time()->ms, 2'000);
}

}  // namespace
}  // namespace quotemill::daemon
