#include "storage/records.h"

#include <gtest/gtest.h>

#include "records.pb.h"
#include "storage/history_run.h"
#include "tests/storage/sample_records.h"
#include "tests/support/changed_proof.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

std::string of_version(std::uint8_t version, std::string value) {
  value[0] = static_cast<char>(version);
  return value;
}

template <class T>
void expect_newer(const Result<T>& result, const char* what) {
  ASSERT_FALSE(result.has_value()) << what;
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
  EXPECT_STREQ(result.error().context, what);
  EXPECT_NE(result.error().to_string().find("newer Quotemill"), std::string::npos)
      << result.error().to_string();
}

TEST(Records, HostKeepsEveryField) {
  const HostRecord host = sample_host(1);
  const Result<HostRecord> read = decode_host(host.uid, encode_host(host));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->uid, host.uid);
  EXPECT_EQ(read->name, host.name);
  EXPECT_EQ(read->life_cycle, host.life_cycle);
  EXPECT_EQ(read->curve_key, host.curve_key);
  EXPECT_EQ(read->labels, host.labels);
  EXPECT_EQ(encode_host(*read), encode_host(host));
}

TEST(Records, StateKeepsEveryField) {
  const HostState state = sample_state(1, 77);
  const Result<HostState> read = decode_state(state.host, encode_state(state));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->sequence, 77U);
  EXPECT_EQ(read->counters->clock, state.counters->clock);
  EXPECT_EQ(read->proof->pcrs, state.proof->pcrs);
  ASSERT_TRUE(read->runtime);
  EXPECT_EQ(read->runtime->rules, state.runtime->rules);
  EXPECT_EQ(read->runtime->pcr, state.runtime->pcr);
  EXPECT_EQ(read->runtime->list.listed, 2U);
  EXPECT_EQ(read->runtime->list.boot_aggregate, state.runtime->list.boot_aggregate);
  EXPECT_EQ(read->runtime->findings, state.runtime->findings);
  EXPECT_EQ(read->verdict.findings, state.verdict.findings);
  EXPECT_EQ(read->facts.kernel, state.facts.kernel);
  EXPECT_EQ(read->nonce_issued, state.nonce_issued);
  EXPECT_EQ(encode_state(*read), encode_state(state));
}

TEST(Records, StateKeepsItsLatches) {
  HostState state = sample_state(1, 77);
  Latches latches;
  latches.all = {{state.verdict.findings.front(), {1'795'471'100'000}, 70, true},
                 {state.verdict.findings.back(), {1'795'471'100'001}, 71, false}};
  latches.is_full = true;
  state.latches = std::make_shared<const Latches>(latches);
  const std::string value = encode_state(state);
  EXPECT_EQ(value.front(), 2) << "a program that would forget them must not read it";
  const Result<HostState> read = decode_state(state.host, value);
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_TRUE(read->latches);
  EXPECT_EQ(*read->latches, latches);
  EXPECT_EQ(encode_state(*read), value);
  EXPECT_EQ(encode_state(sample_state(1, 77)).front(), 1) << "others stay as they were";
}

TEST(Records, FreshStateKeepsItsAbsentParts) {
  HostState state;
  state.host = sample_uid(1);
  const Result<HostState> read = decode_state(state.host, encode_state(state));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_FALSE(read->counters);
  EXPECT_FALSE(read->proof);
  EXPECT_FALSE(read->runtime);
  EXPECT_FALSE(read->latches);
  EXPECT_FALSE(read->nonce_issued);
}

TEST(Records, AppraisalKeepsEveryField) {
  const HistoryEntry entry = sample_appraisal(1, 5, true);
  const Result<HistoryEntry> read = decode_appraisal(entry.host, 5, encode_appraisal(entry));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->evidence_item, entry.evidence_item);
  EXPECT_EQ(read->nonce_kind, NonceKind::kPreissued);
  EXPECT_EQ(read->boot_log, entry.boot_log);
  EXPECT_EQ(encode_appraisal(*read), encode_appraisal(entry));
}

TEST(Records, ARunKeepsEveryField) {
  HistoryEntry run = sample_trusted_appraisal(1, 5);
  for (const std::uint64_t sequence : {6U, 7U}) {
    extend(run, sample_trusted_appraisal(1, sequence));
  }
  const std::string value = encode_appraisal(run);
  EXPECT_EQ(value[0], 2) << "no reader of single appraisals takes it for one";
  const Result<HistoryEntry> read = decode_appraisal(run.host, 5, value);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->sequence, 7U);
  EXPECT_EQ(read->count(), 3U);
  EXPECT_EQ(read->time, sample_time(7));
  EXPECT_EQ(read->evidence_item, run.evidence_item);
  ASSERT_TRUE(read->run);
  EXPECT_EQ(read->run->first_sequence, 5U);
  EXPECT_EQ(read->run->first_time, sample_time(5));
  EXPECT_EQ(read->run->first_evidence_item, sample_trusted_appraisal(1, 5).evidence_item);
  EXPECT_EQ(read->run->longest_gap_ms, kSampleStepMs);
  EXPECT_EQ(encode_appraisal(*read), value);
}

