// The contract of VerdictLog and History about runs: verdicts that say nothing new.
#include <gtest/gtest.h>

#include "storage/records.h"
#include "tests/storage/store_contract.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

TYPED_TEST_SUITE(StoreContract, BothStores);

TYPED_TEST(StoreContract, AReaffirmedStateIsTheStateOfTheHost) {
  this->commit(edge_batch(1, 1));
  this->commit(reaffirmed_batch(1, 2));
  EXPECT_EQ(encode_state(this->state()), encode_state(sample_trusted_state(1, 2)));
  this->commit(reaffirmed_batch(1, 3));
  EXPECT_EQ(encode_state(this->state()), encode_state(sample_trusted_state(1, 3)));
}

TYPED_TEST(StoreContract, ARunCountsAndKeepsItsLongestGap) {
  this->commit(edge_batch(1, 1));
  for (const std::uint64_t sequence : {2U, 3U, 4U, 5U}) {
    CommitBatch batch = reaffirmed_batch(1, sequence);
    HistoryEntry& entry = batch.reaffirmed[0].entry;
    entry.time.ms += sequence >= 4 ? 7000 : 0;
    entry.nonce_kind = sequence == 3 ? NonceKind::kInteractive : NonceKind::kPreissued;
    this->commit(batch);
  }
  EXPECT_EQ(this->spans(), "1-5");
  const auto entries = this->store().history(sample_uid(1), 0, 1);
  const HistoryEntry& run = entries->front();
  EXPECT_EQ(run.count(), 5U);
  EXPECT_EQ(run.run->longest_gap_ms, kSampleStepMs + 7000);
  EXPECT_EQ(run.run->interactive, 1U);
  EXPECT_EQ(run.run->first_time, sample_time(1));
  EXPECT_EQ(run.run->first_evidence_item, sample_trusted_appraisal(1, 1).evidence_item);
  EXPECT_EQ(run.evidence_item, sample_trusted_appraisal(1, 5).evidence_item);
  EXPECT_EQ(run.nonce, sample_trusted_appraisal(1, 5).nonce);
}

TYPED_TEST(StoreContract, AnEdgeEndsTheRunAndTheOrderIsKept) {
  this->commit(edge_batch(1, 1));
  for (const std::uint64_t sequence : {2U, 3U, 4U}) {
    this->commit(reaffirmed_batch(1, sequence));
  }
  this->commit(edge_batch(1, 5));
  this->commit(reaffirmed_batch(1, 6));
  this->commit(reaffirmed_batch(1, 7));
  this->commit(edge_batch(1, 8));
  EXPECT_EQ(this->spans(), "8 5-7 1-4");
  EXPECT_EQ(this->state().sequence, 8U);
}

TYPED_TEST(StoreContract, AStateThatTimeAloneMadeEndsTheRunToo) {
  this->commit(edge_batch(1, 1));
  this->commit(reaffirmed_batch(1, 2));
  this->commit(reaffirmed_batch(1, 3));
  HostState stale = sample_trusted_state(1, 3);
  stale.state = TrustState::kStale;
  CommitBatch batch;
  batch.states = {std::make_shared<const HostState>(stale)};
  this->commit(batch);
  EXPECT_EQ(this->spans(), "1-3");
  EXPECT_EQ(this->state().state, TrustState::kStale) << "the row is not older than the journal";
  this->commit(reaffirmed_batch(1, 4));
  EXPECT_EQ(this->spans(), "4 1-3");
}

TYPED_TEST(StoreContract, AReaffirmationComesBeforeAnEdgeOfTheSameBatch) {
  this->commit(edge_batch(1, 1));
  CommitBatch lone = edge_batch(1, 3);
  lone.reaffirmed = {sample_reaffirmation(1, 2)};
  this->commit(lone);
  EXPECT_EQ(this->spans(), "3 1-2");
  this->commit(reaffirmed_batch(1, 4));
  CommitBatch joining = edge_batch(1, 6);
  joining.reaffirmed = {sample_reaffirmation(1, 5)};
  this->commit(joining);
  EXPECT_EQ(this->spans(), "6 3-5 1-2");
  EXPECT_EQ(this->state().sequence, 6U);
}

