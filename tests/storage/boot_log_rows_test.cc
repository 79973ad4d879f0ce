// Boot logs in a RocksStore: how they are told, and what happens to what they lean on.
#include <filesystem>

#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

BootLogRecord model_log(std::uint64_t host) {
  bench::MeasuredBootModel model;
  model.host_seed = host;
  const std::string evidence = "evidence of " + std::to_string(host);
  return {hash(HashAlgorithm::kSha256, as_bytes(evidence)), bench::write_boot_log(model)};
}

class BootLogRowsTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open() {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.path = path_});
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  static Result<void> commit(RocksStore& store, std::vector<BootLogRecord> logs) {
    CommitBatch batch;
    batch.boot_logs = std::move(logs);
    return store.commit(batch);
  }

  // Of a store that is closed.
  std::string row(const Digest& id) {
    const auto database = must_open();
    return database->get(Family::kBlobs, digest_key(id))->value_or("");
  }

  void put_row(const Digest& id, std::string_view value) {
    const auto database = must_open();
    rocksdb::WriteBatch batch;
    database->put(Family::kBlobs, digest_key(id), value, batch);
    ASSERT_TRUE(database->write(batch).ok());
  }

  testing::TempFolder folder_;
  const std::string path_ = folder_ / "store";

 private:
  std::unique_ptr<Database> must_open() {
    Result<std::unique_ptr<Database>> database = Database::open({path_, 1024 * 1024, nullptr});
    EXPECT_TRUE(database);
    return *std::move(database);
  }
};

TEST_F(BootLogRowsTest, AreWrittenOnceAsAWholeForMachinesOfOneImage) {
  const BootLogRecord first = model_log(1);
  const BootLogRecord second = model_log(2);
  {
    const auto store = open();
    ASSERT_TRUE(commit(*store, {first, second}));
    ASSERT_TRUE(commit(*store, {model_log(3)}));
    EXPECT_EQ(*store->boot_log(first.id), first.content);
    EXPECT_EQ(*store->boot_log(second.id), second.content);
  }
  EXPECT_GT(row(first.id).size(), first.content.size());
  EXPECT_LT(row(second.id).size(), second.content.size() / 10);
  EXPECT_LT(row(model_log(3).id).size(), second.content.size() / 10);
  EXPECT_EQ(*open()->boot_log(model_log(3).id), model_log(3).content);
}

TEST_F(BootLogRowsTest, AreTheSameIfTheLogWasToldBeforeItCame) {
  const BootLogRecord whole = model_log(1);
  BootLogRecord told = model_log(2);
  std::string as_told;
  {
    const auto store = open();
    EXPECT_EQ(store->tell(told.content), nullptr);
    ASSERT_TRUE(commit(*store, {whole}));
    told.telling = store->tell(told.content);
    ASSERT_NE(told.telling, nullptr);
    BootLogRecord without = told;
    without.content.clear();  // and the content is not looked at
    without.content.resize(told.content.size());
    ASSERT_TRUE(commit(*store, {without}));
    EXPECT_EQ(*store->boot_log(told.id), told.content);
  }
  as_told = row(told.id);
  std::filesystem::remove_all(path_);
  told.telling = nullptr;
  ASSERT_TRUE(commit(*open(), {whole, told}));
  EXPECT_EQ(row(told.id), as_told);
}

TEST_F(BootLogRowsTest, AreToldAnewIfWhatTheyWereToldByIsGone) {
  const BootLogRecord whole = model_log(1);
  BootLogRecord told = model_log(2);
  {
    const auto before = open();
    ASSERT_TRUE(commit(*before, {whole}));
    told.telling = before->tell(told.content);
    ASSERT_NE(told.telling, nullptr);
  }
  std::filesystem::remove_all(path_);
  const auto store = open();
  ASSERT_TRUE(commit(*store, {told, model_log(3)}));
  EXPECT_EQ(*store->boot_log(told.id), told.content);
  EXPECT_EQ(*store->boot_log(model_log(3).id), model_log(3).content);
}

TEST_F(BootLogRowsTest, DoNotLeanOnALogWhoseCommitFailed) {
  const auto file_system = std::make_shared<testing::FaultyFileSystem>();
  Result<std::unique_ptr<RocksStore>> store =
      RocksStore::open({.path = path_, .file_system = file_system});
  ASSERT_TRUE(store);
  file_system->set(testing::Fault::kSync);
  ASSERT_FALSE(commit(**store, {model_log(1)}));
  file_system->set(testing::Fault::kNone);
  ASSERT_TRUE(commit(**store, {model_log(2)}));
  EXPECT_FALSE((*store)->boot_log(model_log(1).id));
  const Result<Bytes> log = (*store)->boot_log(model_log(2).id);
  ASSERT_TRUE(log) << log.error().to_string();
  EXPECT_EQ(*log, model_log(2).content);
}

