// Verdicts that were revised, and who hosts were before they enrolled anew: the same in both
// stores.
#include <gtest/gtest.h>

#include "storage/limits.h"
#include "tests/storage/both_stores.h"
#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

VerdictRevision sample_revision(std::uint64_t sequence, std::int64_t ms) {
  VerdictRevision revision;
  revision.host = sample_uid(1);
  revision.sequence = sequence;
  revision.generation = 3;
  revision.time = {ms};
  revision.cause = RevisionCause::kFreshness;  // the last one that there is
  revision.verdict = sample_appraisal(1, sequence, false).verdict;
  return revision;
}

template <class Maker>
class RevisionContract : public ::testing::Test {
 protected:
  auto& store() { return *maker_; }

  void commit(const CommitBatch& batch) {
    const Result<void> done = store().commit(batch);
    ASSERT_TRUE(done) << done.error().to_string();
  }

  void revise(std::uint64_t sequence, std::int64_t ms) {
    CommitBatch batch;
    batch.revisions = {sample_revision(sequence, ms)};
    commit(batch);
  }

  // "7@20 7@10": sequences and times of those of host 1.
  std::string revisions(std::uint64_t from, std::uint64_t to, std::size_t limit = 100) {
    std::string out;
    const std::vector<VerdictRevision> revisions =
        *store().revisions(sample_uid(1), from, to, limit);
    for (const VerdictRevision& one : revisions) {
      out += (out.empty() ? "" : " ") + std::to_string(one.sequence) + "@" +
             std::to_string(one.time.ms);
    }
    return out;
  }

  Maker maker_{4};
};

TYPED_TEST_SUITE(RevisionContract, BothStores);

TYPED_TEST(RevisionContract, GivesThemAsTheyWereNewestFirst) {
  this->revise(7, 10);
  this->revise(7, 20);
  this->revise(9, 30);
  EXPECT_EQ(this->revisions(0, UINT64_MAX), "9@30 7@20 7@10");
  EXPECT_EQ(this->revisions(7, 8), "7@20 7@10");
  EXPECT_EQ(this->revisions(8, 9), "9@30");
  EXPECT_EQ(this->revisions(0, UINT64_MAX, 2), "9@30 7@20");
  EXPECT_EQ(this->revisions(9, 7), "");
  EXPECT_TRUE(this->store().revisions(sample_uid(2), 0, UINT64_MAX, 10)->empty());
  const VerdictRevision read = this->store().revisions(sample_uid(1), 9, 9, 1)->front();
  const VerdictRevision written = sample_revision(9, 30);
  EXPECT_EQ(read.host, written.host);
  EXPECT_EQ(read.generation, written.generation);
  EXPECT_EQ(read.cause, written.cause);
  EXPECT_EQ(read.verdict.state, written.verdict.state);
  EXPECT_EQ(read.verdict.findings, written.verdict.findings);
  EXPECT_EQ(read.verdict.snapshot, written.verdict.snapshot);
  EXPECT_EQ(read.verdict.valid_until, written.verdict.valid_until);
}

TYPED_TEST(RevisionContract, GoWithTheAppraisalsThatTheyAreAbout) {
  for (std::uint64_t sequence = 1; sequence <= 8; ++sequence) {
    CommitBatch batch = edge_batch(1, sequence);
    batch.revisions = {sample_revision(sequence, 10)};
    this->commit(batch);
  }
  const auto kept = *this->store().history(sample_uid(1), 0, 100);
  ASSERT_EQ(kept.size(), 4U);
  EXPECT_EQ(this->revisions(0, UINT64_MAX), "8@10 7@10 6@10 5@10");
}

TYPED_TEST(RevisionContract, KeepsWhoAHostWas) {
  HostRecord former = sample_host(1);
  former.generation = 1;
  CommitBatch batch;
  batch.former_identities = {std::make_shared<const HostRecord>(former)};
  this->commit(batch);
  const Result<HostRecord> read = this->store().former_identity(former.uid, 1);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->ak_public, former.ak_public);
  EXPECT_EQ(read->curve_key, former.curve_key);
  EXPECT_EQ(read->generation, 1U);
  EXPECT_EQ(this->store().former_identity(former.uid, 2).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->store().former_identity(sample_uid(2), 1).error().code, ErrorCode::kNotFound);
}

// Records are read, changed and written back, and never carry the certificate.
TYPED_TEST(RevisionContract, KeepsACertificateWhateverIsWrittenOfItsHostUntilItIsRemoved) {
  const EkCertificate certificate = sample_ek_certificate(1);
  const auto read = [&] {
    return this->store().ek_certificate(certificate.host, certificate.sha256);
  };
  this->commit(edge_batch(1, 1));
  EXPECT_EQ(*read(), certificate.der);
  CommitBatch changed;
  HostRecord bare = sample_host(1);
  bare.ek_certificate.reset();
  changed.hosts = {std::make_shared<const HostRecord>(sample_host(1)),
                   std::make_shared<const HostRecord>(bare)};
  this->commit(changed);
  EXPECT_EQ(*read(), certificate.der);
  changed.hosts_removed = {certificate.host};
  this->commit(changed);
  EXPECT_EQ(*read(), certificate.der) << "removed and written in one batch";
  changed.hosts.clear();
  HostRecord former = sample_host(1);
  former.generation = 1;
  CommitBatch other = edge_batch(2, 1);
  other.former_identities = {std::make_shared<const HostRecord>(former)};
  this->commit(other);
  this->commit(changed);
  EXPECT_EQ(read().error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(this->store().former_identity(former.uid, 1)) << "who nobody is any more";
  const EkCertificate others = sample_ek_certificate(2);
  EXPECT_EQ(*this->store().ek_certificate(others.host, others.sha256), others.der);
}

// A host that enrols again and again takes no more room than that.
TEST(FormerIdentities, AreBounded) {
  Rocks rocks(0);
  HostRecord former = sample_host(1);
  for (former.generation = 1; former.generation <= limits::kFormerIdentitiesMax + 2;
       ++former.generation) {
    CommitBatch batch;
    batch.former_identities = {std::make_shared<const HostRecord>(former)};
    ASSERT_TRUE((*rocks).commit(batch));
  }
  EXPECT_FALSE((*rocks).former_identity(former.uid, 1));
  EXPECT_FALSE((*rocks).former_identity(former.uid, 2));
  EXPECT_TRUE((*rocks).former_identity(former.uid, 3));
  EXPECT_TRUE((*rocks).former_identity(former.uid, limits::kFormerIdentitiesMax + 2));
}

}  // namespace
}  // namespace quotemill::storage
