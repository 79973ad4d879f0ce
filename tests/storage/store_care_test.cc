// Backups, and checks that find what is wrong.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/database.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HostUid hash_uid(std::uint32_t number) {
  const Digest digest = hash(HashAlgorithm::kSha256, as_bytes(std::to_string(number)));
  HostUid uid;
  std::copy_n(digest.view().begin(), uid.bytes.size(), uid.bytes.begin());
  return uid;
}

class StoreCareTest : public ::testing::Test {
 protected:
  std::unique_ptr<RocksStore> open(const std::string& path) {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.path = path});
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  // Hosts with states, histories and a log that both rest on; policies, changes, acts.
  void fill(RocksStore& store) {
    CommitBatch batch = edge_batch(1, 1);
    HostState state = *batch.states.front();
    BootProof proof = *state.proof;
    batch.boot_logs = {sample_boot_log(3'000, 1)};
    proof.log = batch.boot_logs.front().id;
    state.proof = std::make_shared<const BootProof>(proof);
    batch.states = {std::make_shared<const HostState>(state)};
    batch.history.front().boot_log = proof.log;
    batch.changes = {sample_change(1, 1), sample_change(2, 1)};
    batch.policies = {sample_policy(1, "prod")};
    batch.baselines = {sample_baseline("golden", 1)};
    AuditHead head;
    for (int i = 0; i < 3; ++i) {
      batch.audit.push_back(next_record(head, {"alice", "label", std::to_string(i)}, {i}));
      head = {batch.audit.back().number, batch.audit.back().id};
    }
    const Result<void> committed = store.commit(batch);
    ASSERT_TRUE(committed) << committed.error().to_string();
  }

  void put_raw(Family family, std::string_view key, std::string_view value) {
    const auto database = *Database::open({path_, 1024 * 1024, nullptr});
    rocksdb::WriteBatch batch;
    database->put(family, key, value, batch);
    ASSERT_TRUE(database->write(batch).ok());
  }

  void erase_raw(Family family, std::string_view key) {
    const auto database = *Database::open({path_, 1024 * 1024, nullptr});
    rocksdb::WriteBatch batch;
    database->erase(family, key, batch);
    ASSERT_TRUE(database->write(batch).ok());
  }

  std::vector<std::string> problems() { return open(path_)->check()->problems; }

  TempFolder folder_;
  const std::string path_ = folder_ / "store";
};

TEST_F(StoreCareTest, ASoundStoreHasNoProblems) {
  const auto store = open(path_);
  fill(*store);
  const Result<StoreReport> report = store->check();
  ASSERT_TRUE(report);
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_EQ(report->hosts, 1U);
  EXPECT_EQ(report->appraisals, 1U);
  EXPECT_EQ(report->boot_logs, 1U);
  EXPECT_EQ(report->baselines, 1U);
  EXPECT_EQ(report->policies, 1U);
  EXPECT_EQ(report->changes, 2U);
  EXPECT_EQ(report->acts, 3U);
}

TEST_F(StoreCareTest, ALogThatIsGoneIsNamedOnceByWhoeverRestsOnIt) {
  fill(*open(path_));
  erase_raw(Family::kBlobs, digest_key(sample_boot_log(3'000, 1).id));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr(sample_boot_log(3'000, 1).id.hex())));
}

TEST_F(StoreCareTest, ARecordThatCannotBeReadIsNamed) {
  fill(*open(path_));
  put_raw(Family::kChanges, change_key(2), "\x07nonsense");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("changes ")));
}

TEST_F(StoreCareTest, ACertificateThatIsGoneIsNamedByWhoeverNamesIt) {
  CommitBatch batch;
  HostRecord former = sample_host(1);
  former.generation = 2;
  batch.former_identities = {std::make_shared<const HostRecord>(former)};
  {
    const auto store = open(path_);
    fill(*store);
    ASSERT_TRUE(store->commit(batch));
  }
  const EkCertificate certificate = sample_ek_certificate(1);
  erase_raw(Family::kCertificates, certificate_key(certificate.host, certificate.sha256));
  EXPECT_THAT(problems(),
              ElementsAre(AllOf(HasSubstr("hosts "), HasSubstr("EK certificate"),
                                HasSubstr(certificate.sha256.hex())),
                          AllOf(HasSubstr("identities "), HasSubstr("EK certificate"))));
}

TEST_F(StoreCareTest, ACertificateThatWasChangedIsNamedAndNotGivenOut) {
  fill(*open(path_));
  const EkCertificate certificate = sample_ek_certificate(1);
  Bytes changed = certificate.der;
  changed.back() ^= 1;
  put_raw(Family::kCertificates, certificate_key(certificate.host, certificate.sha256),
          encode_plain(as_text(changed)));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("hosts "), HasSubstr("certificates ")));
  EXPECT_EQ(open(path_)->ek_certificate(certificate.host, certificate.sha256).error().code,
            ErrorCode::kStorage);
}

TEST_F(StoreCareTest, ARevisionOrAFormerIdentityThatIsWrongIsNamed) {
  fill(*open(path_));
  HostRecord former = sample_host(1);
  former.generation = 1;
  put_raw(Family::kIdentities, identity_key(former.uid, 2), encode_host(former));
  put_raw(Family::kRevisions, revision_key(sample_uid(1), 1, {5}), "\x01\xff");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("revisions"), HasSubstr("another generation")));
}