TEST(Records, ARunMustEndBehindItsBeginning) {
  HistoryEntry run = sample_trusted_appraisal(1, 5);
  extend(run, sample_trusted_appraisal(1, 6));
  const Result<HistoryEntry> read = decode_appraisal(run.host, 6, encode_appraisal(run));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kStorage);
}

TEST(Records, AnOlderQuotemillDoesNotTakeAnImportedBaselineForAnEmptyOne) {
  EXPECT_EQ(encode_baseline(*sample_baseline("prod", 2)).front(), 1);
  EXPECT_EQ(encode_baseline(*sample_imported_baseline("prod", 2)).front(), 2);
  std::string newer = encode_baseline(*sample_imported_baseline("prod", 2));
  newer.front() = 4;
  EXPECT_EQ(decode_baseline(newer).error().code, ErrorCode::kUnsupported);
}

TEST(Records, AnImageOfEsxiKeepsEveryField) {
  BaseImage image;
  image.name = "ESXi-8.0U3";
  image.vendor = "VMware, Inc.";
  image.database = Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xDB));
  image.vibs = {{"esx-base",
                 "8.0.3-0.35.24280767",
                 "VMware",
                 AcceptanceLevel::kCertified,
                 {{"b", "b.b00", *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xAB))},
                  {"tools", "", *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xCD))}}}};
  derive_from_vibs(image);
  Baseline baseline = *sample_imported_baseline("esxi", 2);
  baseline.values.clear();
  baseline.image = std::make_shared<const BaseImage>(image);
  baseline.approved = {1'700'000'000'001};
  baseline.approved_by = "bob";
  const std::string stored = encode_baseline(baseline);
  EXPECT_EQ(stored.front(), 3) << "an older Quotemill would take it for an empty list";
  const Result<Baseline> read = decode_baseline(stored);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read->image, image);
  EXPECT_EQ(read->approved, baseline.approved);
  EXPECT_EQ(read->approved_by, "bob");
  EXPECT_TRUE(read->is_approved());
  EXPECT_EQ(encode_baseline(*read), stored);
  EXPECT_EQ(values_of(*read).size(), 2U);
}

TEST(Records, ChangeBaselineTokenKeepEveryField) {
  const Change change = sample_change(4, 1);
  const Result<Change> read = decode_change(4, encode_change(change));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->reasons, change.reasons);
  EXPECT_EQ(encode_change(*read), encode_change(change));
  EXPECT_EQ(read->policy_version, change.policy_version);
  EXPECT_EQ(read->rollout, change.rollout);
  EXPECT_EQ(read->trust_lost, change.trust_lost);
  EXPECT_EQ(id_of(*read), id_of(change)) << "and what is before it in the chain";

  const auto baseline = sample_baseline("prod", 2);
  const Result<Baseline> captured = decode_baseline(encode_baseline(*baseline));
  ASSERT_TRUE(captured) << captured.error().to_string();
  EXPECT_EQ(content_id(*captured), content_id(*baseline));

  const TokenRecord token = sample_token(1);
  const Result<TokenRecord> known = decode_token(token.id, encode_token(token));
  ASSERT_TRUE(known) << known.error().to_string();
  EXPECT_EQ(known->uses_left, token.uses_left);
  EXPECT_EQ(known->expires, token.expires);
}

TEST(RecordsCve, Cve2025_1057_NamesTheVersionOfANewerRecord) {
  expect_newer(decode_host(sample_uid(1), of_version(2, encode_host(sample_host(1)))),
               "host record");
  expect_newer(decode_state(sample_uid(1), of_version(9, encode_state(sample_state(1, 1)))),
               "state record");
  expect_newer(decode_change(1, of_version(255, encode_change(sample_change(1, 1)))),
               "change record");
  expect_newer(decode_appraisal(sample_uid(1), 1,
                                of_version(0, encode_appraisal(sample_appraisal(1, 1, false)))),
               "history record");
  expect_newer(decode_appraisal(sample_uid(1), 1,
                                of_version(3, encode_appraisal(sample_appraisal(1, 1, false)))),
               "history record");
}

