// The store with a journal: what survives, what is taken back, what older programs wrote.
#include <filesystem>
#include <functional>

#include <gtest/gtest.h>

#include "storage/database.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

class RocksJournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open(const std::string& name = "store",
                                   std::shared_ptr<rocksdb::FileSystem> file_system = nullptr) {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open(
        {.path = folder_ / name, .journal_age_ms_max = age_ms_max_, .file_system = file_system});
    EXPECT_TRUE(store) << store.error().to_string();
    return store ? *std::move(store) : nullptr;
  }

  // What a kill -9 would leave of the open store, opened.
  std::unique_ptr<RocksStore> killed() {
    const std::string name = "killed-" + std::to_string(++kills_);
    std::error_code vanished;  // RocksDB deletes files that it needs no more, when it likes
    do {
      std::filesystem::remove_all(folder_ / name);
      std::filesystem::copy(folder_ / "store", folder_ / name, vanished);
    } while (vanished == std::errc::no_such_file_or_directory);
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
    return open(name);
  }

  static void commit(RocksStore& store, const CommitBatch& batch) {
    const Result<void> done = store.commit(batch);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  static HostState state(const RocksStore& store, std::uint8_t host = 1) {
    HostState out;
    EXPECT_TRUE(
        store.for_each_host([&](const HostRecord& record, const std::optional<HostState>& one) {
          out = record.uid == sample_uid(host) ? one.value_or(HostState()) : out;
        }));
    return out;
  }

  static std::string history(const RocksStore& store, std::uint8_t host = 1) {
    std::string out;
    const auto entries = store.history(sample_uid(host), 0, 1000);
    for (const HistoryEntry& entry : *entries) {
      out += encode_appraisal(entry);
    }
    return out;
  }

  std::size_t journal_records(const std::string& name = "store") {
    const auto database = Database::open({folder_ / name, 1 << 20, nullptr});
    std::size_t count = 0;
    Database::Cursor cursor = (*database)->scan(Family::kJournal, {}, {});
    for (cursor.to_first(); cursor.valid(); cursor.next()) {
      ++count;
    }
    return count;
  }

  TempFolder folder_;
  std::int64_t age_ms_max_ = limits::kJournalAgeMsMax;
  int kills_ = 0;
};

TEST_F(RocksJournalTest, AReaffirmedReceiptSurvivesAKill) {
  const auto store = open();
  commit(*store, edge_batch(1, 1));
  for (std::uint64_t sequence = 2; sequence <= 5; ++sequence) {
    commit(*store, reaffirmed_batch(1, sequence));
    const auto found = killed();
    const HostState wanted = sample_trusted_state(1, sequence);
    EXPECT_EQ(state(*found).receipt, wanted.receipt) << "byte for byte";
    EXPECT_EQ(state(*found).evidence, wanted.evidence) << "by which the same is known again";
    EXPECT_EQ(encode_state(state(*found)), encode_state(wanted));
    EXPECT_EQ(history(*found), history(*store));
  }
}

TEST_F(RocksJournalTest, WhatLatchedSurvivesReaffirmationsAndAKill) {
  const auto store = open();
  const auto latches = std::make_shared<const Latches>(
      Latches{{{{.code = FindingCode::kImaViolation}, {1'795'471'100'000}, 1, false}}});
  const auto with_latches = [&](const HostState& from) {
    auto state = std::make_shared<HostState>(from);
    state->latches = latches;
    return state;
  };
  CommitBatch edge = edge_batch(1, 1);
  edge.states = {with_latches(*edge.states.front())};
  commit(*store, edge);
  for (std::uint64_t sequence = 2; sequence < 5; ++sequence) {
    CommitBatch batch = reaffirmed_batch(1, sequence);
    batch.reaffirmed.front().state = with_latches(*batch.reaffirmed.front().state);
    commit(*store, batch);
  }
  const auto found = killed();
  EXPECT_EQ(state(*found).sequence, 4U);
  ASSERT_TRUE(state(*found).latches);
  EXPECT_EQ(*state(*found).latches, *latches);
}

