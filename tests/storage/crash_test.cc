// A process that commits is killed at a random moment: what it acknowledged is there afterwards.
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

// The last number of the writer's output; a line that was cut is not an acknowledgement.
std::uint64_t last_acknowledged(const std::string& output) {
  const std::size_t end = output.rfind('\n');
  if (end == std::string::npos) {
    return 0;
  }
  const std::size_t begin = output.find_last_of(' ', end);
  return std::stoull(output.substr(begin + 1, end - begin - 1));
}

void expect_contiguous(const RocksStore& store, std::uint64_t last) {
  const auto changes = store.changes(1, last + 10);
  ASSERT_TRUE(changes) << changes.error().to_string();
  ASSERT_EQ(changes->size(), last);
  for (std::size_t i = 0; i < changes->size(); ++i) {
    ASSERT_EQ((*changes)[i].sequence, i + 1);
  }
}

TEST(Crash, LosesNothingThatWasAcknowledged) {
  const TempFolder folder;
  const std::string path = folder / "store";
  std::mt19937 random(20261124);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    Process writer({.arguments = {STORAGE_CRASH_WRITER, path}});
    std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 400));
    writer.kill();
    const std::string output = writer.output();
    ASSERT_TRUE(output.empty() || output.rfind("acknowledged", 0) == 0) << output;
    acknowledged = std::max(acknowledged, last_acknowledged(output));

    const auto store = RocksStore::open({.path = path});
    ASSERT_TRUE(store) << store.error().to_string();
    const std::uint64_t last = (*store)->status()->last_change;
    EXPECT_GE(last, acknowledged) << "round " << round;
    expect_contiguous(**store, last);
    std::uint64_t counted = 0;
    ASSERT_TRUE(
        (*store)->for_each_host([&](const HostRecord&, const std::optional<HostState>& state) {
          counted = state ? state->host_changes : 0;
        }));
    EXPECT_EQ(counted, last) << "a commit is there in part";
    const auto newest = (*store)->history(sample_uid(1), 0, 1);
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->empty() ? 0 : newest->front().sequence, last);
  }
  EXPECT_GT(acknowledged, 20U) << "the writer hardly ran: nothing was tested";
}

}  // namespace
}  // namespace quotemill::storage
