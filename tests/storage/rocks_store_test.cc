#include "storage/rocks_store.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/database.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

class RocksStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open(std::shared_ptr<rocksdb::FileSystem> file_system = nullptr) {
    Result<std::unique_ptr<RocksStore>> store =
        RocksStore::open({.path = path(), .file_system = std::move(file_system)});
    EXPECT_TRUE(store) << store.error().to_string();
    return store ? *std::move(store) : nullptr;
  }

  [[nodiscard]] Error refusal() const {
    const Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.path = path()});
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }

  [[nodiscard]] std::string path() const { return folder_ / "store"; }

  // The one write-ahead log of a closed store.
  [[nodiscard]] std::filesystem::path wal() const {
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        return entry.path();
      }
    }
    ADD_FAILURE() << "no write-ahead log";
    return {};
  }

  void put_raw(Family family, std::string_view key, std::string_view value) {
    Result<std::unique_ptr<Database>> database = Database::open({path(), 1 << 20, nullptr});
    ASSERT_TRUE(database) << database.error().to_string();
    rocksdb::WriteBatch batch;
    batch.Put((*database)->handle(family), rocksdb::Slice(key), rocksdb::Slice(value));
    ASSERT_TRUE((*database)->write(batch).ok());
  }

  TempFolder folder_;
};

TEST_F(RocksStoreTest, KeepsEverythingAcrossReopening) {
  std::string stream;
  {
    const auto store = open();
    CommitBatch batch = change_batch(1, 1);
    batch.hosts = {std::make_shared<const HostRecord>(sample_host(1))};
    batch.history = {sample_appraisal(1, 1, true), sample_appraisal(1, 2, false)};
    batch.boot_logs = {sample_boot_log(100'000, 7)};
    ASSERT_TRUE(store->commit(batch));
    ASSERT_TRUE(
        store->keep_image_times(std::vector<ImageTime>{{sample_boot_log(100'000, 7).id, {1'234}}}));
    stream = store->status()->stream_id;
  }
  const auto store = open();
  EXPECT_THAT(*store->image_times(),
              ::testing::ElementsAre(ImageTime{sample_boot_log(100'000, 7).id, {1'234}}));
  EXPECT_EQ(store->status()->stream_id, stream);
  EXPECT_EQ(store->status()->last_change, 1U);
  EXPECT_EQ(store->history(sample_uid(1), 0, 10)->size(), 2U);
  EXPECT_EQ(store->boot_log(sample_boot_log(100'000, 7).id)->size(), 100'000U);
  EXPECT_GT(store->status()->bytes, 0U);
  const std::vector<StoreFigure> figures = store->status()->figures;
  const auto stopped = std::find_if(figures.begin(), figures.end(), [](const StoreFigure& figure) {
    return figure.name == "is_write_stopped";
  });
  ASSERT_NE(stopped, figures.end());
  EXPECT_EQ(stopped->value, 0U);
  EXPECT_FALSE(store->commit(change_batch(1, 1)));
  EXPECT_TRUE(store->commit(change_batch(2, 1)));
}

// All families have one cache: a figure of it is not the sum over them.
TEST_F(RocksStoreTest, TellsWhatItsCacheHoldsOnce) {
  const std::string value(300'000, 'x');
  put_raw(Family::kBlobs, "key", value);
  const Result<std::unique_ptr<Database>> database = Database::open({path(), 1 << 20, nullptr});
  ASSERT_TRUE(database) << database.error().to_string();
  ASSERT_TRUE((*database)->get(Family::kBlobs, "key"));
  const std::vector<StoreFigure> figures = (*database)->figures();
  const auto held = std::find_if(figures.begin(), figures.end(), [](const StoreFigure& figure) {
    return figure.name == "block_cache_usage";
  });
  ASSERT_NE(held, figures.end());
  EXPECT_GT(held->value, value.size());
  EXPECT_LT(held->value, 2 * value.size());
}

TEST_F(RocksStoreTest, KeepsTheLastEvidenceWithPcrValues) {
  const auto store = open();
  EXPECT_EQ(store->full_evidence(sample_uid(1)).error().code, ErrorCode::kNotFound);
  CommitBatch batch;
  batch.history = {sample_appraisal(1, 1, true), sample_appraisal(1, 2, false)};
  ASSERT_TRUE(store->commit(batch));
  ASSERT_TRUE(store->full_evidence(sample_uid(1)));
  EXPECT_EQ(store->full_evidence(sample_uid(1))->sequence, 1U);
}

TEST_F(RocksStoreTest, IsReadableByItsOwnerAlone) {
  open();
  EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(RocksStoreTest, IsOpenedByOneAlone) {
  const auto store = open();
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kBusy);
  EXPECT_NE(error.to_string().find("in use by another process"), std::string::npos)
      << error.to_string();
}

TEST_F(RocksStoreTest, Cve2025_1057_RefusesAStoreOfAFutureFormat) {
  open();
  put_raw(Family::kMeta, kFormatKey, encode_plain(encode_number(kFormatVersion + 1)));
  const auto before = std::filesystem::last_write_time(path() + "/CURRENT");
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.to_string().find("has format 4, written by a newer Quotemill"), std::string::npos)
      << error.to_string();
  EXPECT_EQ(std::filesystem::last_write_time(path() + "/CURRENT"), before) << "was written to";
}

TEST_F(RocksStoreTest, Cve2025_1057_NamesARecordOfAFutureVersion) {
  open();
  std::string host = encode_host(sample_host(1));
  host[0] = 2;
  put_raw(Family::kHosts, host_key(sample_uid(1)), host);
  const auto store = open();  // the store opens: only what needs the record fails
  const Result<void> read = store->for_each_host([](const auto&, const auto&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(read.error().to_string().find("record version 2"), std::string::npos)
      << read.error().to_string();
  EXPECT_TRUE(store->changes(0, 10));
}

TEST_F(RocksStoreTest, Cve2025_1057_ReadsPastAColumnFamilyItDoesNotKnow) {
  open();
  {
    rocksdb::DB* opened = nullptr;
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) {
      descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open({}, path(), descriptors, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "of_the_future", &added).ok());
    handles.push_back(added);
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      db->DestroyColumnFamilyHandle(handle);
    }
  }
  EXPECT_TRUE(open()->commit(change_batch(1, 1)));
}

TEST_F(RocksStoreTest, RefusesADatabaseThatIsNotOurs) {
  rocksdb::DB* opened = nullptr;
  rocksdb::Options options;
  options.create_if_missing = true;
  ASSERT_TRUE(rocksdb::DB::Open(options, path(), &opened).ok());
  {
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::ColumnFamilyHandle* theirs = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "theirs", &theirs).ok());
    db->DestroyColumnFamilyHandle(theirs);
  }
  EXPECT_EQ(refusal().code, ErrorCode::kConfig);
}

TEST_F(RocksStoreTest, TakesALogThatEndsWithinARecord) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(change_batch(1, 1)));
    ASSERT_TRUE(store->commit(change_batch(2, 1)));
  }
  std::filesystem::resize_file(wal(), std::filesystem::file_size(wal()) - 20);
  const auto store = open();
  EXPECT_EQ(store->status()->last_change, 1U);
  EXPECT_TRUE(store->commit(change_batch(2, 1)));
}

