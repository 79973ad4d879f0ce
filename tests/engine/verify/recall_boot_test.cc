#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/verdict/host_state.h"
#include "tests/engine/verify/boot_log_check.h"

namespace quotemill {
namespace {

using testing::BootLogCheck;
using testing::log_without_pcr;
using testing::measured;
using testing::SoftwareHost;

constexpr HashAlgorithm kSha256 = HashAlgorithm::kSha256;

BootProof proof_of(const SoftwareHost& host) {
  BootProof proof;
  proof.pcrs = KnownPcrs(host.draft(host.challenge()).quoted.front());
  return proof;
}

TEST(RecallBoot, IsTheBootThatTheQuoteProved) {
  const SoftwareHost host;
  const Bytes log = host.log();
  const std::optional<VerifiedBoot> recalled = recall_boot(proof_of(host), log);
  const BootLogCheck verified(host, log);
  ASSERT_TRUE(recalled);
  EXPECT_TRUE(recalled->is_proven());
  EXPECT_EQ(recalled->pcrs(), verified->pcrs());
  EXPECT_EQ(recalled->proven_pcrs(), verified->proven_pcrs());
  EXPECT_EQ(recalled->findings(), verified->findings());
  EXPECT_EQ(recalled->boot_log().events.size(), verified->boot_log().events.size());
}

// What is stored beside a proof is not believed: it explains each value, or there is nothing.
TEST(RecallBoot, GivesNothingForALogThatDoesNotExplainAllValues) {
  const SoftwareHost host;
  const BootProof proof = proof_of(host);
  const Bytes log = host.log();
  for (const std::uint32_t pcr : {0U, 1U, 4U, 7U, 8U, 14U}) {
    EXPECT_FALSE(recall_boot(proof, log_without_pcr(host, pcr)).has_value()) << pcr;
  }
  SoftwareHost other;
  other.boot.push_back(measured(4, event_type::kIpl, "one event more"));
  EXPECT_FALSE(recall_boot(proof, other.log()).has_value());
  EXPECT_FALSE(recall_boot(proof_of(other), log).has_value());
  EXPECT_FALSE(recall_boot(proof, ByteView(log).first(log.size() - 1)));
  EXPECT_FALSE(recall_boot(proof, {}).has_value());
}

TEST(RecallBoot, GivesNothingForValuesOfAnotherBankOrOfAnUntouchedOne) {
  const SoftwareHost host;
  for (const HashAlgorithm bank : {HashAlgorithm::kSha384, kSha256}) {
    PcrBank values(bank);
    values.set(0, Digest(bank));  // of SHA-256 there are events, but the PCR is untouched
    BootProof proof;
    proof.pcrs = KnownPcrs(values);
    EXPECT_FALSE(recall_boot(proof, host.log()).has_value()) << name_of(bank);
  }
}

// PCR 10 is the runtime list's to explain.
TEST(RecallBoot, LeavesPcr10Alone) {
  const SoftwareHost host;
  BootProof proof = proof_of(host);
  PcrBank values = proof.pcrs.values();
  values.set(kImaPcr, hash(kSha256, as_bytes("files")));
  proof.pcrs = KnownPcrs(values);
  const Bytes log = host.log();
  EXPECT_TRUE(recall_boot(proof, log).has_value());
}

}  // namespace
}  // namespace quotemill