TEST_F(StoreCareTest, ATimeOfAnImageThatIsNoneIsNamedAndNotMadeUp) {
  fill(*open(path_));
  put_raw(Family::kImages, digest_key(sample_boot_log(3'000, 1).id), "\x01 12:30");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is no time")));
  EXPECT_EQ(open(path_)->image_times().error().code, ErrorCode::kStorage);
}

TEST_F(StoreCareTest, AGapInTheChangesIsNamed) {
  fill(*open(path_));
  put_raw(Family::kChanges, change_key(9), encode_change(sample_change(9, 1)));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("follows 2")));
}

TEST_F(StoreCareTest, AnActThatWasChangedBreaksTheTrailWhereItIs) {
  fill(*open(path_));
  const std::vector<AuditRecord> second = *open(path_)->audit(2, 1);
  AuditRecord forged = second.front();
  forged.act.who = "mallory";
  put_raw(Family::kAudit, audit_key(2), encode_audit(forged));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("the chain is broken")));
}

TEST_F(StoreCareTest, AStateWithoutItsHostIsNamed) {
  fill(*open(path_));
  erase_raw(Family::kHosts, host_key(sample_uid(1)));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("a host that is not there")));
}

// Hosts that enrol, and logs that nothing rests on any more and that go, while it reads.
TEST_F(StoreCareTest, FindsNothingWrongWhileTheDaemonWrites) {
  constexpr std::uint32_t kHosts = 3'000;
  const auto store = open(path_);
  const auto batch_of = [](std::uint32_t number, std::uint8_t log) {
    CommitBatch batch = edge_batch(1, 1);
    HostRecord record = *batch.hosts.front();
    HostState state = *batch.states.front();
    record.uid = hash_uid(number);
    state.host = record.uid;
    BootProof proof = *state.proof;
    const std::string evidence = std::to_string(number) + " " + std::to_string(log);
    batch.boot_logs = {{hash(HashAlgorithm::kSha256, as_bytes(evidence)), Bytes(500, log)}};
    proof.log = batch.boot_logs.front().id;
    state.proof = std::make_shared<const BootProof>(proof);
    batch.hosts = {std::make_shared<const HostRecord>(record)};
    batch.states = {std::make_shared<const HostState>(state)};
    batch.ek_certificates.front().host = record.uid;
    batch.history.clear();
    return batch;
  };
  CommitBatch all;
  for (std::uint32_t number = 0; number < kHosts; ++number) {
    const CommitBatch one = batch_of(number, 1);
    all.hosts.push_back(one.hosts.front());
    all.states.push_back(one.states.front());
    all.boot_logs.push_back(one.boot_logs.front());
    all.ek_certificates.push_back(one.ek_certificates.front());
  }
  ASSERT_TRUE(store->commit(all));
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (std::uint32_t number = 0; !is_over; ++number) {
      EXPECT_TRUE(store->commit(batch_of(kHosts + number, 2)));
      EXPECT_TRUE(store->commit(batch_of(number % kHosts, static_cast<std::uint8_t>(3 + number))));
      CommitBatch removal;
      removal.hosts_removed = {hash_uid(kHosts - 1 - number % kHosts)};
      EXPECT_TRUE(store->commit(removal));
      if (number % 16 == 0) {
        EXPECT_TRUE(store->collect_logs());
      }
    }
  });
  for (int look = 0; look < 6; ++look) {
    const Result<StoreReport> report = store->check();
    EXPECT_TRUE(report);
    EXPECT_THAT(report->problems, IsEmpty());
  }
  is_over = true;
  writer.join();
}

TEST_F(StoreCareTest, ABackupHasAllOfItAndAnotherStream) {
  const std::string copy = folder_ / "copy";
  std::string stream;
  {
    const auto store = open(path_);
    fill(*store);
    ASSERT_TRUE(store->backup(copy));
    CommitBatch later;
    later.changes = {sample_change(3, 1)};
    ASSERT_TRUE(store->commit(later)) << "the store goes on";
    stream = store->status()->stream_id;
  }
  const auto restored = open(copy);
  EXPECT_THAT(restored->check()->problems, IsEmpty());
  EXPECT_EQ(restored->status()->last_change, 2U);
  EXPECT_NE(restored->status()->stream_id, stream);
  const std::vector<StreamBegin> streams = *restored->streams();
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].id, stream) << "what it had before keeps its ids";
  EXPECT_EQ(streams[1].id, restored->status()->stream_id);
  EXPECT_EQ(streams[1].change, 3U);
  EXPECT_EQ(restored->boot_log(sample_boot_log(3'000, 1).id)->size(), 3'000U);
  CommitBatch next;
  next.changes = {sample_change(3, 1)};
  EXPECT_TRUE(restored->commit(next));
  EXPECT_EQ(std::filesystem::status(copy).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(StoreCareTest, ABackupHasWhatIsInTheJournalAlone) {
  const std::string copy = folder_ / "copy";
  const auto store = open(path_);
  ASSERT_TRUE(store->commit(edge_batch(2, 1)));
  for (std::uint64_t sequence = 2; sequence < 6; ++sequence) {
    CommitBatch batch;
    batch.reaffirmed = {sample_reaffirmation(2, sequence)};
    ASSERT_TRUE(store->commit(batch));
  }
  ASSERT_TRUE(store->backup(copy));
  const auto restored = open(copy);
  EXPECT_EQ(restored->history(sample_uid(2), 0, 1)->front().sequence, 5U);
}

TEST_F(StoreCareTest, ABackupIsNeverPutWhereSomethingIs) {
  const auto store = open(path_);
  fill(*store);
  for (const std::string& folder :
       {std::string(folder_ / "store"), std::string(), path_, std::string("relative/folder")}) {
    const Result<void> refused = store->backup(folder);
    ASSERT_FALSE(refused) << folder;
    EXPECT_EQ(refused.error().code, ErrorCode::kConfig);
  }
  EXPECT_FALSE(store->backup(folder_ / "no/such/parent/copy"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "no/such/parent/copy"));
  EXPECT_THAT(store->check()->problems, IsEmpty());
}

}  // namespace
}  // namespace quotemill::storage
