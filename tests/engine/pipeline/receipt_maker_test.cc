#include "engine/pipeline/receipt_maker.h"

#include <set>

#include <gmock/gmock.h>

#include "tests/support/software_host.h"

namespace quotemill {
namespace {

using ::testing::SizeIs;
using testing::SoftwareHost;

class ReceiptMakerTest : public ::testing::Test {
 protected:
  ReceiptMakerTest() {
    state.sequence = 7;
    state.verdict.state = TrustState::kTrusted;
  }

  Receipt make() {
    const Result<Receipt> receipt = decode_receipt(maker.make(host.record(), policy, now, state));
    EXPECT_TRUE(receipt);
    return *receipt;
  }

  NonceAuthority nonces{NonceAuthority::Keys{}};
  ReceiptMaker maker{nonces, 1};
  SoftwareHost host;
  Policy policy = default_policy();
  HostState state;
  WallTime now{1'000'000};
};

TEST_F(ReceiptMakerTest, SaysWhatTheVerdictIs) {
  const Receipt receipt = make();
  EXPECT_EQ(receipt.host, host.record().uid);
  EXPECT_EQ(receipt.generation, host.record().generation);
  EXPECT_EQ(receipt.number, 7U);
  EXPECT_EQ(receipt.state, static_cast<std::uint8_t>(TrustState::kTrusted));
  EXPECT_EQ(receipt.selections, std::vector{policy.selection});
}

TEST_F(ReceiptMakerTest, SpreadsTheFleetOverATenthOfTheInterval) {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 500; ++i) {
    const Receipt receipt = make();
    EXPECT_GE(receipt.next_due_ms, 54'000U);
    EXPECT_LE(receipt.next_due_ms, 60'000U);
    seen.insert(receipt.next_due_ms);
  }
  EXPECT_GT(seen.size(), 300U);
}

TEST_F(ReceiptMakerTest, CarriesTheNonceOfTheNextSequenceWhileAllIsWell) {
  int carried = 0;
  for (int i = 0; i < 1600; ++i) {
    const Receipt receipt = make();
    if (receipt.next_nonce) {
      ++carried;
      EXPECT_EQ(*receipt.next_nonce, nonces.issue(host.record().uid, 1, 8));
      EXPECT_EQ(receipt.nonce_valid_ms, 90'000U);
      EXPECT_EQ(state.nonce_issued, now);
      EXPECT_EQ(state.nonce_deadline.ms, now.ms + 90'000);
    } else {
      EXPECT_EQ(receipt.nonce_valid_ms, 0U);
      EXPECT_FALSE(state.nonce_issued) << "nothing is left of the one before";
    }
  }
  // One in 16 is asked interactively: 100 expected.
  EXPECT_GT(carried, 1400);
  EXPECT_LT(carried, 1580);
}

TEST_F(ReceiptMakerTest, CarriesNoNonceInAnyOtherState) {
  for (const TrustState trust :
       {TrustState::kUnknown, TrustState::kWarning, TrustState::kFailed, TrustState::kStale}) {
    state.verdict.state = trust;
    for (int i = 0; i < 50; ++i) {
      EXPECT_FALSE(make().next_nonce);
    }
  }
}

TEST_F(ReceiptMakerTest, CarriesNoNonceIfThePolicyIsInteractive) {
  policy.freshness.mode = FreshnessMode::kInteractive;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(make().next_nonce);
  }
}

TEST_F(ReceiptMakerTest, TellsTheWorstFindingsOnly) {
  Finding note;
  note.severity = Severity::kInfo;
  state.verdict.findings.assign(20, Finding{});
  state.verdict.findings.push_back(note);
  const Receipt receipt = make();
  EXPECT_THAT(receipt.findings, SizeIs(8));
  EXPECT_EQ(receipt.findings[0].code, "evidence.malformed");
  EXPECT_FALSE(receipt.findings[0].message.empty());
  state.verdict.findings = {note};
  EXPECT_THAT(make().findings, SizeIs(0));
}

}  // namespace
}  // namespace quotemill
