#include "storage/log_shelf.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill::storage {
namespace {

Bytes log_of(std::uint64_t host) {
  bench::MeasuredBootModel model;
  model.host_seed = host;
  return bench::write_boot_log(model);
}

Digest id_of(std::uint64_t number) {
  return hash(HashAlgorithm::kSha256, as_bytes(std::to_string(number)));
}

Bytes told_back(const LogTelling& telling, ByteView base, std::size_t size) {
  const Result<Bytes> log = read_delta(base, telling.steps, size);
  EXPECT_TRUE(log) << (log ? "" : log.error().to_string());
  return log ? *log : Bytes();
}

TEST(LogShelf, TellsALogByOneOfTheSameImage) {
  LogShelf shelf;
  EXPECT_EQ(shelf.tell(log_of(2)), nullptr) << "nothing is here";
  shelf.add(id_of(1), log_of(1));
  const auto telling = shelf.tell(log_of(2));
  ASSERT_NE(telling, nullptr);
  EXPECT_EQ(telling->base, id_of(1));
  EXPECT_LT(telling->steps.size(), log_of(2).size() / 10);
  EXPECT_EQ(told_back(*telling, log_of(1), log_of(2).size()), log_of(2));
  EXPECT_EQ(shelf.tell(Bytes(20'000, 7)), nullptr) << "like none";
}

TEST(LogShelf, UsesWhatIsThere) {
  LogShelf shelf;
  shelf.add(id_of(1), log_of(1));
  const auto telling = shelf.tell(log_of(2));
  ASSERT_NE(telling, nullptr);
  EXPECT_TRUE(shelf.use(*telling));
  EXPECT_TRUE(shelf.use(id_of(1)));
  EXPECT_FALSE(shelf.use(id_of(2)));
  shelf.forget(id_of(1));
  EXPECT_FALSE(shelf.use(*telling));
  EXPECT_FALSE(shelf.use(id_of(1)));
}

// Its commit failed, and the host sent another log with the same evidence: what was told by the
// first one cannot be read back by the second.
TEST(LogShelf, DoesNotTakeAnotherLogOfTheSameIdForTheOneThatWasToldBy) {
  LogShelf shelf;
  shelf.add(id_of(1), log_of(1));
  const auto telling = shelf.tell(log_of(2));
  ASSERT_NE(telling, nullptr);
  shelf.forget_all();
  Bytes other = log_of(1);
  other.insert(other.begin() + 1'000, 3, 0);
  shelf.add(id_of(1), other);
  EXPECT_TRUE(shelf.use(id_of(1)));
  EXPECT_FALSE(shelf.use(*telling));
}

TEST(LogShelf, KeepsThoseThatAreUsed) {
  LogShelf shelf;
  shelf.add(id_of(0), log_of(0));
  shelf.add(id_of(1), log_of(1));
  for (std::uint64_t number = 2; number <= limits::kShelfLogs; ++number) {
    ASSERT_TRUE(shelf.use(id_of(0)));
    shelf.add(id_of(number), log_of(number));
  }
  EXPECT_TRUE(shelf.use(id_of(0)));
  EXPECT_FALSE(shelf.use(id_of(1))) << "the one that was not used for longest";
}

// A stress test, for the thread sanitizer: each telling is right, or useless and known to be.
TEST(LogShelf, IsAskedByManyWhileItChanges) {
  const Bytes base = log_of(1);
  const Bytes log = log_of(2);
  LogShelf shelf;
  std::atomic<bool> ended = false;
  std::atomic<int> told = 0;
  std::vector<std::jthread> workers;
  for (int worker = 0; worker < 3; ++worker) {
    workers.emplace_back([&] {
      while (!ended) {
        if (const auto telling = shelf.tell(log)) {
          EXPECT_EQ(told_back(*telling, base, log.size()), log);
          ++told;
        }
      }
    });
  }
  for (std::uint64_t round = 0; round < 300 || (told < 10 && round < 100'000); ++round) {
    shelf.add(id_of(round), base);
    shelf.use(id_of(round / 2));
    if (round % 7 == 0) {
      shelf.forget_all();
    }
  }
  ended = true;
  workers.clear();
  EXPECT_GE(told, 10);
}

}  // namespace
}  // namespace quotemill::storage
