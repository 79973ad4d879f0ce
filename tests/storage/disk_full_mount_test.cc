// A disk that is really full: a small file system of its own, filled by the store itself and by
// somebody else.
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kMebibyte = 1024 * 1024;

// A file system in memory of 128 MiB, as long as it lives.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directory(folder_);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=128m,mode=0700") != 0) {
      refusal_ = std::strerror(errno);
    }
  }

  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  ~SmallDisk() {
    if (refusal_.empty()) {
      ::umount2(folder_.c_str(), MNT_DETACH);
    }
  }

  // Why there is none; empty if there is.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  [[nodiscard]] std::string ballast() const { return folder_ + "/ballast"; }

  // Leaves so much, by a file that is not the store's.
  void fill_up_to(std::uint64_t left) const {
    std::ofstream file(ballast(), std::ios::binary | std::ios::app);
    const std::string block(64 * 1024, 'x');
    while (file && std::filesystem::space(folder_).available > left + block.size()) {
      file << block << std::flush;
    }
  }

 private:
  std::string folder_;
  std::string refusal_;
};

class DiskFullMountTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.refusal().empty()) {
      GTEST_SKIP() << "no small disk to fill: mount says " << disk_.refusal()
                   << " (the test needs CAP_SYS_ADMIN)";
    }
  }

  std::unique_ptr<RocksStore> open(std::uint64_t reserve_bytes) {
    StoreOptions options;
    options.path = folder_ / "disk/store";
    options.cache_bytes = 1 << 20;
    options.reserve_bytes = reserve_bytes;
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open(options);
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  // One edge with a log that no other one resembles.
  static CommitBatch big_batch(std::uint64_t sequence) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.changes = {sample_change(sequence, 1)};
    BootLogRecord log = sample_boot_log(200'000, static_cast<std::uint8_t>(sequence));
    std::uint64_t noise = sequence * 0x9E3779B97F4A7C15ULL + 1;
    for (std::uint8_t& byte : log.content) {
      noise ^= noise << 13U;
      noise ^= noise >> 7U;
      noise ^= noise << 17U;
      byte = static_cast<std::uint8_t>(noise);
    }
    batch.boot_logs = {std::move(log)};
    if (sequence == 1) {  // what the samples rest on
      for (const Digest& id : {batch.states.front()->proof->log, batch.history.front().boot_log}) {
        batch.boot_logs.push_back({id, Bytes(1'000, 7)});
      }
    }
    return batch;
  }

  // Commits until one is refused; the last that was not.
  static std::uint64_t commit_until_refused(RocksStore& store, std::uint64_t from) {
    for (std::uint64_t sequence = from; sequence < from + 1'000; ++sequence) {
      const Result<void> done = store.commit(big_batch(sequence));
      if (!done) {
        EXPECT_EQ(done.error().code, ErrorCode::kBusy) << done.error().to_string();
        return sequence - 1;
      }
    }
    ADD_FAILURE() << "the disk does not fill";
    return 0;
  }

  // Once there is room again: RocksDB may still be getting over a flush that had none.
  static Result<void> commit_within_seconds(RocksStore& store, const CommitBatch& batch) {
    Result<void> done = store.commit(batch);
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done && done.error().code == ErrorCode::kBusy &&
           std::chrono::steady_clock::now() < patience) {
      EXPECT_TRUE(store.status()) << "reads go on";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      done = store.commit(batch);
    }
    return done;
  }

  static void expect_all(const RocksStore& store, std::uint64_t last) {
    EXPECT_EQ(store.status()->last_change, last);
    EXPECT_EQ(store.changes(1, last + 10)->size(), last);
    EXPECT_EQ(store.history(sample_uid(1), 0, 1)->front().sequence, last);
  }

  TempFolder folder_;
  SmallDisk disk_{folder_ / "disk"};
};

TEST_F(DiskFullMountTest, IsRefusedAsBusyReadOnAndGoesOnWhenThereIsRoom) {
  const auto store = open(16 * kMebibyte);
  ASSERT_TRUE(store->commit(big_batch(1)));
  disk_.fill_up_to(24 * kMebibyte);
  std::uint64_t last = commit_until_refused(*store, 2);
  ASSERT_GE(last, 2U);
  for (int i = 0; i < 3; ++i) {
    expect_all(*store, last);
    // Refused again; what the store frees by itself meanwhile may have given room to a few.
    last = commit_until_refused(*store, last + 1);
  }
  expect_all(*store, last);
  ASSERT_TRUE(std::filesystem::remove(disk_.ballast()));
  const Result<void> done = commit_within_seconds(*store, big_batch(last + 1));
  ASSERT_TRUE(done) << done.error().to_string();
  expect_all(*store, last + 1);
  EXPECT_EQ(store->check()->problems_found, 0U);
}

// The reserve is there for this; without it the system itself says that there is no space left.
TEST_F(DiskFullMountTest, AWriteThatTheSystemRefusesLosesNothingThatWasAcknowledged) {
  std::uint64_t last = 0;
  {
    const auto store = open(0);
    ASSERT_TRUE(store->commit(big_batch(1)));
    disk_.fill_up_to(2 * kMebibyte);
    last = commit_until_refused(*store, 2);
    EXPECT_EQ(store->commit(big_batch(last + 1)).error().code, ErrorCode::kBusy);
    ASSERT_TRUE(std::filesystem::remove(disk_.ballast()));
    const Result<void> done = commit_within_seconds(*store, big_batch(last + 1));
    ASSERT_TRUE(done) << done.error().to_string();
    expect_all(*store, ++last);
  }
  const auto store = open(0);
  expect_all(*store, last);
  EXPECT_EQ(store->check()->problems_found, 0U);
}

}  // namespace
}  // namespace quotemill::storage
