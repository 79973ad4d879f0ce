// What a host was, asked later: verdicts that became others without new evidence among them.
#include <thread>

#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/attesting_fixture.h"
#include "tests/support/eventually.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

constexpr std::int64_t kMinute = 60'000;

class OperatorHistoryTest : public AttestingFixture {
 protected:
  // A host that attested once, and whom another policy made fail a minute later by what is stored.
  void SetUp() override {
    AttestingFixture::SetUp();
    attest(1);
    attested_ = clock_.now().wall;
    clock_.advance(kMinute);
    ask("policy.apply", {{"texts",
                          {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nno_baseline = "
                           "\"fail\"\n"}},
                         {"confirmed", true},
                         {"operator", "alice"}});
    ask("reappraise", {{"operator", "alice"}});
    quotemill::testing::eventually([&] { return runs_.status()["state"] != "running"; });
    ASSERT_EQ(runs_.status()["changed"], 1) << runs_.status();
    revised_ = store_.revisions(uid(), 1, 1, 1)->at(0).time;
    ASSERT_GE(revised_.ms, attested_.ms + kMinute);
  }

  HostUid uid() { return hosts_.find_by_name("host-0")->record->uid; }

  Json at(std::int64_t ms) { return ask("host.at", {{"host", "host-0"}, {"time_ms", ms}}); }

  Json history(const Json& more = Json::object()) {
    Json args = {{"host", "host-0"}};
    args.update(more);
    return ask("history", args)["appraisals"];
  }

  WallTime attested_;
  WallTime revised_;
};

TEST_F(OperatorHistoryTest, TellsWhenAVerdictWasReappraisedAndUnderWhichSnapshot) {
  const Json appraisals = history();
  ASSERT_EQ(appraisals.size(), 1U);
  EXPECT_EQ(appraisals[0]["state"], "warning") << "as it was judged when it came";
  ASSERT_EQ(appraisals[0]["revisions"].size(), 1U);
  const Json revision = appraisals[0]["revisions"][0];
  EXPECT_EQ(revision["cause"], "reappraised");
  EXPECT_EQ(revision["state"], "failed");
  EXPECT_EQ(revision["seq"], 1);
  EXPECT_EQ(revision["findings"][0]["code"], "boot.baseline_absent");
  EXPECT_EQ(revision["snapshot"], to_hex(policies_->current()->snapshots().front()->id()));
  EXPECT_NE(revision["snapshot"], appraisals[0]["snapshot"]);
}

TEST_F(OperatorHistoryTest, TheStateAtAMomentIsRightAroundARevision) {
  EXPECT_EQ(at(attested_.ms - 1)["state"], "unknown");
  EXPECT_EQ(at(attested_.ms)["state"], "warning");
  EXPECT_EQ(at(revised_.ms - 1)["state"], "warning");
  EXPECT_TRUE(at(revised_.ms - 1)["revision"].is_null());
  EXPECT_EQ(at(revised_.ms)["state"], "failed");
  EXPECT_EQ(at(revised_.ms)["revision"]["cause"], "reappraised");
  EXPECT_EQ(at(revised_.ms)["appraisal"]["state"], "warning");
}

TEST_F(OperatorHistoryTest, ARevisedVerdictIsNotFresherThanItsEvidence) {
  const auto& rules = policies_->current()->snapshots().front()->policy().freshness;
  EXPECT_EQ(at(attested_.ms + rules.stale_after_ms)["state"], "failed");
  EXPECT_EQ(at(attested_.ms + rules.stale_after_ms + 1)["state"], "stale");
}

TEST_F(OperatorHistoryTest, TheNextAttestationCountsAgain) {
  clock_.advance(kMinute);
  SoftwareHost host(KeyKind::kEcP256, 0);
  host.record().name = "host-0";
  attest_once(host, 2);
  const std::int64_t now = clock_.now().wall.ms;
  EXPECT_EQ(at(now)["appraisal"]["seq"], 2);
  EXPECT_TRUE(at(now)["revision"].is_null());
  EXPECT_EQ(at(revised_.ms)["revision"]["state"], "failed") << "as it was then";
  EXPECT_TRUE(history()[0]["revisions"].empty());
  EXPECT_EQ(history()[1]["revisions"].size(), 1U);
}

TEST_F(OperatorHistoryTest, FiltersLookAtRevisionsToo) {
  EXPECT_EQ(history({{"state", "failed"}}).size(), 1U);
  EXPECT_EQ(history({{"state", "warning"}}).size(), 1U);
  EXPECT_EQ(history({{"state", "trusted"}}).size(), 0U);
  EXPECT_EQ(history({{"since_ms", revised_.ms}}).size(), 1U);
  EXPECT_EQ(history({{"since_ms", revised_.ms + 1}}).size(), 0U);
}

TEST_F(OperatorHistoryTest, ARunThatChangesNothingLeavesNoTrace) {
  ask("reappraise", {{"operator", "alice"}});
  quotemill::testing::eventually([&] { return runs_.status()["state"] != "running"; });
  EXPECT_EQ(runs_.status()["state"], "done");
  EXPECT_EQ(store_.revisions(uid(), 0, UINT64_MAX, 10)->size(), 1U);
}

TEST_F(OperatorHistoryTest, APolicyThatMadeAHostStaleIsToldAndItsBundleIsOfWhatWasJudged) {
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 3\n[boot]\nno_baseline = \"fail\"\n"
                         "[freshness]\nattest_every = \"60s\"\nstale_after = \"120s\"\n"}},
                       {"confirmed", true},
                       {"operator", "alice"}});
  clock_.advance(kMinute);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(committer_.change(
        [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; }));
  }
  const std::int64_t now = clock_.now().wall.ms + 10;
  EXPECT_EQ(at(now)["state"], "stale");
  EXPECT_EQ(at(now)["revision"]["cause"], "freshness");
  EXPECT_EQ(at(now)["revision"]["findings"][0]["code"], "stale.no_contact");
  EXPECT_EQ(at(now)["revision"]["snapshot"],
            to_hex(policies_->current()->snapshots().front()->id()));
  EXPECT_EQ(at(revised_.ms)["state"], "failed") << "as it was then";
  const Json bundle = ask("host.bundle", {{"host", "host-0"}});
  EXPECT_EQ(bundle["revision"]["cause"], "reappraised");
  EXPECT_EQ(bundle["revision"]["state"], "failed");
  EXPECT_EQ(bundle["revision"]["valid_until"], transport::iso_time({attested_.ms + 2 * kMinute}));
}

// The validity of a verdict ends with the identity that it is about.
TEST_F(OperatorHistoryTest, Hostile_NoVerdictOutlivesTheIdentityThatItIsAbout) {
  const HostUid host = uid();
  clock_.advance(1'000);
  ask("retire", {{"host", "host-0"}, {"operator", "alice"}});
  const std::int64_t retired = store_.revisions(host, 1, 1, 1)->at(0).time.ms;
  const auto at_of = [&](std::int64_t ms) {
    return ask("host.at", {{"host", host.hex()}, {"time_ms", ms}});
  };
  EXPECT_EQ(at_of(revised_.ms)["state"], "failed");
  const Json after = at_of(retired + 1'000);
  EXPECT_EQ(after["state"], "unknown");
  EXPECT_EQ(after["revision"]["cause"], "identity");
  EXPECT_EQ(after["revision"]["findings"][0]["code"], "identity.retired");
  EXPECT_EQ(at_of(retired + 3'600'000)["state"], "unknown") << "nor does it turn stale";
}

}  // namespace
}  // namespace quotemill::daemon