TEST(RecordsCve, Cve2025_1057_NamesAnUnknownFindingCode) {
  pb::Change change;
  change.ParseFromString(encode_change(sample_change(1, 1)).substr(1));
  change.mutable_reasons(0)->set_code(9999);
  const Result<Change> read = decode_change(1, encode_plain(change.SerializeAsString()));
  expect_newer(read, "change record");
  EXPECT_NE(read.error().to_string().find("finding code 9999"), std::string::npos)
      << read.error().to_string();
  change.mutable_reasons(0)->set_code(0x10000 + 201);  // must not wrap around to a known one
  expect_newer(decode_change(1, encode_plain(change.SerializeAsString())), "change record");
}

TEST(RecordsCve, Cve2025_1057_NamesUnknownEnumerators) {
  pb::Host host;
  host.ParseFromString(encode_host(sample_host(1)).substr(1));
  host.set_life_cycle(77);
  expect_newer(decode_host(sample_uid(1), encode_plain(host.SerializeAsString())), "host record");
  pb::State state;
  state.ParseFromString(encode_state(sample_state(1, 1)).substr(1));
  state.set_state(5);
  expect_newer(decode_state(sample_uid(1), encode_plain(state.SerializeAsString())),
               "state record");
}

// A record that holds its certificate was written before the store was moved to this format: taken
// for one without any, it would lose it when it is written back.
TEST(Records, AHostThatHoldsItsCertificateIsNoHostOfThisFormat) {
  pb::Host host;
  host.ParseFromString(encode_host(sample_host(1)).substr(1));
  host.set_ek_certificate("DER");
  const Result<HostRecord> read =
      decode_host(sample_uid(1), encode_plain(host.SerializeAsString()));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kStorage);
}

TEST(Records, DamagedValuesAreErrorsNotCrashes) {
  for (const std::string& value :
       {encode_state(sample_state(1, 1)), encode_host(sample_host(1)),
        encode_appraisal(sample_appraisal(1, 1, true)), encode_change(sample_change(1, 1)),
        encode_baseline(*sample_baseline("b", 1))}) {
    for (std::size_t size = 0; size < value.size(); size += 7) {
      const std::string cut = value.substr(0, size);
      (void)decode_state(sample_uid(1), cut).has_value();
      (void)decode_host(sample_uid(1), cut).has_value();
      (void)decode_appraisal(sample_uid(1), 1, cut).has_value();
      (void)decode_change(1, cut).has_value();
      (void)decode_baseline(cut).has_value();
    }
  }
  EXPECT_FALSE(decode_state(sample_uid(1), ""));
}

TEST(Records, PcrValuesMustFillTheirMask) {
  pb::State state;
  state.ParseFromString(encode_state(sample_state(1, 1)).substr(1));
  state.mutable_proof()->mutable_pcrs()->set_mask(0x7FFFFF);
  const Result<HostState> read =
      decode_state(sample_uid(1), encode_plain(state.SerializeAsString()));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kStorage);
}

// storage/README.md quotes these sizes.
TEST(Records, SizesAreAsTheReadmeSays) {
  HistoryEntry trusted = sample_appraisal(1, 1000, false);
  trusted.verdict.state = TrustState::kTrusted;
  trusted.verdict.findings.clear();
  HistoryEntry full = sample_appraisal(1, 1000, true);
  full.verdict.findings.clear();
  HostState state = sample_state(1, 1000);
  state.verdict.findings.clear();
  state.runtime = nullptr;  // of hosts whose PCR 10 is quoted: some 300 bytes more
  change_proof(state, [](BootProof& proof) { proof.findings.clear(); });
  HistoryEntry run = trusted;
  HistoryEntry next = trusted;
  next.sequence = 1001;
  extend(run, next);
  const auto size = [](const std::string& value) { return value.size(); };
  RecordProperty("host", static_cast<int>(size(encode_host(sample_host(1)))));
  std::printf("host %zu, state %zu, appraisal %zu, with PCR values %zu, run %zu\n",
              size(encode_host(sample_host(1))), size(encode_state(state)),
              size(encode_appraisal(trusted)), size(encode_appraisal(full)),
              size(encode_appraisal(run)));
  std::printf("change %zu, baseline %zu\n", size(encode_change(sample_change(1, 1))),
              size(encode_baseline(*sample_baseline("production", 1))));
  EXPECT_LT(encode_host(sample_host(1)).size(), 1000U);
  EXPECT_LT(encode_state(state).size(), 1500U);
  EXPECT_LT(encode_appraisal(trusted).size(), 750U);
  EXPECT_LT(encode_appraisal(full).size(), 1550U);
  EXPECT_LT(encode_appraisal(run).size(), 1350U);
  EXPECT_LT(encode_change(sample_change(1, 1)).size(), 520U);
}

}  // namespace
}  // namespace quotemill::storage
