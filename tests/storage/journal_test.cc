#include "storage/journal.h"

#include <gtest/gtest.h>

#include "storage/database.h"
#include "storage/history_rows.h"
#include "storage/records.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

// A journal on a database, without the store around it: what is in which family.
class JournalTest : public ::testing::Test {
 protected:
  JournalTest() { reset({}); }

  void reset(const JournalRules& rules) { journal_ = std::make_unique<Journal>(rules); }

  // Rows of an edge, as the store writes them.
  void write_edge(std::uint8_t host, std::uint64_t sequence) {
    const CommitBatch batch = edge_batch(host, sequence);
    rocksdb::WriteBatch out;
    ASSERT_TRUE(journal_->prepare(*database_, batch, ++commits_, out));
    database_->put(Family::kStates, host_key(sample_uid(host)), encode_state(*batch.states[0]),
                   out);
    put_history_row(*database_, batch.history[0], out);
    ASSERT_TRUE(database_->write(out).ok());
    journal_->landed(batch);
  }

  void commit(const CommitBatch& batch) {
    rocksdb::WriteBatch out;
    const Result<void> prepared = journal_->prepare(*database_, batch, ++commits_, out);
    ASSERT_TRUE(prepared) << prepared.error().to_string();
    ASSERT_TRUE(database_->write(out).ok());
    journal_->landed(batch);
  }

  void reaffirm(std::uint8_t host, std::uint64_t sequence) {
    commit(reaffirmed_batch(host, sequence));
  }

  // One commit for hosts 1 to `hosts`.
  void reaffirm_all(std::uint8_t hosts, std::uint64_t sequence) {
    CommitBatch batch;
    for (std::uint8_t host = 1; host <= hosts; ++host) {
      batch.reaffirmed.push_back(sample_reaffirmation(host, sequence));
    }
    commit(batch);
  }

  std::size_t rows(Family family) {
    std::size_t count = 0;
    Database::Cursor cursor = database_->scan(family, {}, {});
    for (cursor.to_first(); cursor.valid(); cursor.next()) {
      ++count;
    }
    return count;
  }

  // The sequence of the state's row.
  std::uint64_t row(std::uint8_t host) {
    const auto value = database_->get(Family::kStates, host_key(sample_uid(host)));
    return decode_state(sample_uid(host), **value)->sequence;
  }

  Error recovery_error() {
    const Result<void> recovered = recover_journal(*database_, {});
    EXPECT_FALSE(recovered);
    return recovered ? Error{} : recovered.error();
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_ = *Database::open({folder_ / "store", 1 << 20, nullptr});
  std::unique_ptr<Journal> journal_;
  std::uint64_t commits_ = 0;
};

TEST_F(JournalTest, ACommitOfReaffirmationsIsOneRecordAndNoRow) {
  for (const std::uint8_t host : std::array<std::uint8_t, 3>{1, 2, 3}) {
    write_edge(host, 1);
  }
  reaffirm_all(3, 2);
  EXPECT_EQ(rows(Family::kJournal), 1U);
  EXPECT_EQ(journal_->entries(), 3U);
  EXPECT_EQ(rows(Family::kHistory), 3U);
  EXPECT_EQ(row(1), 1U);
}

TEST_F(JournalTest, ARecordGoesWhenItsHostsHaveAttestedAgain) {
  write_edge(1, 1);
  for (std::uint64_t sequence = 2; sequence <= 60; ++sequence) {
    reaffirm(1, sequence);
    ASSERT_LE(rows(Family::kJournal), 2U)
        << "the last one goes when it is known that this is there";
  }
  EXPECT_EQ(row(1), 1U) << "no row was written for it";
  EXPECT_EQ(rows(Family::kHistory), 1U);
}

// Idle hosts take no memory for what they may do no more.
TEST_F(JournalTest, AHostThatSaysNothingForAnHourHasNoRun) {
  reset({.age_ms_max = 5 * kSampleStepMs});
  write_edge(1, 1);
  write_edge(2, 1);
  reaffirm_all(2, 2);
  for (std::uint64_t sequence = 3; sequence <= 60; ++sequence) {
    reaffirm(1, sequence);
  }
  EXPECT_EQ(row(2), 2U) << "it was folded";
  EXPECT_NE(journal_->runs().find(sample_uid(2)), nullptr) << "it may still grow";
  reaffirm(1, 61);
  EXPECT_EQ(journal_->runs().find(sample_uid(2)), nullptr);
  EXPECT_NE(journal_->runs().find(sample_uid(1)), nullptr);
  EXPECT_EQ(row(2), 2U);
  reaffirm(2, 3);
  EXPECT_EQ(row(2), 3U) << "another run begins, with a row";
  EXPECT_EQ(journal_->runs().find(sample_uid(2))->history.first_sequence(), 3U);
}

TEST_F(JournalTest, EveryHourAnAppraisalIsWrittenInFull) {
  write_edge(1, 1);
  for (std::uint64_t sequence = 2; sequence <= 130; ++sequence) {
    reaffirm(1, sequence);
  }
  EXPECT_EQ(row(1), 121U);
  EXPECT_EQ(rows(Family::kHistory), 3U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 1)->count(), 60U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 61)->count(), 60U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 121)->count(), 1U);
}

