// Bundles of verdicts that were given in a rollout: which set counted, years later.
#include "deploy/quotemill-verify/bundle_check.h"
#include "tests/deploy/quotemilld/rollout_fixture.h"

namespace quotemill::daemon {
namespace {

using offline::BundleOutcome;
using offline::BundleReport;
using ::testing::HasSubstr;

class RolloutBundleTest : public RolloutFixture {
 protected:
  Json bundle(unsigned number) {
    return ask("host.bundle", {{"host", "host-" + std::to_string(number)}});
  }

  static BundleReport check(const Json& bundle) {
    Result<BundleReport> report = offline::check_bundle(transport::to_line(bundle));
    EXPECT_TRUE(report) << (report ? "" : report.error().to_string());
    return report ? *std::move(report) : BundleReport{};
  }

  static offline::BundleStep policy_step(const Json& bundle) {
    for (const offline::BundleStep& step : check(bundle).steps) {
      if (step.what == "policy") {
        return step;
      }
    }
    return {};
  }
};

TEST_F(RolloutBundleTest, NamesTheRolloutAndBothSets) {
  make_hosts(2);
  start();
  ASSERT_EQ(boots(0, 2), TrustState::kTrusted);
  const Json made = bundle(0);
  EXPECT_EQ(made["policy"]["id"], "default");
  EXPECT_EQ(made["rollout"]["name"], "to-2");
  EXPECT_EQ(made["rollout"]["has_old"], true);
  EXPECT_EQ(made["baselines"].size(), 2U);
  EXPECT_TRUE(check(made).is_proven());
  EXPECT_EQ(policy_step(made).outcome, BundleOutcome::kProven);
  EXPECT_THAT(policy_step(made).detail, HasSubstr("image@1, image-2@1, in rollout to-2"));
}

TEST_F(RolloutBundleTest, AVerdictFromAfterTheDeadlineOrBeforeTheRolloutIsToldAsSuch) {
  make_hosts(1);
  EXPECT_TRUE(bundle(0)["rollout"].is_null());
  EXPECT_TRUE(check(bundle(0)).is_proven());
  start();
  clock_.advance(3'600'000);
  keep();
  ASSERT_EQ(attests(0), TrustState::kFailed);
  const Json late = bundle(0);
  EXPECT_EQ(late["rollout"]["has_old"], false);
  EXPECT_TRUE(check(late).is_proven());
  EXPECT_THAT(policy_step(late).detail, HasSubstr("after its deadline"));
}

TEST_F(RolloutBundleTest, IsStillProvenWhenTheRolloutHasEnded) {
  make_hosts(1);
  start();
  boots(0, 2);
  const Json then = bundle(0);
  clock_.advance(60'000);
  change("promote");
  Json now = bundle(0);
  EXPECT_EQ(now["rollout"], then["rollout"]);
  EXPECT_TRUE(check(now).is_proven());
}

TEST_F(RolloutBundleTest, AnotherRolloutThanItWasIsNoticed) {
  make_hosts(1);
  start();
  boots(0, 2);
  const Json honest = bundle(0);
  const auto with = [&honest](const char* name, const Json& value) {
    Json changed = honest;
    changed["rollout"][name] = value;
    return changed;
  };
  for (const Json& changed :
       {with("name", "other"), with("has_old", false), with("from", "image-2"),
        with("to", {{"name", "image"}, {"version", 1}})}) {
    EXPECT_EQ(policy_step(changed).outcome, BundleOutcome::kNotProven) << changed["rollout"];
    EXPECT_FALSE(check(changed).is_proven());
  }
  Json without = honest;
  without["rollout"] = nullptr;
  EXPECT_FALSE(check(without).is_proven());
  without["rollout"] = {{"name", "to-2"}};
  EXPECT_FALSE(offline::check_bundle(transport::to_line(without)));
}

}  // namespace
}  // namespace quotemill::daemon