TEST_F(RocksStoreTest, RefusesALogThatIsDamagedInTheMiddle) {
  {
    const auto store = open();
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
      ASSERT_TRUE(store->commit(change_batch(sequence, 1)));
    }
  }
  Bytes bytes = read_file(wal());
  bytes[bytes.size() / 2] ^= 0x40;
  write_file(wal(), bytes);
  const Error error = refusal();
  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_NE(error.to_string().find("is damaged, and nothing behind the damage can be trusted"),
            std::string::npos)
      << error.to_string();
}

// Records of the log: what RocksDB puts before each (checksum, length, type), its body, and its
// last byte; at the beginning, in the middle and at the end of the log. What is behind the damage
// is never taken for all there was, unless the damage is the unfinished end itself.
TEST_F(RocksStoreTest, ALogDamagedAnywhereIsRefusedOrEndsAtAWholeCommit) {
  constexpr std::uint64_t kCommits = 20;
  constexpr std::size_t kHeader = 7;
  {
    const auto store = open();
    for (std::uint64_t sequence = 1; sequence <= kCommits; ++sequence) {
      ASSERT_TRUE(store->commit(change_batch(sequence, 1)));
    }
  }
  const std::filesystem::path log = wal();
  const Bytes whole = read_file(log);
  std::vector<std::pair<std::size_t, std::size_t>> records;  // where, and how long
  for (std::size_t at = 0; at + kHeader < whole.size();) {
    const std::size_t size = whole[at + 4] + std::size_t{whole[at + 5]} * 256;
    records.emplace_back(at, kHeader + size);
    at += kHeader + size;
  }
  ASSERT_GE(records.size(), kCommits);
  for (const std::size_t index : {std::size_t{1}, records.size() / 2, records.size() - 1}) {
    const auto [at, size] = records.at(index);
    const std::array<std::pair<const char*, std::size_t>, 5> places = {{{"checksum", at},
                                                                        {"length", at + 4},
                                                                        {"type", at + 6},
                                                                        {"body", at + size / 2},
                                                                        {"tail", at + size - 1}}};
    for (const auto& [what, offset] : places) {
      Bytes damaged = whole;
      damaged.at(offset) ^= 0x40;
      const std::string copy = folder_ / "damaged";
      std::filesystem::remove_all(copy);
      std::filesystem::copy(path(), copy);
      std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
      write_file(std::filesystem::path(copy) / log.filename(), damaged);
      const auto store = RocksStore::open({.path = copy});
      if (!store) {
        EXPECT_EQ(store.error().code, ErrorCode::kStorage) << what << " of " << index;
        continue;
      }
      const std::uint64_t last = (*store)->status()->last_change;
      EXPECT_EQ(index, records.size() - 1) << what << ": silently gone behind record " << index;
      EXPECT_GE(last, kCommits - 1) << what << " of " << index;
      EXPECT_EQ((*store)->changes(1, 100)->size(), last) << what << " of " << index;
    }
  }
}