TEST_F(JournalTest, FoldsASilentHostSoThatTheOthersRecordsCanGo) {
  reset({.age_ms_max = 10 * kSampleStepMs});
  write_edge(1, 1);
  write_edge(2, 1);
  reaffirm_all(2, 2);
  for (std::uint64_t sequence = 3; sequence <= 30; ++sequence) {
    reaffirm(1, sequence);
    EXPECT_LE(rows(Family::kJournal), 14U);
  }
  EXPECT_EQ(row(2), 2U);
}

TEST_F(JournalTest, FoldIsBoundedHoweverManyHostsAreDue) {
  constexpr std::uint8_t kHosts = 250;
  reset({.entries_max = 20});
  for (std::uint8_t host = 1; host <= kHosts; ++host) {
    write_edge(host, 1);
  }
  reaffirm_all(kHosts, 2);
  const auto folded = [&] {
    std::size_t count = 0;
    for (std::uint8_t host = 1; host <= kHosts; ++host) {
      count += row(host) == 2 ? 1U : 0U;
    }
    return count;
  };
  EXPECT_EQ(folded(), 0U);
  commit(CommitBatch{});
  EXPECT_EQ(folded(), limits::kFoldHostsMin) << "a step, not all at once";
  for (int step = 0; step < 5; ++step) {
    commit(CommitBatch{});
  }
  EXPECT_EQ(folded(), kHosts) << "whatever counted for the record that was over the bound";
  commit(CommitBatch{});
  EXPECT_EQ(journal_->entries(), 0U);
  EXPECT_EQ(rows(Family::kJournal), 0U);
}

TEST_F(JournalTest, StaysWithinItsBoundWhenAFleetIsTooLargeForIt) {
  constexpr std::uint8_t kHosts = 200;
  reset({.entries_max = 100});
  for (std::uint8_t host = 1; host <= kHosts; ++host) {
    write_edge(host, 1);
  }
  for (std::uint64_t sequence = 2; sequence <= 12; ++sequence) {
    for (std::uint8_t begin = 1; begin < kHosts; begin += 20) {
      CommitBatch batch;
      for (std::uint8_t host = begin; host < begin + 20; ++host) {
        batch.reaffirmed.push_back(sample_reaffirmation(host, sequence));
      }
      commit(batch);
      EXPECT_LE(journal_->entries(), 160U) << "and the records that are being dropped";
    }
  }
  const auto run = history_row(*database_, sample_uid(1), 1);
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_GE(run->count(), 10U) << "folded again and again, still one run";
}

TEST_F(JournalTest, FoldAllLeavesRowsAndAnEmptyJournal) {
  write_edge(1, 1);
  write_edge(2, 1);
  for (std::uint64_t sequence = 2; sequence <= 9; ++sequence) {
    reaffirm_all(sequence < 5 ? 2 : 1, sequence);
  }
  ASSERT_TRUE(journal_->fold_all(*database_));
  EXPECT_EQ(rows(Family::kJournal), 0U);
  EXPECT_EQ(row(1), 9U);
  EXPECT_EQ(row(2), 4U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 1)->count(), 9U);
  EXPECT_EQ(history_row(*database_, sample_uid(2), 1)->count(), 4U);
  reaffirm(1, 10);
  EXPECT_EQ(journal_->runs().pending_history(sample_uid(1))->count(), 10U) << "it goes on";
}

// --- Recovery: a Journal that is forgotten is a process that was killed.

TEST_F(JournalTest, RecoveryReplaysTheJournal) {
  write_edge(1, 1);
  write_edge(2, 1);
  for (std::uint64_t sequence = 2; sequence <= 9; ++sequence) {
    reaffirm_all(sequence < 5 ? 2 : 1, sequence);
  }
  const HistoryEntry before = *journal_->runs().pending_history(sample_uid(1));
  reset({});
  ASSERT_TRUE(recover_journal(*database_, {}));
  EXPECT_EQ(rows(Family::kJournal), 0U);
  for (const auto& [host, sequence] : std::map<std::uint8_t, std::uint64_t>{{1, 9}, {2, 4}}) {
    const auto state = database_->get(Family::kStates, host_key(sample_uid(host)));
    EXPECT_EQ(**state, encode_state(sample_trusted_state(host, sequence)));
  }
  EXPECT_EQ(encode_appraisal(*history_row(*database_, sample_uid(1), 1)), encode_appraisal(before));
  ASSERT_TRUE(recover_journal(*database_, {})) << "and again, if it was cut short";
}

