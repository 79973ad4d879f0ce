// The contract of VerdictLog and History, kept by both stores alike.
#include "tests/storage/store_contract.h"

#include <array>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

TYPED_TEST_SUITE(StoreContract, BothStores);

TYPED_TEST(StoreContract, BeginsEmpty) {
  const Result<StoreStatus> status = this->store().status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->stream_id.size(), 26U);
  EXPECT_EQ(status->last_change, 0U);
  EXPECT_EQ(status->first_change, 0U);
  EXPECT_TRUE(this->store().baselines()->empty());
  EXPECT_TRUE(this->store().tokens()->empty());
  EXPECT_TRUE(this->store().changes(0, 10)->empty());
  EXPECT_TRUE(this->store().history(sample_uid(1), 0, 10)->empty());
  EXPECT_EQ(this->store().boot_log(sample_boot_log(10, 1).id).error().code, ErrorCode::kNotFound);
}

TYPED_TEST(StoreContract, GivesHostsWithTheirStatesInKeyOrder) {
  CommitBatch batch;
  for (const std::uint8_t number : std::array<std::uint8_t, 3>{3, 1, 2}) {
    batch.hosts.push_back(std::make_shared<const HostRecord>(sample_host(number)));
  }
  for (const std::uint8_t number :
       std::array<std::uint8_t, 3>{4, 3, 1}) {  // 2 has none; 4 is an orphan
    batch.states.push_back(std::make_shared<const HostState>(sample_state(number, 5)));
  }
  this->commit(batch);
  std::vector<std::pair<HostUid, bool>> seen;
  const Result<void> done = this->store().for_each_host(
      [&](const HostRecord& record, const std::optional<HostState>& state) {
        seen.emplace_back(record.uid, state.has_value());
        if (state) {
          EXPECT_EQ(state->host, record.uid);
          EXPECT_EQ(encode_state(*state), encode_state(sample_state(record.uid.bytes[0], 5)));
        }
        EXPECT_EQ(encode_host(record), encode_host(sample_host(record.uid.bytes[0])));
      });
  ASSERT_TRUE(done) << done.error().to_string();
  const std::vector<std::pair<HostUid, bool>> wanted = {
      {sample_uid(1), true}, {sample_uid(2), false}, {sample_uid(3), true}};
  EXPECT_EQ(seen, wanted);
}

TYPED_TEST(StoreContract, ReplacesHostsAndRemovesThem) {
  CommitBatch batch;
  batch.hosts = {std::make_shared<const HostRecord>(sample_host(1)),
                 std::make_shared<const HostRecord>(sample_host(2))};
  batch.states = {std::make_shared<const HostState>(sample_state(1, 1))};
  this->commit(batch);
  HostRecord renamed = sample_host(2);
  renamed.name = "other";
  CommitBatch next;
  next.hosts = {std::make_shared<const HostRecord>(renamed)};
  next.hosts_removed = {sample_uid(1)};
  this->commit(next);
  std::vector<std::string> names;
  ASSERT_TRUE(this->store().for_each_host(
      [&](const HostRecord& record, const auto& /*state*/) { names.push_back(record.name); }));
  EXPECT_EQ(names, std::vector<std::string>{"other"});
}

TYPED_TEST(StoreContract, PagesThroughHistoryNewestFirst) {
  CommitBatch batch;
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    batch.history.push_back(sample_appraisal(2, sequence, sequence == 1));
  }
  batch.history.push_back(sample_appraisal(1, 9, true));
  batch.history.push_back(sample_appraisal(3, 1, true));
  this->commit(batch);
  const auto sequences = [&](std::uint64_t before, std::size_t limit) {
    std::vector<std::uint64_t> out;
    const auto entries = this->store().history(sample_uid(2), before, limit);
    for (const HistoryEntry& entry : *entries) {
      EXPECT_EQ(entry.host, sample_uid(2));
      out.push_back(entry.sequence);
    }
    return out;
  };
  using Sequences = std::vector<std::uint64_t>;
  EXPECT_EQ(sequences(0, 2), (Sequences{5, 4}));
  EXPECT_EQ(sequences(4, 2), (Sequences{3, 2}));
  EXPECT_EQ(sequences(2, 9), (Sequences{1}));
  EXPECT_EQ(sequences(1, 9), (Sequences{}));
  EXPECT_EQ(sequences(0, 0), (Sequences{}));
  EXPECT_EQ(encode_appraisal(this->store().history(sample_uid(2), 2, 1)->front()),
            encode_appraisal(sample_appraisal(2, 1, true)));
}

TYPED_TEST(StoreContract, KeepsAsManyAppraisalsPerHostAsAsked) {
  TypeParam maker(3);
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    CommitBatch batch;
    batch.history = {sample_appraisal(1, sequence, false)};
    batch.history[0].verdict.state = TrustState::kTrusted;
    ASSERT_TRUE((*maker).commit(batch));
  }
  const auto entries = (*maker).history(sample_uid(1), 0, 100);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ(entries->back().sequence, 8U);
}

