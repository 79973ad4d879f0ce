// A process that commits is killed at a random moment: what it acknowledged is there afterwards.
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kReaffirmed = 2;
constexpr std::uint8_t kSlow = 3;

struct Acknowledged {
  std::uint64_t reaffirmed = 0;
  std::uint64_t change = 0;
};

// The last line of the writer's output; one that was cut is not an acknowledgement.
Acknowledged last_acknowledged(const std::string& output) {
  const std::size_t end = output.rfind('\n');
  if (end == std::string::npos) {
    return {};
  }
  const std::size_t change = output.find_last_of(' ', end);
  const std::size_t reaffirmed = output.find_last_of(' ', change - 1);
  return {std::stoull(output.substr(reaffirmed + 1, change - reaffirmed - 1)),
          std::stoull(output.substr(change + 1, end - change - 1))};
}

// What the journal had of the host is there, receipt and all, and its history without a gap.
void expect_reaffirmed(const RocksStore& store, std::uint8_t host, std::uint64_t acknowledged) {
  std::optional<HostState> state;
  ASSERT_TRUE(
      store.for_each_host([&](const HostRecord& record, const std::optional<HostState>& one) {
        if (record.uid == sample_uid(host)) {
          state = one;
        }
      }));
  if (!state) {
    EXPECT_EQ(acknowledged, 0U);
    return;
  }
  EXPECT_GE(state->sequence, acknowledged);
  EXPECT_EQ(encode_state(*state), encode_state(sample_trusted_state(host, state->sequence)));
  const auto history = store.history(sample_uid(host), 0, 100'000);
  ASSERT_TRUE(history) << history.error().to_string();
  std::uint64_t next = state->sequence;
  for (const HistoryEntry& entry : *history) {
    ASSERT_EQ(entry.sequence, next);
    EXPECT_EQ(entry.evidence_item, sample_trusted_appraisal(host, entry.sequence).evidence_item);
    next = entry.first_sequence() - 1;
  }
  EXPECT_EQ(next, 0U);
}

void expect_contiguous(const RocksStore& store, std::uint64_t last) {
  const auto changes = store.changes(1, last + 10);
  ASSERT_TRUE(changes) << changes.error().to_string();
  ASSERT_EQ(changes->size(), last);
  for (std::size_t i = 0; i < changes->size(); ++i) {
    ASSERT_EQ((*changes)[i].sequence, i + 1);
  }
}

// At a random moment, which in every other round is one after it acknowledged something: on a busy
// machine it may else never come to that.
void let_run(const Process& writer, int round, std::mt19937& random) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (round % 2 == 1 && writer.output().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 400));
}

TEST(Crash, LosesNothingThatWasAcknowledged) {
  const TempFolder folder;
  const std::string path = folder / "store";
  std::mt19937 random(20261124);
  Acknowledged acknowledged;
  for (int round = 0; round < 12; ++round) {
    Process writer({.arguments = {STORAGE_CRASH_WRITER, path}});
    let_run(writer, round, random);
    writer.kill();
    const std::string output = writer.output();
    ASSERT_TRUE(output.empty() || output.rfind("acknowledged", 0) == 0) << output;
    const Acknowledged told = last_acknowledged(output);
    acknowledged = told.change != 0 ? told : acknowledged;

    const auto store = RocksStore::open({.path = path});
    ASSERT_TRUE(store) << store.error().to_string();
    const std::uint64_t last = (*store)->status()->last_change;
    EXPECT_GE(last, acknowledged.change) << "round " << round;
    expect_contiguous(**store, last);
    expect_reaffirmed(**store, kReaffirmed, acknowledged.reaffirmed);
    expect_reaffirmed(**store, kSlow, 0);
    std::uint64_t counted = 0;
    ASSERT_TRUE(
        (*store)->for_each_host([&](const HostRecord& host, const std::optional<HostState>& state) {
          counted = host.uid == sample_uid(1) && state ? state->host_changes : counted;
        }));
    EXPECT_EQ(counted, last) << "a commit is there in part";
    const auto newest = (*store)->history(sample_uid(1), 0, 1);
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->empty() ? 0 : newest->front().sequence, last);
  }
  EXPECT_GT(acknowledged.change, 20U) << "the writer hardly ran: nothing was tested";
}

}  // namespace
}  // namespace quotemill::storage