// Evidence that fails again and again rests on no log of its own; what was proven before stays.
TEST_F(RocksJournalTest, ARunOfFailuresThatRestOnNoLogSurvivesAKill) {
  const auto store = open();
  commit(*store, edge_batch(1, 1));
  const auto failed = [](std::uint64_t sequence) {
    Reaffirmation out = sample_reaffirmation(1, sequence);
    auto state = std::make_shared<HostState>(*out.state);
    state->state = TrustState::kFailed;
    state->verdict.state = TrustState::kFailed;
    state->verdict.findings = {
        {.code = FindingCode::kQuoteNonce, .severity = Severity::kFail, .subject = "another"}};
    state->counters = sample_trusted_state(1, 1).counters;
    out.entry.verdict = state->verdict;
    out.entry.boot_log = Digest();
    out.state = std::move(state);
    return out;
  };
  CommitBatch edge;
  edge.history = {failed(2).entry};
  edge.states = {failed(2).state};
  commit(*store, edge);
  for (std::uint64_t sequence = 3; sequence <= 6; ++sequence) {
    CommitBatch batch;
    batch.reaffirmed = {failed(sequence)};
    commit(*store, batch);
    const auto found = killed();
    EXPECT_EQ(encode_state(state(*found)), encode_state(*failed(sequence).state));
    EXPECT_EQ(history(*found), history(*store));
  }
  const auto entries = store->history(sample_uid(1), 0, 1);
  EXPECT_EQ(entries->front().first_sequence(), 3U);
  EXPECT_EQ(entries->front().count(), 4U);
}

// Runs, edges, folds and hours of four hosts; at each step a kill must change nothing.
TEST_F(RocksJournalTest, AKillAtAnyMomentChangesNothing) {
  age_ms_max_ = 8 * kSampleStepMs;
  const auto store = open();
  std::array<std::uint64_t, 5> sequences{};
  for (std::uint64_t step = 1; step <= 150; ++step) {
    CommitBatch batch;
    for (std::uint8_t host = 1; host <= 4; ++host) {
      std::uint64_t& sequence = sequences.at(host);
      const bool is_silent = host == 4 && step > 20 && step < 60;
      if (is_silent || sequence + 1 > step) {
        continue;
      }
      const bool is_edge = sequence == 0 || (step * host) % 37 == 0;
      if (is_edge) {
        const CommitBatch edge = edge_batch(host, ++sequence);
        batch.hosts.push_back(edge.hosts[0]);
        batch.states.push_back(edge.states[0]);
        batch.history.push_back(edge.history[0]);
      } else {
        batch.reaffirmed.push_back(sample_reaffirmation(host, ++sequence));
      }
    }
    commit(*store, batch);
    if (step % 13 == 0) {
      const auto found = killed();
      for (std::uint8_t host = 1; host <= 4; ++host) {
        EXPECT_EQ(encode_state(state(*found, host)), encode_state(state(*store, host))) << step;
        EXPECT_EQ(history(*found, host), history(*store, host)) << step;
        EXPECT_EQ(state(*found, host).sequence, sequences.at(host));
      }
    }
  }
}

TEST_F(RocksJournalTest, ClosingFoldsTheJournal) {
  {
    const auto store = open();
    commit(*store, edge_batch(1, 1));
    commit(*store, reaffirmed_batch(1, 2));
    commit(*store, reaffirmed_batch(1, 3));
  }
  EXPECT_EQ(journal_records(), 0U);
  const auto store = open();
  EXPECT_EQ(state(*store).sequence, 3U);
  EXPECT_EQ(store->history(sample_uid(1), 0, 1)->front().count(), 3U);
  commit(*store, reaffirmed_batch(1, 4));
  const auto entries = store->history(sample_uid(1), 0, 10);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->front().count(), 1U) << "a run does not outlive its process";
}