TYPED_TEST(StoreContract, GivesChangesFromASequenceOn) {
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    this->commit(change_batch(sequence, 1));
  }
  const auto changes = this->store().changes(2, 2);
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 2U);
  EXPECT_EQ(changes->front().sequence, 2U);
  EXPECT_EQ(changes->back().sequence, 3U);
  EXPECT_EQ(encode_change(changes->front()), encode_change(sample_change(2, 1)));
  EXPECT_EQ(this->store().changes(0, 10)->size(), 4U);
  EXPECT_TRUE(this->store().changes(5, 10)->empty());
  EXPECT_EQ(this->store().status()->first_change, 1U);
  EXPECT_EQ(this->store().status()->last_change, 4U);
}

TYPED_TEST(StoreContract, DropsOldChangesAndNeverTheNewest) {
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    this->commit(change_batch(sequence, 1));
  }
  ASSERT_TRUE(this->store().drop_changes(3));
  EXPECT_EQ(this->store().status()->first_change, 3U);
  EXPECT_EQ(this->store().changes(1, 10)->front().sequence, 3U);
  ASSERT_TRUE(this->store().drop_changes(100));
  EXPECT_EQ(this->store().status()->first_change, 4U);
  ASSERT_TRUE(this->store().drop_changes(1));
  this->commit(change_batch(5, 1));
  EXPECT_EQ(this->store().status()->last_change, 5U);
}

TYPED_TEST(StoreContract, RefusesAGapInTheChangesAndWritesNothing) {
  this->commit(change_batch(1, 1));
  for (const std::uint64_t wrong : std::array<std::uint64_t, 3>{0, 1, 3}) {
    CommitBatch batch = change_batch(wrong, 1);
    batch.history = {sample_appraisal(1, 1, true)};
    const Result<void> refused = this->store().commit(batch);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::kInternal);
  }
  EXPECT_TRUE(this->store().history(sample_uid(1), 0, 10)->empty());
  this->commit(change_batch(2, 1));
}

