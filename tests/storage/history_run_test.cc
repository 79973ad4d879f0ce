#include "storage/history_run.h"

#include <functional>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "storage/records.h"
#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

TEST(HistoryRun, CountsAndKeepsItsLongestGap) {
  HistoryEntry run = sample_trusted_appraisal(1, 10);
  run.nonce_kind = NonceKind::kInteractive;
  EXPECT_EQ(counted(run), (RunSoFar{10, 1, 0}));
  const std::vector<std::int64_t> gaps = {1000, 7000, 2000};
  std::int64_t time = run.time.ms;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    HistoryEntry next = sample_trusted_appraisal(1, 11 + i);
    time += gaps[i];
    next.time.ms = time;
    ASSERT_TRUE(continues(run, next));
    const RunSoFar foretold = counted_with(run, next);
    extend(run, next);
    EXPECT_EQ(counted(run), foretold);
  }
  EXPECT_EQ(run.count(), 4U);
  EXPECT_EQ(run.first_sequence(), 10U);
  EXPECT_EQ(run.sequence, 13U);
  EXPECT_EQ(run.run->longest_gap_ms, 7000);
  EXPECT_EQ(run.run->interactive, 1U);
}

TEST(HistoryRun, KeepsTheFirstAndTheLastInFull) {
  HistoryEntry run = sample_trusted_appraisal(1, 10);
  for (std::uint64_t sequence = 11; sequence <= 20; ++sequence) {
    extend(run, sample_trusted_appraisal(1, sequence));
  }
  const HistoryEntry first = sample_trusted_appraisal(1, 10);
  const HistoryEntry last = sample_trusted_appraisal(1, 20);
  EXPECT_EQ(run.run->first_evidence_item, first.evidence_item);
  EXPECT_EQ(run.run->first_nonce, first.nonce);
  EXPECT_EQ(run.run->first_nonce_kind, first.nonce_kind);
  EXPECT_EQ(run.run->first_time, first.time);
  EXPECT_EQ(run.run->first_fresh_from, first.verdict.fresh_from);
  EXPECT_EQ(run.run->first_valid_until, first.verdict.valid_until);
  EXPECT_EQ(run.evidence_item, last.evidence_item);
  EXPECT_EQ(run.nonce, last.nonce);
  EXPECT_EQ(run.time, last.time);
  EXPECT_EQ(run.verdict.fresh_from, last.verdict.fresh_from);
  EXPECT_EQ(run.verdict.valid_until, last.verdict.valid_until);
}

TEST(HistoryRun, EndsAfterAnHour) {
  HistoryEntry run = sample_trusted_appraisal(1, 10);
  HistoryEntry next = sample_trusted_appraisal(1, 11);
  next.time.ms = run.time.ms + limits::kHistoryRunMsMax - 1;
  EXPECT_TRUE(continues(run, next));
  extend(run, next);
  HistoryEntry later = sample_trusted_appraisal(1, 12);
  later.time.ms = next.time.ms + 1;
  EXPECT_FALSE(continues(run, later)) << "the hour counts from its first";
}

TEST(HistoryRun, IsNotContinuedByWhatSaysSomethingElse) {
  const std::vector<std::pair<const char*, std::function<void(HistoryEntry&)>>> others = {
      {"host", [](HistoryEntry& e) { e.host.bytes[0] = 9; }},
      {"generation", [](HistoryEntry& e) { ++e.generation; }},
      {"a sequence left out", [](HistoryEntry& e) { ++e.sequence; }},
      {"state", [](HistoryEntry& e) { e.verdict.state = TrustState::kFailed; }},
      {"findings", [](HistoryEntry& e) { e.verdict.findings = {Finding{}}; }},
      {"findings dropped", [](HistoryEntry& e) { e.verdict.findings_dropped = 1; }},
      {"snapshot", [](HistoryEntry& e) { e.verdict.snapshot[0] ^= 1; }},
      {"boot log", [](HistoryEntry& e) { e.boot_log.writable()[0] ^= 1; }},
  };
  const HistoryEntry run = sample_trusted_appraisal(1, 10);
  ASSERT_TRUE(continues(run, sample_trusted_appraisal(1, 11)));
  for (const auto& [what, change] : others) {
    HistoryEntry next = sample_trusted_appraisal(1, 11);
    change(next);
    EXPECT_FALSE(continues(run, next)) << what;
  }
}

TEST(HistoryRun, IsReaffirmedOnlyByTheNextOfTheSameGeneration) {
  const HistoryEntry last = sample_trusted_appraisal(1, 10);
  EXPECT_TRUE(follows(sample_reaffirmation(1, 11), last));
  EXPECT_FALSE(follows(sample_reaffirmation(1, 10), last));
  EXPECT_FALSE(follows(sample_reaffirmation(1, 12), last));
  EXPECT_FALSE(follows(sample_reaffirmation(2, 11), last));
  Reaffirmation enrolled_anew = sample_reaffirmation(1, 11);
  ++enrolled_anew.entry.generation;
  EXPECT_FALSE(follows(enrolled_anew, last));
}

TEST(HistoryRun, BeginsOnlyWithAnAppraisalWhoseStateRestsOnIt) {
  EXPECT_EQ(beginnings_of(edge_batch(1, 5)).size(), 1U);
  CommitBatch without_state = edge_batch(1, 5);
  without_state.states.clear();
  EXPECT_TRUE(beginnings_of(without_state).empty());
  CommitBatch another_state = edge_batch(1, 5);
  another_state.states = edge_batch(1, 6).states;
  EXPECT_TRUE(beginnings_of(another_state).empty());
  CommitBatch unproven = edge_batch(1, 5);
  unproven.history[0].boot_log = Digest();
  EXPECT_TRUE(beginnings_of(unproven).empty());
  CommitBatch two = edge_batch(1, 5);
  two.history.insert(two.history.begin(), sample_trusted_appraisal(1, 4));
  ASSERT_EQ(beginnings_of(two).size(), 1U);
  EXPECT_EQ(beginnings_of(two)[0]->sequence, 5U);
}

TEST(HistoryRun, IsRebuiltFromItsRowAndItsLastAppraisal) {
  HistoryEntry whole = sample_trusted_appraisal(1, 10);
  HistoryEntry stored = whole;
  for (std::uint64_t sequence = 11; sequence <= 15; ++sequence) {
    extend(whole, sample_trusted_appraisal(1, sequence));
    if (sequence == 12) {
      stored = whole;
    }
  }
  for (const HistoryEntry& row : {sample_trusted_appraisal(1, 10), stored}) {
    const HistoryEntry again = rebuilt(row, sample_trusted_appraisal(1, 15), counted(whole));
    EXPECT_EQ(encode_appraisal(again), encode_appraisal(whole));
  }
}

}  // namespace
}  // namespace quotemill::storage
