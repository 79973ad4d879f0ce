// Unknown events of a fleet, grouped and promoted.
#include "deploy/quotemilld/mining.h"

#include "tests/deploy/quotemilld/rollout_fixture.h"

namespace quotemill::daemon {
namespace {

using Json = transport::Json;

class MiningTest : public RolloutFixture {
 protected:
  Json mined(const Json& args = {{"pcrs", {"4"}}}) { return ask("mine", args); }
};

TEST_F(MiningTest, SaysHowManyOfAPlatformReportTheSameAndWhoDiffers) {
  make_hosts(8);
  for (unsigned number = 0; number < 6; ++number) {
    boots(number, 2 + (number == 5 ? 1 : 0));
  }
  const Json found = mined();
  EXPECT_EQ(found["hosts"], 8);
  EXPECT_EQ(found["distinct_logs"], 3);
  ASSERT_EQ(found["groups"].size(), 2U) << found.dump(1);
  const Json& largest = found["groups"][0];
  EXPECT_EQ(largest["hosts"], 5);
  EXPECT_EQ(largest["of"], 8);
  EXPECT_EQ(largest["explained"], 2) << "the first image is known";
  EXPECT_EQ(largest["differ"], 1);
  EXPECT_EQ(largest["others"][0]["names"], Json::array({"host-5"}));
  EXPECT_EQ(largest["others"][0]["group"], found["groups"][1]["group"]);
}

TEST_F(MiningTest, LooksAtThePcrsThatAreAskedForAndNeverAtOnesThatWereNotQuoted) {
  make_hosts(1);
  boots(0, 2);
  EXPECT_EQ(mined({{"pcrs", {"23"}}})["groups"].size(), 0U);
  for (const Json& group : mined(Json::object())["groups"]) {
    EXPECT_TRUE(policies_->current()->snapshots().front()->policy().selection.has(
        group["pcr"].get<std::uint32_t>()));
  }
  EXPECT_EQ(refusal("mine", {{"pcrs", {"24"}}}).code, ErrorCode::kConfig);
}

TEST_F(MiningTest, PromotesAGroupToABaselineThatExplainsIt) {
  make_hosts(3);
  for (unsigned number = 0; number < 3; ++number) {
    EXPECT_EQ(boots(number, 2), TrustState::kFailed);
  }
  const std::string group = mined()["groups"][0]["group"];
  const Json args = {{"group", group}, {"pcrs", {"4"}},     {"name", "mined"},
                     {"version", 7},   {"confirmed", true}, {"operator", "alice"}};
  EXPECT_EQ(ask("mine.promote.check", args)["dry_run"], true);
  EXPECT_EQ(policies_->baselines().size(), 2U);
  const Json done = ask("mine.promote", args);
  EXPECT_EQ(done["version"], 7) << done;
  EXPECT_EQ(store_.audit(1, 100)->back().act.verb, "mine.promote");
  std::string other = kPolicy;
  other.replace(other.find("version = 2"), 11, "version = 3");
  other.replace(other.find("[\"image\"]"), 9, "[\"image\", \"mined\"]\nreference_events = [4]");
  ask("policy.apply", {{"texts", {other}}, {"confirmed", true}, {"operator", "alice"}});
  EXPECT_EQ(attests(0), TrustState::kTrusted);
  EXPECT_EQ(mined()["groups"].size(), 0U);
}

TEST_F(MiningTest, AGroupThatIsNotThereIsNotPromoted) {
  make_hosts(1);
  EXPECT_EQ(
      refusal("mine.promote", {{"group", "000000000000"}, {"name", "mined"}, {"operator", "alice"}})
          .code,
      ErrorCode::kNotFound);
}

TEST_F(MiningTest, HostsWithoutAProvenBootAreCountedAndNotMined) {
  make_hosts(1);
  SoftwareHost fresh(KeyKind::kEcP256, 77);
  fresh.record().name = "fresh";
  add(fresh.record());
  EXPECT_EQ(mined()["unproven"], 1);
}

}  // namespace
}  // namespace quotemill::daemon