// After a restart nothing is on the shelf: the log of another host comes first, and this one could
// be told by it, although others lean on the whole one that is there.
TEST_F(BootLogRowsTest, AWholeLogThatComesAgainStaysWholeForThoseThatLeanOnIt) {
  const BootLogRecord first = model_log(1);
  const BootLogRecord leaning = model_log(2);
  ASSERT_TRUE(commit(*open(), {first, leaning}));
  const std::string whole = row(first.id);
  {
    const auto store = open();
    ASSERT_TRUE(commit(*store, {model_log(3)}));
    ASSERT_TRUE(commit(*store, {first}));
    const Result<Bytes> log = store->boot_log(leaning.id);
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_EQ(*log, leaning.content);
    EXPECT_EQ(*store->boot_log(first.id), first.content);
    EXPECT_TRUE(store->check()->problems.empty());
  }
  EXPECT_EQ(row(first.id), whole);
}

TEST_F(BootLogRowsTest, ALogThatComesAgainHealsTheRowThatWasDamaged) {
  const BootLogRecord first = model_log(1);
  const BootLogRecord leaning = model_log(2);
  ASSERT_TRUE(commit(*open(), {first, leaning}));
  const std::string whole = row(first.id);
  put_row(first.id, whole.substr(0, whole.size() / 2));
  ASSERT_FALSE(open()->boot_log(leaning.id));
  {
    const auto store = open();
    ASSERT_TRUE(commit(*store, {model_log(3), first}));
    EXPECT_EQ(*store->boot_log(first.id), first.content);
    EXPECT_EQ(*store->boot_log(leaning.id), leaning.content);
  }
}

TEST_F(BootLogRowsTest, NameTheLogThatCannotBeToldAnyMore) {
  {
    const auto store = open();
    ASSERT_TRUE(commit(*store, {model_log(1), model_log(2)}));
  }
  const std::string leaning = row(model_log(2).id);
  const std::string whole = row(model_log(1).id);
  const auto error_of_second = [&] {
    const Result<Bytes> log = open()->boot_log(model_log(2).id);
    EXPECT_FALSE(log);
    return log ? Error{} : log.error();
  };
  // A base that is told by another one itself, that is damaged, and a row that is cut.
  put_row(model_log(1).id, leaning);
  EXPECT_EQ(error_of_second().code, ErrorCode::kStorage);
  put_row(model_log(1).id, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(error_of_second().code, ErrorCode::kStorage);
  EXPECT_NE(error_of_second().to_string().find(model_log(2).id.hex()), std::string::npos);
  put_row(model_log(1).id, whole);
  for (const std::size_t size : {1U, 20U, 37U, 60U}) {
    put_row(model_log(2).id, leaning.substr(0, size));
    EXPECT_EQ(error_of_second().code, ErrorCode::kStorage) << size;
  }
  put_row(model_log(2).id, leaning);
  EXPECT_EQ(*open()->boot_log(model_log(2).id), model_log(2).content);
}

// Rows of version 2 are from before secrets were dropped.
TEST_F(BootLogRowsTest, LoseSecretsOfLogsThatWereWrittenAsSent) {
  const Bytes content = to_bytes(as_bytes("no log at all, password=hunter2 behind its break"));
  const Digest id = hash(HashAlgorithm::kSha256, as_bytes("evidence"));
  ASSERT_TRUE(commit(*open(), {{id, content}}));
  EXPECT_EQ(*open()->boot_log(id), content) << "whoever commits it has dropped what is to be";
  std::string as_sent = row(id);
  as_sent[0] = static_cast<char>(kSentBootLogRecordVersion);
  put_row(id, as_sent);
  EXPECT_EQ(as_text(*open()->boot_log(id)), "no log at all, password=!!!!!!! behind its break");
}

TEST_F(BootLogRowsTest, TakeLogsOfEverySize) {
  const auto store = open();
  std::uint8_t number = 0;
  for (const std::size_t size : {std::size_t{1}, std::size_t{15}, std::size_t{300},
                                 limits::kShelfLogSizeMax, limits::kShelfLogSizeMax + 1}) {
    const Bytes content(size, 9);
    for (int again = 0; again < 2; ++again) {
      const Digest id = hash(HashAlgorithm::kSha256, Bytes(3, ++number));
      ASSERT_TRUE(commit(*store, {{id, content}}));
      EXPECT_EQ(*store->boot_log(id), content);
    }
  }
}

TEST_F(BootLogRowsTest, ForgetImagesThatWereNotSeenForLong) {
  const auto store = open();
  ASSERT_TRUE(commit(*store, {model_log(1)}));
  for (std::size_t image = 0; image <= limits::kShelfLogs; ++image) {
    Bytes content(5'000);
    for (std::size_t at = 0; at < content.size(); ++at) {
      content[at] = static_cast<std::uint8_t>((at * at * 31 + image * 77 * at) >> 3);
    }
    const Digest id = hash(HashAlgorithm::kSha256, content);
    ASSERT_TRUE(commit(*store, {{id, content}}));
    EXPECT_EQ(*store->boot_log(id), content);
  }
  ASSERT_TRUE(commit(*store, {model_log(2)}));
  EXPECT_EQ(*store->boot_log(model_log(1).id), model_log(1).content);
  EXPECT_EQ(*store->boot_log(model_log(2).id), model_log(2).content);
}

}  // namespace
}  // namespace quotemill::storage