TEST_F(RocksJournalTest, ADamagedJournalRecordIsNamed) {
  {
    const auto store = open();
    commit(*store, edge_batch(1, 1));
  }
  {
    const auto database = Database::open({folder_ / "store", 1 << 20, nullptr});
    rocksdb::WriteBatch damage;
    (*database)->put(Family::kJournal, journal_key(12), "\x01half", damage);
    ASSERT_TRUE((*database)->write(damage).ok());
  }
  const auto refused = RocksStore::open({.path = folder_ / "store"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kStorage);
  EXPECT_NE(refused.error().to_string().find("journal record: 12 is damaged"), std::string::npos)
      << refused.error().to_string();
}

// Header, body and end of a record that a kill left behind.
TEST_F(RocksJournalTest, AJournalRecordDamagedAnywhereRefusesToOpenAndIsNamed) {
  const auto store = open();
  commit(*store, edge_batch(1, 1));
  commit(*store, reaffirmed_batch(1, 2));
  const auto with = [](std::size_t at, char byte) {
    return [at, byte](std::string value) {
      value.at(at) = byte;
      return value;
    };
  };
  const std::vector<std::pair<const char*, std::function<std::string(std::string)>>> damages = {
      {"version", with(0, 9)},
      {"count", with(1, 2)},
      {"body", with(5 + 35, 1)},
      {"cut", [](std::string value) { return value.substr(0, value.size() - 1); }},
      {"tail", [](const std::string& value) { return value + "x"; }},
      {"empty", [](const std::string&) { return std::string(); }}};
  for (const auto& [what, damage] : damages) {
    const std::string name = std::string("damaged-") + what;
    std::filesystem::copy(folder_ / "store", folder_ / name);
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
    std::uint64_t number = 0;
    {
      const auto database = Database::open({folder_ / name, 1 << 20, nullptr});
      ASSERT_TRUE(database) << database.error().to_string();
      Database::Cursor cursor = (*database)->scan(Family::kJournal, {}, {});
      cursor.to_first();
      ASSERT_TRUE(cursor.valid());
      number = sequence_of(cursor.key()).value_or(0);
      rocksdb::WriteBatch batch;
      (*database)->put(Family::kJournal, cursor.key(), damage(std::string(cursor.value())), batch);
      ASSERT_TRUE((*database)->write(batch).ok());
    }
    const auto refused = RocksStore::open({.path = folder_ / name});
    ASSERT_FALSE(refused) << what;
    EXPECT_NE(refused.error().to_string().find(std::to_string(number)), std::string::npos)
        << what << ": " << refused.error().to_string();
  }
}

TEST_F(RocksJournalTest, AFailedCommitThatReachedNothingLeavesNothingPending) {
  const auto file_system = std::make_shared<FaultyFileSystem>();
  const auto store = open("store", file_system);
  commit(*store, edge_batch(1, 1));
  commit(*store, reaffirmed_batch(1, 2));
  const std::string before = history(*store);
  file_system->set(Fault::kAppend);
  EXPECT_FALSE(store->commit(reaffirmed_batch(1, 3)));
  EXPECT_EQ(state(*store).sequence, 2U);
  EXPECT_EQ(history(*store), before);
  file_system->set(Fault::kNone);
  commit(*store, reaffirmed_batch(1, 3));
  EXPECT_EQ(state(*store).sequence, 3U);
  EXPECT_EQ(store->history(sample_uid(1), 0, 1)->front().count(), 3U);
  EXPECT_EQ(history(*killed()), history(*store));
}

// fsync failed and all of it is there: record, rows of an ended run, folds and dropped records.
TEST_F(RocksJournalTest, AFailedCommitThatLandedIsTakenBackWithItsFolds) {
  age_ms_max_ = 3 * kSampleStepMs;
  const auto file_system = std::make_shared<FaultyFileSystem>();
  const auto store = open("store", file_system);
  std::vector<CommitBatch> batches;
  commit(*store, edge_batch(2, 1));
  batches.push_back(edge_batch(1, 1));
  for (std::uint64_t sequence = 2; sequence <= 40; ++sequence) {
    batches.push_back(sequence % 12 == 0 ? edge_batch(1, sequence) : reaffirmed_batch(1, sequence));
    if (sequence <= 5) {
      batches.back().reaffirmed.push_back(sample_reaffirmation(2, sequence));
    }
  }
  for (const CommitBatch& batch : batches) {
    const std::string states = encode_state(state(*store)) + encode_state(state(*store, 2));
    const std::string before = history(*store) + history(*store, 2);
    file_system->set(Fault::kSync);
    CommitBatch other = batch;
    other.boot_logs = {sample_boot_log(100, 1)};
    EXPECT_FALSE(store->commit(other));
    file_system->set(Fault::kNone);
    EXPECT_EQ(history(*store) + history(*store, 2), before);
    CommitBatch next;
    next.boot_logs = {sample_boot_log(100, 2)};
    commit(*store, next);
    EXPECT_EQ(encode_state(state(*store)) + encode_state(state(*store, 2)), states);
    EXPECT_EQ(history(*store) + history(*store, 2), before);
    EXPECT_FALSE(store->boot_log(sample_boot_log(100, 1).id));
    commit(*store, batch);
  }
  EXPECT_EQ(state(*store).sequence, 40U);
  const auto found = killed();
  EXPECT_EQ(history(*found) + history(*found, 2), history(*store) + history(*store, 2));
}

TEST_F(RocksJournalTest, ClosingTakesBackAFailedCommitThatLanded) {
  {
    const auto file_system = std::make_shared<FaultyFileSystem>();
    const auto store = open("store", file_system);
    commit(*store, edge_batch(1, 1));
    commit(*store, reaffirmed_batch(1, 2));
    file_system->set(Fault::kSync);
    EXPECT_FALSE(store->commit(reaffirmed_batch(1, 3)));
    file_system->set(Fault::kNone);
  }
  EXPECT_EQ(state(*open()).sequence, 2U);
}

// --- Stores of other versions

// As the version before the journal wrote it.
TEST_F(RocksJournalTest, OpensAStoreOfTheFormatWithoutAJournal) {
  {
    const auto database = Database::open({folder_ / "store", 1 << 20, nullptr});
    rocksdb::WriteBatch rows;
    (*database)->put(Family::kMeta, kFormatKey, encode_plain(encode_number(1)), rows);
    (*database)->put(Family::kMeta, kStreamKey, encode_plain("01ARZ3NDEKTSV4RRFFQ69G5FAV"), rows);
    (*database)->put(Family::kMeta, kCommitKey, encode_plain(encode_number(41)), rows);
    (*database)->put(Family::kHosts, host_key(sample_uid(1)), encode_host(sample_host(1)), rows);
    (*database)->put(Family::kStates, host_key(sample_uid(1)),
                     encode_state(sample_trusted_state(1, 3)), rows);
    for (const std::uint64_t sequence : {1U, 2U, 3U}) {
      const std::string value = encode_appraisal(sample_trusted_appraisal(1, sequence));
      ASSERT_EQ(value[0], 1);
      (*database)->put(Family::kHistory, history_key(sample_uid(1), sequence), value, rows);
    }
    ASSERT_TRUE((*database)->write(rows).ok());
  }
  const auto store = open();
  EXPECT_EQ(store->status()->stream_id, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(encode_state(state(*store)), encode_state(sample_trusted_state(1, 3)));
  EXPECT_EQ(store->history(sample_uid(1), 0, 10)->size(), 3U);
  commit(*store, reaffirmed_batch(1, 4));
  commit(*store, reaffirmed_batch(1, 5));
  const auto entries = killed()->history(sample_uid(1), 0, 10);
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_EQ(entries->front().count(), 2U);
}

// It would take a host's state without the journal for the newest one.
TEST_F(RocksJournalTest, IsMarkedSoThatAnOlderProgramRefusesIt) {
  {
    const auto database = Database::open({folder_ / "store", 1 << 20, nullptr});
    rocksdb::WriteBatch older;
    (*database)->put(Family::kMeta, kFormatKey, encode_plain(encode_number(1)), older);
    ASSERT_TRUE((*database)->write(older).ok());
  }
  open();
  const auto database = Database::open({folder_ / "store", 1 << 20, nullptr});
  EXPECT_EQ(**(*database)->get(Family::kMeta, kFormatKey),
            encode_plain(encode_number(kFormatVersion)));
}

}  // namespace
}  // namespace quotemill::storage
