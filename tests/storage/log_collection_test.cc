// Boot logs that nothing rests on go; those that are needed, and those that they lean on, stay.
#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/crypto/hash.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

class LogCollectionTest : public ::testing::Test {
 protected:
  LogCollectionTest() {
    StoreOptions options;
    options.path = folder_ / "store";
    options.cache_bytes = 1 << 20;
    options.appraisals_per_host = 100;
    store_ = *RocksStore::open(options);
  }

  static BootLogRecord model_log(std::uint64_t host) {
    bench::MeasuredBootModel model;
    model.host_seed = host;
    const std::string evidence = "evidence of " + std::to_string(host);
    return {hash(HashAlgorithm::kSha256, as_bytes(evidence)), bench::write_boot_log(model)};
  }

  // The host boots anew: its appraisal and its state rest on the log.
  void boot(std::uint8_t host, std::uint64_t sequence, const BootLogRecord& log) {
    CommitBatch batch = edge_batch(host, sequence);
    HostState state = *batch.states.front();
    BootProof proof = state.proof ? *state.proof : BootProof();
    proof.log = log.id;
    state.proof = std::make_shared<const BootProof>(proof);
    batch.states = {std::make_shared<const HostState>(state)};
    batch.history.front().boot_log = log.id;
    batch.boot_logs = {log};
    commit(batch);
  }

  void commit(const CommitBatch& batch) {
    const Result<void> done = store_->commit(batch);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  void remove(std::uint8_t host) {
    CommitBatch batch;
    batch.hosts_removed = {sample_uid(host)};
    commit(batch);
  }

  // Commits that have nothing to do with any of it.
  void go_on() {
    for (int i = 0; i < 3; ++i) {
      CommitBatch batch;
      batch.tokens = {sample_token(1)};
      commit(batch);
    }
  }

  TempFolder folder_;
  std::unique_ptr<RocksStore> store_;
};

TEST_F(LogCollectionTest, WhatAStateOrAnAppraisalNeedsStays) {
  boot(1, 1, model_log(1));
  boot(2, 1, model_log(2));
  EXPECT_EQ(*store_->collect_logs(), 0U);
  remove(2);
  EXPECT_EQ(*store_->collect_logs(), 0U) << "its history still rests on it";
  go_on();
  EXPECT_TRUE(store_->boot_log(model_log(2).id));
}

TEST_F(LogCollectionTest, WhatNothingNeedsGoesWithTheNextCommits) {
  CommitBatch orphan;
  orphan.boot_logs = {model_log(1)};
  commit(orphan);
  EXPECT_EQ(*store_->collect_logs(), 1U);
  EXPECT_TRUE(store_->boot_log(model_log(1).id)) << "nobody waits for it";
  go_on();
  EXPECT_EQ(store_->boot_log(model_log(1).id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*store_->collect_logs(), 0U);
}

TEST_F(LogCollectionTest, TheBaseOfALogThatIsNeededStays) {
  CommitBatch first;
  first.boot_logs = {model_log(1)};  // whole, and nobody's
  commit(first);
  boot(2, 1, model_log(2));  // told by it
  EXPECT_EQ(*store_->collect_logs(), 0U);
  go_on();
  EXPECT_EQ(*store_->boot_log(model_log(2).id), model_log(2).content);
}

// The dangerous moment: the look says that nobody needs the base, and before it is removed a new
// log leans on it.
TEST_F(LogCollectionTest, ABaseThatIsLeantOnAfterTheLookStays) {
  CommitBatch first;
  first.boot_logs = {model_log(1)};
  commit(first);
  EXPECT_EQ(*store_->collect_logs(), 1U);
  boot(2, 1, model_log(2));
  go_on();
  EXPECT_EQ(*store_->boot_log(model_log(2).id), model_log(2).content);
  EXPECT_TRUE(store_->boot_log(model_log(1).id));
  EXPECT_TRUE(store_->check()->problems.empty());
}

// The store remembers it as a whole log that others could be told by.
TEST_F(LogCollectionTest, NoLogLeansOnABaseThatIsGone) {
  CommitBatch first;
  first.boot_logs = {model_log(1)};
  commit(first);
  EXPECT_EQ(*store_->collect_logs(), 1U);
  go_on();
  ASSERT_FALSE(store_->boot_log(model_log(1).id));
  boot(2, 1, model_log(2));
  const Result<Bytes> kept = store_->boot_log(model_log(2).id);
  ASSERT_TRUE(kept) << kept.error().to_string();
  EXPECT_EQ(*kept, model_log(2).content);
  EXPECT_TRUE(store_->check()->problems.empty());
}

TEST_F(LogCollectionTest, TheFileOfAnImportedBaselineStays) {
  const auto imported = sample_imported_baseline("shim", 1);
  auto file = std::make_shared<ReferenceFile>();
  file->id = imported->file->id;
  file->content = sample_reference_text();
  CommitBatch batch;
  batch.baselines = {imported};
  batch.reference_files = {file};
  commit(batch);
  EXPECT_EQ(*store_->collect_logs(), 0U);
}

TEST_F(LogCollectionTest, SizesAreToldByPart) {
  boot(1, 1, model_log(1));
  const Result<StoreSizes> sizes = store_->sizes();
  ASSERT_TRUE(sizes);
  EXPECT_GT(sizes->hosts.rows, 0U);
  EXPECT_GT(sizes->appraisals.rows, 0U);
  EXPECT_GT(sizes->boot_logs.bytes, 0U);
}

}  // namespace
}  // namespace quotemill::storage
