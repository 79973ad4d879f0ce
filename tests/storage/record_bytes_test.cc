// Records keep the bytes that they have in stores that exist: of a record with every field set, no
// two alike, so that none can be left out or take another's place unseen.
#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "storage/records.h"
#include "tests/storage/sample_records.h"
#include "tests/support/changed_proof.h"

namespace quotemill::storage {
namespace {

using ::quotemill::testing::change_proof;
using ::quotemill::testing::sample_appraisal;
using ::quotemill::testing::sample_change;
using ::quotemill::testing::sample_state;

std::string id_of_bytes(const std::string& value) {
  return hash(HashAlgorithm::kSha256, as_bytes(value)).hex();
}

Finding full_finding(std::uint32_t number) {
  Finding finding;
  finding.code = FindingCode::kBootEventDigestUnknown;
  finding.severity = Severity::kWarning;
  finding.pcr = number;
  finding.event = number + 1;
  finding.event_type = number + 2;
  finding.digest = hash(HashAlgorithm::kSha256, Bytes(1, static_cast<std::uint8_t>(number)));
  finding.expected = hash(HashAlgorithm::kSha384, Bytes(2, static_cast<std::uint8_t>(number)));
  finding.subject = "subject " + std::to_string(number);
  finding.allowed = "allowed " + std::to_string(number);
  finding.seen_number = number + 3;
  finding.expected_number = number + 4;
  return finding;
}

Verdict full_verdict(std::uint32_t number) {
  Verdict verdict;
  verdict.state = TrustState::kWarning;
  verdict.findings = {full_finding(number), full_finding(number + 100), Finding{}};
  verdict.findings_dropped = number + 5;
  verdict.snapshot.fill(static_cast<std::uint8_t>(number));
  verdict.fresh_from = {-static_cast<std::int64_t>(number)};
  verdict.valid_until = {static_cast<std::int64_t>(number) + 1'000'000};
  return verdict;
}

HostState full_state() {
  HostState state = sample_state(1, 77);
  state.since = {-1'111};
  state.verdict = full_verdict(20);
  state.judged = {2'222};
  state.facts.firmware = "firmware 1.2";
  change_proof(state, [](BootProof& proof) { proof.findings = full_verdict(30).findings; });
  auto latches = std::make_shared<Latches>();
  latches->all = {{full_finding(40), {3'333}, 44, true}, {full_finding(50), {-4'444}, 55, false}};
  latches->is_full = true;
  state.latches = std::move(latches);
  return state;
}

HistoryEntry full_run() {
  HistoryEntry entry = sample_appraisal(1, 9, true);
  entry.verdict = full_verdict(60);
  HistoryRun& run = entry.run.emplace();
  run.first_sequence = 3;
  run.first_time = {5'555};
  run.first_fresh_from = {-6'666};
  run.first_valid_until = {7'777};
  run.first_evidence_item = Bytes(300, 8);
  run.first_nonce.fill(9);
  run.first_nonce_kind = NonceKind::kPreissued;
  run.interactive = 4;
  run.longest_gap_ms = 8'888;
  return entry;
}

Change full_change() {
  Change change = sample_change(91, 1);
  change.reasons = full_verdict(70).findings;
  change.policy_version = -12;
  change.rollout = "rollout-7";
  change.in_maintenance = true;
  change.trust_lost = 13;
  change.boot_id.fill(0xB1);
  change.reset_count = 14;
  change.restart_count = 15;
  change.chain_before = hash(HashAlgorithm::kSha256, Bytes(3, 1));
  return change;
}

TEST(RecordBytes, OfAState) {
  EXPECT_EQ(id_of_bytes(encode_state(full_state())),
            "d8d9a9043b28885865c60854c91037d2d9650542f6133e56320fd236bf2232e7");
  EXPECT_EQ(id_of_bytes(encode_state(HostState{})),
            "d3a4c5d89217cf591aedad9fd63fb17a4206416cb9def91fa1e8da338f8cfce8");
}

TEST(RecordBytes, OfAnAppraisalAndARun) {
  HistoryEntry single = full_run();
  single.run.reset();
  EXPECT_EQ(id_of_bytes(encode_appraisal(single)),
            "26fad9b6f6665b790078ac74c9ff23951f0c94b303600796247d2b73b4ca5fa4");
  EXPECT_EQ(id_of_bytes(encode_appraisal(full_run())),
            "cd28254258b427410c267149c78c87ec38bc6d7165a4e2926f4bfec6a006ef41");
}

TEST(RecordBytes, OfARevision) {
  const HostState state = full_state();
  EXPECT_EQ(id_of_bytes(encode_revision(
                {state.host, 16, 17, {18}, RevisionCause::kFreshness, full_verdict(80)})),
            "f9a8b334d3586b2fc9a0ed55a7b537b9ab7af32a82159b57ab5ce8ee019f0ebb");
}

TEST(RecordBytes, OfAChange) {
  EXPECT_EQ(id_of_bytes(encode_change(full_change())),
            "87c49b058e8921fe5c5faa9576cfb9e5bcd456cc19040bebf776dca8bc8a354a");
}

}  // namespace
}  // namespace quotemill::storage
