#include "engine/pipeline/reappraisal.h"

#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

class ReappraisalTest : public ::testing::Test {
 protected:
  void SetUp() override { engine.enrol(host); }

  std::shared_ptr<const PolicySet> policies(
      std::string_view toml, std::vector<std::shared_ptr<const Baseline>> baselines) {
    return *PolicySet::compile({policy_of(toml)}, baselines);
  }

  Reappraisal under(const PolicySet& set) {
    return reappraise(*engine.hosts.find(host.record().uid),
                      {set, engine.server_key, engine.keys, engine.store, engine.extends});
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(host)}};
};

TEST_F(ReappraisalTest, ComesToTheSameUnderTheSamePolicies) {
  engine.attest(host);
  const Reappraisal again = under(*engine.policies->current());
  ASSERT_EQ(again.kind, ReappraisalKind::kVerdict) << again.error.to_string();
  EXPECT_EQ(again.verdict.state, TrustState::kTrusted);
  EXPECT_EQ(again.verdict.snapshot, engine.snapshot()->id());
}

TEST_F(ReappraisalTest, JudgesTheStoredLogByOtherBaselines) {
  engine.attest(host);
  SoftwareHost other;
  other.boot.push_back(measured(9, event_type::kIpl, "/boot/newer"));
  const Reappraisal again = under(*policies("", {baseline_of(other)}));
  ASSERT_EQ(again.kind, ReappraisalKind::kVerdict) << again.error.to_string();
  EXPECT_EQ(again.verdict.state, TrustState::kFailed);
  EXPECT_EQ(engine.state(host).state, TrustState::kTrusted) << "nothing changed";
}

TEST_F(ReappraisalTest, WorksForQuotesWithoutValuesToo) {
  engine.attest(host);
  for (int i = 0; i < 3; ++i) {
    engine.attest(host, [](EvidenceDraft& draft) { draft.sent.clear(); });
  }
  ASSERT_EQ(engine.state(host).sequence, 4U);
  const Reappraisal again = under(*policies("[boot]\nbaselines = [\"none\"]\n", {}));
  ASSERT_EQ(again.kind, ReappraisalKind::kVerdict) << again.error.to_string();
  EXPECT_EQ(again.verdict.state, TrustState::kWarning);
}

TEST_F(ReappraisalTest, AHostThatNeverAttestedHasNoEvidence) {
  EXPECT_EQ(under(*engine.policies->current()).kind, ReappraisalKind::kNoEvidence);
}

TEST_F(ReappraisalTest, EvidenceOfTheFormerIdentityDoesNotCount) {
  engine.attest(host);
  ++host.record().generation;
  engine.put(host, true);
  EXPECT_EQ(under(*engine.policies->current()).kind, ReappraisalKind::kNoEvidence);
}

TEST_F(ReappraisalTest, SaysThatAPolicyAsksForMoreThanWasQuoted) {
  engine.attest(host);
  const Reappraisal again = under(*policies("[quote]\npcrs = [0, 1, 2, 3, 4, 7, 23]\n", {}));
  EXPECT_EQ(again.kind, ReappraisalKind::kOldEvidence);
  EXPECT_NE(again.verdict.state, TrustState::kTrusted);
}

// The runtime list is not stored; what was found in it is.
TEST(ReappraisalOfRuntimeLists, OtherRulesForTheListNeedTheHost) {
  constexpr const char* kQuote = "[quote]\npcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]\n";
  const std::string rules = std::string(kQuote) + "[ima]\nno_reference = \"off\"\n";
  SoftwareHost host;
  host.selection.mask |= 1U << 10U;
  host.files = {{"/usr/bin/bash", "bash"}};
  SmallEngine engine(testing::policy_of(rules), {baseline_of(SoftwareHost())});
  engine.enrol(host);
  engine.attest(host);
  const auto under = [&](const std::string& toml) {
    const auto set = PolicySet::compile({testing::policy_of(toml)}, {baseline_of(SoftwareHost())});
    return reappraise(*engine.hosts.find(host.record().uid),
                      {**set, engine.server_key, engine.keys, engine.store, engine.extends});
  };
  const Reappraisal same = under(rules + "[boot]\nmismatch = \"warn\"\n");
  ASSERT_EQ(same.kind, ReappraisalKind::kVerdict) << same.error.to_string();
  EXPECT_EQ(same.verdict.state, TrustState::kTrusted);
  const Reappraisal other = under(rules + "exclude = [\"/tmp/.*\"]\n");
  EXPECT_EQ(other.kind, ReappraisalKind::kOldEvidence);
}

TEST_F(ReappraisalTest, DoesNotBelieveTheStore) {
  engine.attest(host);
  CommitBatch batch;
  HistoryEntry forged = engine.store.history(host.record().uid, 0, 1)->front();
  forged.evidence_item[forged.evidence_item.size() / 2] ^= 1;
  batch.history = {forged};
  ASSERT_TRUE(engine.store.commit(batch));
  const Reappraisal again = under(*engine.policies->current());
  EXPECT_NE(again.verdict.state, TrustState::kTrusted);
}

}  // namespace
}  // namespace quotemill