TEST_F(RocksStoreTest, ReadsTheBootLogsOfFormat1AndNoticesOneThatIsNoLongerItself) {
  open();
  const std::string content = "a log of long ago";
  const Digest id = hash(HashAlgorithm::kSha256, as_bytes(content));
  put_raw(Family::kBlobs, digest_key(id), encode_plain(content));
  EXPECT_EQ(as_text(*open()->boot_log(id)), content);
  put_raw(Family::kBlobs, digest_key(id), encode_plain("something else"));
  const Result<Bytes> log = open()->boot_log(id);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::kStorage);
}

TEST_F(RocksStoreTest, GoesOnAfterACommitThatReachedNothing) {
  const auto file_system = std::make_shared<FaultyFileSystem>();
  const auto store = open(file_system);
  ASSERT_TRUE(store->commit(change_batch(1, 1)));
  file_system->set(Fault::kAppend);
  EXPECT_FALSE(store->commit(change_batch(2, 1)));
  EXPECT_FALSE(store->commit(change_batch(2, 1)));
  file_system->set(Fault::kNone);
  const Result<void> again = store->commit(change_batch(2, 1));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(store->status()->last_change, 2U);
}

// fsync failed, the bytes are there all the same: a plain reopening would bring them back.
TEST_F(RocksStoreTest, TakesBackAFailedCommitThatLanded) {
  const auto file_system = std::make_shared<FaultyFileSystem>();
  const auto store = open(file_system);
  CommitBatch first = change_batch(1, 1);
  first.states = {std::make_shared<const HostState>(sample_state(1, 1))};
  first.hosts = {std::make_shared<const HostRecord>(sample_host(1))};
  ASSERT_TRUE(store->commit(first));

  CommitBatch failed = change_batch(2, 1);
  failed.changes.push_back(sample_change(3, 1));
  failed.states = {std::make_shared<const HostState>(sample_state(1, 2))};
  failed.hosts = {std::make_shared<const HostRecord>(sample_host(2))};
  failed.history = {sample_appraisal(1, 2, true)};
  file_system->set(Fault::kSync);
  EXPECT_FALSE(store->commit(failed));
  EXPECT_EQ(store->status()->last_change, 1U);
  file_system->set(Fault::kNone);

  const Result<void> next = store->commit(change_batch(2, 5));
  ASSERT_TRUE(next) << next.error().to_string();
  EXPECT_EQ(store->status()->last_change, 2U);
  EXPECT_EQ(store->changes(2, 9)->front().host, sample_uid(5));
  EXPECT_TRUE(store->history(sample_uid(1), 0, 10)->empty());
  std::vector<std::uint64_t> sequences;
  ASSERT_TRUE(store->for_each_host([&](const HostRecord&, const std::optional<HostState>& state) {
    sequences.push_back(state ? state->sequence : 0);
  }));
  EXPECT_EQ(sequences, std::vector<std::uint64_t>{1});
}

}  // namespace
}  // namespace quotemill::storage
