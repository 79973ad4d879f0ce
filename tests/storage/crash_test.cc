// A process that commits is killed at a random moment: what it acknowledged is there afterwards.
#include <algorithm>
#include <filesystem>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/older_store.h"
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
  // A writer that runs for long has more than is kept.
  const std::uint64_t kept = StoreOptions().appraisals_per_host;
  EXPECT_LE(next, state->sequence - std::min(state->sequence, kept));
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

// How the writer is started, and what a round finds when it was killed.
class CrashTest : public ::testing::Test {
 protected:
  // What it does beside committing; how often it is killed; whether all of the history stays.
  void kill_often(const std::string& beside, int rounds, bool keeps_all) {
    for (int round = 0; round < rounds; ++round) {
      Command command{.arguments = {STORAGE_CRASH_WRITER, path_}};
      if (!beside.empty()) {
        command.arguments.push_back(beside);
      }
      Process writer(command);
      let_run(writer, round, random_);
      if (beside == "backup") {
        await_a_copy();
      }
      writer.kill();
      const std::string output = writer.output();
      ASSERT_TRUE(output.empty() || output.rfind("acknowledged", 0) == 0) << output;
      const Acknowledged told = last_acknowledged(output);
      acknowledged_ = told.change != 0 ? told : acknowledged_;
      look(round, keeps_all);
      if (HasFatalFailure()) {
        return;
      }
    }
    EXPECT_GT(acknowledged_.change, 20U) << "the writer hardly ran: nothing was tested";
  }

  // Then the kill meets the next one, somewhere in it.
  void await_a_copy() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!std::filesystem::exists(path_ + ".copy-1") &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 300));
  }

  void look(int round, bool keeps_all) {
    const auto store = RocksStore::open({.path = path_});
    ASSERT_TRUE(store) << store.error().to_string();
    const std::uint64_t last = (*store)->status()->last_change;
    EXPECT_GE(last, acknowledged_.change) << "round " << round;
    expect_contiguous(**store, last);
    if (keeps_all) {
      expect_reaffirmed(**store, kReaffirmed, acknowledged_.reaffirmed);
      expect_reaffirmed(**store, kSlow, 0);
    }
    std::uint64_t counted = 0;
    ASSERT_TRUE(
        (*store)->for_each_host([&](const HostRecord& host, const std::optional<HostState>& state) {
          counted = host.uid == sample_uid(1) && state ? state->host_changes : counted;
        }));
    EXPECT_EQ(counted, last) << "a commit is there in part";
    const auto newest = (*store)->history(sample_uid(1), 0, 1);
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->empty() ? 0 : newest->front().sequence, last)
        << "the last one is never dropped";
    const Result<StoreReport> report = (*store)->check();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems_found, 0U) << report->problems.front();
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "store";
  std::mt19937 random_{20261124};
  Acknowledged acknowledged_;
};

TEST_F(CrashTest, LosesNothingThatWasAcknowledged) {
  kill_often("", 12, true);
}

TEST_F(CrashTest, LosesNothingWhenKilledWhileCompacting) {
  kill_often("compact", 8, false);
}

TEST_F(CrashTest, LosesNothingWhenKilledWhileFolding) {
  kill_often("fold", 8, true);
}

// Opening a store of the format before moves certificates; killed in the middle of it, the next one
// goes on.
TEST_F(CrashTest, LosesNoCertificateWhenKilledWhileMovingThem) {
  std::vector<OlderHost> hosts;
  for (std::uint32_t number = 0; number < 20'000; ++number) {
    OlderHost host{sample_host(1), Bytes(1'200, static_cast<std::uint8_t>(number)), {}};
    host.record.ek_certificate.reset();
    const Digest id = hash(HashAlgorithm::kSha256, as_bytes("host " + std::to_string(number)));
    host.record.uid = *HostUid::from(id.view().first(16));
    hosts.push_back(std::move(host));
  }
  write_older_store(path_, 2, hosts);
  int kills = 0;
  for (int round = 0; round < 60 && move_progress(path_).unmoved != 0; ++round) {
    Process writer({.arguments = {STORAGE_CRASH_WRITER, path_}});
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 15 * round));
    writer.kill();
    const MoveProgress now = move_progress(path_);
    kills += now.moved != 0 && now.unmoved != 0 ? 1 : 0;
    EXPECT_TRUE(now.unmoved == 0 || now.is_marked);
  }
  EXPECT_GT(kills, 0) << "none met the move: nothing was tested";
  const auto store = RocksStore::open({.path = path_});
  ASSERT_TRUE(store) << store.error().to_string();
  for (const OlderHost& host : hosts) {
    const auto der = (*store)->ek_certificate(host.record.uid,
                                              hash(HashAlgorithm::kSha256, host.ek_certificate));
    ASSERT_TRUE(der) << der.error().to_string();
    ASSERT_EQ(*der, host.ek_certificate);
  }
  EXPECT_EQ((*store)->check()->problems_found, 0U);
}

// A copy is there as a whole, on another stream, or not at all.
TEST_F(CrashTest, LeavesNoHalfOfABackupWhenKilledWhileBackingUp) {
  std::size_t copies = 0;
  for (int round = 0; round < 8; ++round) {
    kill_often("backup", 1, true);
    const std::string stream = (*RocksStore::open({.path = path_}))->status()->stream_id;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("store.copy-") && name.find(".partial") == std::string::npos) {
        const auto copy = RocksStore::open({.path = entry.path().string()});
        ASSERT_TRUE(copy) << name << ": " << copy.error().to_string();
        EXPECT_NE((*copy)->status()->stream_id, stream) << name;
        EXPECT_EQ((*copy)->check()->problems_found, 0U) << name;
        expect_contiguous(**copy, (*copy)->status()->last_change);
        ++copies;
      }
      if (name != "store") {
        std::filesystem::remove_all(entry.path());
      }
    }
  }
  EXPECT_GT(copies, 2U) << "hardly a backup was made: nothing was tested";
}

}  // namespace
}  // namespace quotemill::storage
