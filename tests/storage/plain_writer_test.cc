// Records that are written field by field have the bytes that Protocol Buffers would write.
#include "storage/plain_writer.h"

#include <limits>

#include <gtest/gtest.h>

#include "records.pb.h"
#include "storage/records.h"
#include "tests/storage/random_hosts.h"
#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using ::quotemill::testing::Random;
using ::quotemill::testing::random_record;
using ::quotemill::testing::random_state;
using ::quotemill::testing::sample_appraisal;
using ::quotemill::testing::sample_change;
using ::quotemill::testing::sample_uid;

// Read by Protocol Buffers, and written again.
template <class Message>
void expect_plain(const std::string& value) {
  Message message;
  ASSERT_TRUE(message.ParseFromString(value.substr(1)));
  EXPECT_EQ(to_hex(as_bytes(message.SerializeAsString())), to_hex(as_bytes(value).subspan(1)));
}

TEST(PlainWriter, WritesStatesAsProtocolBuffersDo) {
  Random random(21);
  for (int i = 0; i < 5'000; ++i) {
    HostState state = random_state(random, random_record(random).uid);
    state.trust_lost = random() % 2 == 0 ? 0 : random();
    expect_plain<pb::State>(encode_state(state));
  }
}

TEST(PlainWriter, WritesAppraisalsRunsAndRevisionsAsProtocolBuffersDo) {
  Random random(22);
  for (int i = 0; i < 2'000; ++i) {
    const HostState state = random_state(random, sample_uid(1));
    HistoryEntry entry = sample_appraisal(1, 1 + random() % 300, random() % 2 == 0);
    entry.verdict = state.verdict;
    entry.evidence_item.resize(random() % 40'000);
    expect_plain<pb::Appraisal>(encode_appraisal(entry));
    entry.run.emplace().first_evidence_item = state.receipt;
    expect_plain<pb::Run>(encode_appraisal(entry));
    expect_plain<pb::FullEvidence>(encode_full_evidence(random(), entry.evidence_item));
    expect_plain<pb::Revision>(encode_revision(
        {state.host, 1, state.generation, {}, RevisionCause::kFreshness, state.verdict}));
  }
}

TEST(PlainWriter, WritesChangesAsProtocolBuffersDo) {
  Random random(23);
  for (int i = 0; i < 2'000; ++i) {
    Change change = sample_change(random(), 1);
    change.reasons = random_state(random, sample_uid(1)).verdict.findings;
    change.policy_version = static_cast<std::int64_t>(random());
    change.rollout = std::string(random() % 300, 'r');
    change.in_maintenance = random() % 2 == 0;
    change.trust_lost = random() % 3;
    expect_plain<pb::Change>(encode_change(change));
  }
}

TEST(PlainWriter, WritesSizesOfAnyLength) {
  for (const std::size_t size : {0U, 1U, 121U, 122U, 127U, 128U, 16'376U, 16'384U, 2'097'152U}) {
    HistoryEntry entry = sample_appraisal(1, 2, true);
    entry.evidence_item.assign(size, 7);
    entry.run.emplace();
    expect_plain<pb::Run>(encode_appraisal(entry));
  }
}

}  // namespace
}  // namespace quotemill::storage