TYPED_TEST(StoreContract, KeepsBootLogsByTheEvidenceThatTheyCameWith) {
  const BootLogRecord small = sample_boot_log(10, 1);
  const BootLogRecord large = sample_boot_log(100'000, 2);
  BootLogRecord like_it = sample_boot_log(100'001, 2);
  like_it.content[50'000] = 3;
  CommitBatch batch;
  batch.boot_logs = {small, large, like_it};
  this->commit(batch);
  this->commit(batch);
  EXPECT_EQ(*this->store().boot_log(small.id), small.content);
  EXPECT_EQ(*this->store().boot_log(large.id), large.content);
  EXPECT_EQ(*this->store().boot_log(like_it.id), like_it.content);
}

TYPED_TEST(StoreContract, KeepsEveryPolicyThatWasAppliedInOrder) {
  CommitBatch batch;
  batch.policies = {sample_policy(1, "prod"), sample_policy(2, "lab")};
  this->commit(batch);
  auto withdrawal = std::make_shared<PolicyRecord>(*sample_policy(300, "prod"));
  withdrawal->text.clear();
  CommitBatch later;
  later.policies = {withdrawal};
  this->commit(later);
  const auto policies = this->store().policies();
  ASSERT_TRUE(policies);
  ASSERT_EQ(policies->size(), 3U);
  EXPECT_EQ((*policies)[0]->id, "prod");
  EXPECT_EQ((*policies)[1]->text, sample_policy(2, "lab")->text);
  EXPECT_EQ((*policies)[1]->applied.ms, sample_policy(2, "lab")->applied.ms);
  EXPECT_EQ((*policies)[1]->by, "alice");
  EXPECT_EQ((*policies)[2]->number, 300U);
  EXPECT_TRUE((*policies)[2]->is_withdrawal());
}

TYPED_TEST(StoreContract, KeepsTheAuditTrailAndKnowsItsEnd) {
  EXPECT_EQ(this->store().audit_head()->number, 0U);
  AuditHead head;
  std::vector<AuditRecord> acts;
  for (int i = 0; i < 3; ++i) {
    acts.push_back(next_record(head, {"alice", "retire", std::to_string(i)}, {1'000 + i}));
    head = {acts.back().number, acts.back().id};
    CommitBatch batch;
    batch.audit = {acts.back()};
    this->commit(batch);
  }
  EXPECT_EQ(*this->store().audit(1, 10), acts);
  EXPECT_EQ(this->store().audit(2, 1)->front(), acts[1]);
  EXPECT_TRUE(this->store().audit(4, 10)->empty());
  EXPECT_EQ(this->store().audit_head()->number, 3U);
  EXPECT_EQ(this->store().audit_head()->id, head.id);
}

TYPED_TEST(StoreContract, KeepsImportedBaselinesTheirFilesAndTheirRetirement) {
  const auto imported = testing::sample_imported_baseline("shim", 3);
  auto file = std::make_shared<ReferenceFile>();
  file->id = imported->file->id;
  file->content = testing::sample_reference_text();
  CommitBatch batch;
  batch.baselines = {imported};
  batch.reference_files = {file};
  ASSERT_TRUE(this->store().commit(batch));
  const auto kept = *this->store().baselines();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0]->values, imported->values);
  EXPECT_EQ(kept[0]->file->name, imported->file->name);
  EXPECT_EQ(content_id(*kept[0]), content_id(*imported));
  EXPECT_EQ(as_text(*this->store().reference_file(file->id)), file->content);
  EXPECT_FALSE(this->store().reference_file(Digest()));
  auto retired = std::make_shared<Baseline>(*imported);
  retired->values.clear();
  retired->retired = {7};
  retired->retired_by = "bob";
  batch = {};
  batch.baselines = {retired};
  ASSERT_TRUE(this->store().commit(batch));
  const auto after = *this->store().baselines();
  ASSERT_EQ(after.size(), 1U) << "in the place of the one of its version";
  EXPECT_EQ(after[0]->retired_by, "bob");
  EXPECT_TRUE(after[0]->values.empty());
}

TYPED_TEST(StoreContract, KeepsEveryVersionOfABaseline) {
  CommitBatch batch;
  batch.baselines = {sample_baseline("prod", 10), sample_baseline("prod", 2),
                     sample_baseline("lab", 1)};
  this->commit(batch);
  const auto baselines = this->store().baselines();
  ASSERT_TRUE(baselines);
  ASSERT_EQ(baselines->size(), 3U);
  EXPECT_EQ((*baselines)[0]->name, "lab");
  EXPECT_EQ((*baselines)[1]->version, 2U);
  EXPECT_EQ((*baselines)[2]->version, 10U);
  EXPECT_EQ(content_id(*(*baselines)[1]), content_id(*sample_baseline("prod", 2)));
}

TYPED_TEST(StoreContract, KeepsTokensAsTheyAreSpent) {
  TokenRecord token = sample_token(1);
  CommitBatch batch;
  batch.tokens = {token};
  this->commit(batch);
  batch.tokens[0].uses_left = 4;
  this->commit(batch);
  const auto tokens = this->store().tokens();
  ASSERT_TRUE(tokens);
  ASSERT_EQ(tokens->size(), 1U);
  EXPECT_EQ(tokens->front().id, token.id);
  EXPECT_EQ(tokens->front().uses_left, 4U);
  EXPECT_EQ(tokens->front().created, token.created);
}

TYPED_TEST(StoreContract, GivesTheStreamANewId) {
  const std::string before = this->store().status()->stream_id;
  const Result<std::string> fresh = this->store().renew_stream();
  ASSERT_TRUE(fresh) << fresh.error().to_string();
  EXPECT_NE(*fresh, before);
  EXPECT_EQ(this->store().status()->stream_id, *fresh);
}

TYPED_TEST(StoreContract, RemembersWhereEachStreamBegan) {
  const std::string first = this->store().status()->stream_id;
  using Streams = std::vector<StreamBegin>;
  EXPECT_EQ(*this->store().streams(), (Streams{{first, 1, 1}}));
  CommitBatch batch;
  batch.changes = {sample_change(1, 1)};
  batch.audit = {next_record({}, {"ann", "policy.apply", "prod"}, {1})};
  this->commit(batch);
  const std::string second = *this->store().renew_stream();
  EXPECT_EQ(*this->store().streams(), (Streams{{first, 1, 1}, {second, 2, 2}}));
  const std::string third = *this->store().renew_stream();
  EXPECT_EQ(*this->store().streams(), (Streams{{first, 1, 1}, {third, 2, 2}}))
      << "nothing came of the second";
}

TYPED_TEST(StoreContract, AnEmptyBatchIsNothing) {
  this->commit(CommitBatch{});
  EXPECT_EQ(this->store().status()->last_change, 0U);
}

TYPED_TEST(StoreContract, KeepsTheLastTimeOfEachImage) {
  const Digest first = hash(HashAlgorithm::kSha256, as_bytes("first"));
  const Digest second = hash(HashAlgorithm::kSha256, as_bytes("second"));
  EXPECT_TRUE(this->store().image_times()->empty());
  ASSERT_TRUE(this->store().keep_image_times(std::vector<ImageTime>{{first, {5}}, {second, {6}}}));
  ASSERT_TRUE(this->store().keep_image_times(std::vector<ImageTime>{{first, {7}}}));
  EXPECT_THAT(*this->store().image_times(),
              ::testing::UnorderedElementsAre(ImageTime{first, {7}}, ImageTime{second, {6}}));
}

}  // namespace
}  // namespace quotemill::storage