TEST_F(JournalTest, RecoveryGoesOnWithARunThatWasFolded) {
  reset({.age_ms_max = 3 * kSampleStepMs});
  write_edge(1, 1);
  write_edge(2, 1);
  reaffirm_all(2, 2);
  for (std::uint64_t sequence = 3; sequence <= 10; ++sequence) {
    reaffirm(1, sequence);
  }
  ASSERT_EQ(row(2), 2U) << "was silent for too long";
  reaffirm(2, 3);
  reaffirm(2, 4);
  const HistoryEntry before = *journal_->runs().pending_history(sample_uid(2));
  EXPECT_EQ(before.count(), 4U);
  reset({});
  ASSERT_TRUE(recover_journal(*database_, {}));
  EXPECT_EQ(row(2), 4U);
  EXPECT_EQ(encode_appraisal(*history_row(*database_, sample_uid(2), 1)), encode_appraisal(before));
}

TEST_F(JournalTest, RecoveryKeepsTheRunThatAnHourEnded) {
  write_edge(1, 1);
  for (std::uint64_t sequence = 2; sequence <= 70; ++sequence) {
    reaffirm(1, sequence);
  }
  reset({});
  ASSERT_TRUE(recover_journal(*database_, {}));
  EXPECT_EQ(rows(Family::kHistory), 2U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 1)->count(), 60U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 61)->count(), 10U);
}

TEST_F(JournalTest, RecoveryPassesOverWhatAnEdgeOvertook) {
  write_edge(1, 1);
  reaffirm(1, 2);
  reaffirm(1, 3);
  write_edge(1, 4);
  reset({});
  ASSERT_TRUE(recover_journal(*database_, {}));
  EXPECT_EQ(row(1), 4U);
  EXPECT_EQ(rows(Family::kHistory), 2U);
  EXPECT_EQ(history_row(*database_, sample_uid(1), 1)->count(), 3U);
}

TEST_F(JournalTest, RecoveryPassesOverAHostThatWasRemoved) {
  write_edge(1, 1);
  reaffirm(1, 2);
  rocksdb::WriteBatch removal;
  database_->erase(Family::kStates, host_key(sample_uid(1)), removal);
  ASSERT_TRUE(database_->write(removal).ok());
  reset({});
  ASSERT_TRUE(recover_journal(*database_, {}));
  EXPECT_EQ(rows(Family::kStates), 0U);
  EXPECT_EQ(rows(Family::kHistory), 1U);
}

TEST_F(JournalTest, ADamagedRecordIsNamedAndNothingIsRecovered) {
  write_edge(1, 1);
  reaffirm(1, 2);
  reaffirm(1, 3);
  std::string value = **database_->get(Family::kJournal, journal_key(3));
  value.resize(value.size() - 1);
  rocksdb::WriteBatch damage;
  database_->put(Family::kJournal, journal_key(3), value, damage);
  ASSERT_TRUE(database_->write(damage).ok());
  const Error error = recovery_error();
  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_NE(error.to_string().find("journal record: 3 is damaged"), std::string::npos)
      << error.to_string();
  EXPECT_EQ(rows(Family::kJournal), 2U);
  EXPECT_EQ(row(1), 1U);
}

TEST_F(JournalTest, ARecordOfANewerVersionIsNamed) {
  rocksdb::WriteBatch newer;
  database_->put(Family::kJournal, journal_key(7), "\x02later", newer);
  ASSERT_TRUE(database_->write(newer).ok());
  const Error error = recovery_error();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.to_string().find("7 has record version 2"), std::string::npos)
      << error.to_string();
}

TEST_F(JournalTest, AnEntryThatDoesNotFitItsHostIsDamage) {
  write_edge(1, 1);
  reaffirm(1, 2);
  HostState other = sample_trusted_state(1, 1);
  other.generation = 9;
  rocksdb::WriteBatch damage;
  database_->put(Family::kStates, host_key(sample_uid(1)), encode_state(other), damage);
  ASSERT_TRUE(database_->write(damage).ok());
  const Error error = recovery_error();
  EXPECT_EQ(error.code, ErrorCode::kStorage);
  EXPECT_NE(error.to_string().find("2 is damaged: its entry of host 0101"), std::string::npos)
      << error.to_string();
}

TEST_F(JournalTest, ARunWithoutItsFirstAppraisalIsDamage) {
  write_edge(1, 1);
  reaffirm(1, 2);
  rocksdb::WriteBatch damage;
  database_->erase(Family::kHistory, history_key(sample_uid(1), 1), damage);
  ASSERT_TRUE(database_->write(damage).ok());
  EXPECT_NE(recovery_error().to_string().find("has no appraisal 1"), std::string::npos);
}

TEST_F(JournalTest, KeepsNothingOfABatchThatDidNotLand) {
  write_edge(1, 1);
  reaffirm(1, 2);
  for (const CommitBatch& failed : {reaffirmed_batch(1, 3), edge_batch(1, 3)}) {
    rocksdb::WriteBatch out;
    ASSERT_TRUE(journal_->prepare(*database_, failed, commits_ + 1, out));
    EXPECT_EQ(journal_->runs().pending_history(sample_uid(1))->sequence, 2U);
    EXPECT_EQ(journal_->entries(), 1U);
  }
  reaffirm(1, 3);
  EXPECT_EQ(journal_->runs().pending_history(sample_uid(1))->count(), 3U);
}

}  // namespace
}  // namespace quotemill::storage