TYPED_TEST(StoreContract, ARunIsDividedEveryHour) {
  this->commit(edge_batch(1, 1));
  for (std::uint64_t sequence = 2; sequence <= 130; ++sequence) {  // one a minute
    this->commit(reaffirmed_batch(1, sequence));
  }
  EXPECT_EQ(this->spans(), "121-130 61-120 1-60");
  EXPECT_EQ(this->store().history(sample_uid(1), 61, 1)->front().count(), 60U);
}

TYPED_TEST(StoreContract, PagesThroughRunsByTheirFirstSequence) {
  this->commit(edge_batch(1, 1));
  for (std::uint64_t sequence = 2; sequence <= 200; ++sequence) {
    this->commit(sequence % 50 == 0 ? edge_batch(1, sequence) : reaffirmed_batch(1, sequence));
  }
  EXPECT_EQ(this->spans(), "200 150-199 100-149 50-99 1-49");
  EXPECT_EQ(this->spans(0, 2), "200 150-199");
  EXPECT_EQ(this->spans(150, 2), "100-149 50-99");
  EXPECT_EQ(this->spans(52, 1), "50-99") << "what begins before it, whatever its end";
  EXPECT_EQ(this->spans(50, 9), "1-49");
  EXPECT_EQ(this->spans(1, 9), "");
  this->commit(reaffirmed_batch(1, 201));
  this->commit(reaffirmed_batch(1, 202));
  EXPECT_EQ(this->spans(0, 1), "200-202");
  EXPECT_EQ(this->spans(200, 1), "150-199");
  EXPECT_EQ(this->spans(0, 0), "");
}

TYPED_TEST(StoreContract, RefusesAReaffirmationThatDoesNotFollow) {
  this->commit(edge_batch(1, 1));
  EXPECT_FALSE(this->store().commit(reaffirmed_batch(1, 3))) << "a sequence left out";
  this->commit(reaffirmed_batch(1, 2));
  EXPECT_FALSE(this->store().commit(reaffirmed_batch(1, 2))) << "the same again";
  CommitBatch enrolled_anew = reaffirmed_batch(1, 3);
  ++enrolled_anew.reaffirmed[0].entry.generation;
  const Result<void> refused = this->store().commit(enrolled_anew);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInternal);
  EXPECT_EQ(this->spans(), "1-2");
  EXPECT_EQ(this->state().sequence, 2U);
}

TYPED_TEST(StoreContract, ARemovedHostKeepsItsHistoryAndNothingElse) {
  this->commit(edge_batch(1, 1));
  this->commit(reaffirmed_batch(1, 2));
  this->commit(reaffirmed_batch(1, 3));
  CommitBatch removal;
  removal.hosts_removed = {sample_uid(1)};
  this->commit(removal);
  EXPECT_EQ(this->spans(), "1-3");
  std::size_t hosts = 0;
  ASSERT_TRUE(this->store().for_each_host([&](const auto&, const auto&) { ++hosts; }));
  EXPECT_EQ(hosts, 0U);
}

TYPED_TEST(StoreContract, DropsRunsOnlyWhenAllOfThemIsTooOld) {
  TypeParam maker(70);
  ASSERT_TRUE((*maker).commit(edge_batch(1, 1)));
  const auto spans_at = [&](std::uint64_t last) {
    for (std::uint64_t sequence = (*maker).history(sample_uid(1), 0, 1)->front().sequence + 1;
         sequence <= last; ++sequence) {
      EXPECT_TRUE((*maker).commit(reaffirmed_batch(1, sequence)));
    }
    EXPECT_TRUE((*maker).commit(edge_batch(1, last + 1)));
    return spans_of(*(*maker).history(sample_uid(1), 0, 100));
  };
  EXPECT_EQ(spans_at(69), "70 61-69 1-60");
  EXPECT_EQ(spans_at(99), "100 70-99 61-69 1-60") << "30 is the last to go";
  EXPECT_EQ(spans_at(128), "129 100-128 70-99 61-69 1-60") << "59 is";
  EXPECT_EQ(spans_at(129), "130 129 100-128 70-99 61-69") << "60 is";
}

// The row of a run that goes on says less than the run has.
TYPED_TEST(StoreContract, DropsNoRunThatReachesIntoWhatIsKept) {
  TypeParam maker(3);
  ASSERT_TRUE((*maker).commit(edge_batch(1, 1)));
  for (std::uint64_t sequence = 2; sequence <= 10; ++sequence) {
    ASSERT_TRUE((*maker).commit(reaffirmed_batch(1, sequence)));
  }
  EXPECT_EQ(spans_of(*(*maker).history(sample_uid(1), 0, 9)), "1-10");
  ASSERT_TRUE((*maker).commit(edge_batch(1, 11)));
  EXPECT_EQ(spans_of(*(*maker).history(sample_uid(1), 0, 9)), "11 1-10");
  ASSERT_TRUE((*maker).commit(edge_batch(1, 12)));
  ASSERT_TRUE((*maker).commit(edge_batch(1, 13)));
  EXPECT_EQ(spans_of(*(*maker).history(sample_uid(1), 0, 9)), "13 12 11");
}

// A host that is trusted for long does not bury what it was before.
TYPED_TEST(StoreContract, FailuresAndWarningsOutliveTheNewestAppraisals) {
  TypeParam maker(3);
  const auto commit = [&](std::uint64_t sequence, TrustState state) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.history[0].verdict.state = state;
    ASSERT_TRUE((*maker).commit(batch));
    VerdictRevision revision;
    revision.host = sample_uid(1);
    revision.sequence = sequence;
    revision.generation = batch.history[0].generation;
    revision.time = {batch.history[0].time.ms + 1};
    revision.verdict = batch.history[0].verdict;
    CommitBatch revised;
    revised.revisions = {revision};
    ASSERT_TRUE((*maker).commit(revised));
  };
  const auto revised = [&] {
    std::string out;
    const auto revisions = (*maker).revisions(sample_uid(1), 0, 1'000, 1'000);
    for (const VerdictRevision& one : *revisions) {
      out += out.empty() ? "" : " ";
      out += std::to_string(one.sequence);
    }
    return out;
  };
  commit(1, TrustState::kTrusted);
  commit(2, TrustState::kFailed);
  commit(3, TrustState::kTrusted);
  commit(4, TrustState::kWarning);
  for (std::uint64_t sequence = 5; sequence <= 60; ++sequence) {
    commit(sequence, TrustState::kTrusted);
  }
  EXPECT_EQ(spans_of(*(*maker).history(sample_uid(1), 0, 100)), "60 59 58 4 2");
  EXPECT_EQ(revised(), "60 59 58 4 2") << "each goes with its appraisal";
}

// Or whoever fails all the time would fill the disk.
TYPED_TEST(StoreContract, FailuresAreBoundedByANumberOfTheirOwn) {
  TypeParam maker(3);
  for (std::uint64_t sequence = 1; sequence <= 30; ++sequence) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.history[0].verdict.state = TrustState::kFailed;
    ASSERT_TRUE((*maker).commit(batch));
  }
  EXPECT_EQ(spans_of(*(*maker).history(sample_uid(1), 0, 100)), "30 29 28 27 26 25");
}

// What no proof stands behind stays alone.
TYPED_TEST(StoreContract, NoRunGrowsFromAnAppraisalWithoutAProof) {
  CommitBatch failed = edge_batch(1, 1);
  failed.history[0].boot_log = Digest();
  this->commit(failed);
  this->commit(reaffirmed_batch(1, 2));
  this->commit(reaffirmed_batch(1, 3));
  EXPECT_EQ(this->spans(), "2-3 1");
}

}  // namespace
}  // namespace quotemill::storage
