// A day of an operator, on real processes: labels and policies, maintenance, the trail, the store,
// a sink.
#include <fstream>

#include <gmock/gmock.h>

#include "storage/rocks_store.h"
#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::Finished;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

class Operations : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    ASSERT_TRUE(host_.make_tpm(maker_) && host_.power_on());
    host_.start_agent(daemon_, daemon_.new_token(1));
    ASSERT_TRUE(daemon_.becomes("web-01", "trusted")) << host_.agent_log();
  }

  std::string policy_file(const std::string& name, const std::string& text) {
    const std::string path = (daemon_.folder() / name).string();
    testing::write_file(path, as_bytes(text));
    return path;
  }

  // The changes that the sink wrote so far, beside its notices.
  std::string sink() {
    const Bytes file = testing::read_file(daemon_.folder() / "trust.jsonl");
    std::istringstream lines{std::string(as_text(file))};
    std::string changes;
    for (std::string line; std::getline(lines, line);) {
      changes += line.find("\"seq\":") == std::string::npos ? "" : line + "\n";
    }
    return changes;
  }

  TpmMaker maker_;
  TestDaemon daemon_{
      {.roots = {maker_.root_pem()}, .sink = "[file]\npath = \"FOLDER/trust.jsonl\"\n"}};
  SimHost host_{"web-01"};
};

TEST_F(Operations, LabelsAndPoliciesDecideHowAHostIsJudged) {
  const std::string strict =
      policy_file("strict.toml",
                  "[policy]\nid = \"strict\"\npriority = 5\n[match]\nlabels = [\"tier=gold\"]\n"
                  "[freshness]\nattest_every = \"300ms\"\nstale_after = \"60s\"\n"
                  "[boot]\nno_baseline = \"fail\"\n");
  EXPECT_TRUE(daemon_.cli({"policy", "check", strict}).ok());
  const Finished tested = daemon_.cli({"policy", "test", strict});
  EXPECT_TRUE(tested.ok()) << "nobody is labelled: " << tested.output;
  const Finished applied = daemon_.cli({"policy", "apply", strict});
  ASSERT_TRUE(applied.ok()) << applied.output;
  ASSERT_TRUE(daemon_.attests_again("web-01"));
  EXPECT_EQ(daemon_.state_of("web-01"), "trusted");

  ASSERT_TRUE(daemon_.cli({"label", "web-01", "tier=gold"}).ok());
  ASSERT_TRUE(daemon_.becomes("web-01", "failed"));
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "boot.baseline_absent"));
  ASSERT_TRUE(daemon_.cli({"label", "web-01", "tier-"}).ok());
  ASSERT_TRUE(daemon_.becomes("web-01", "trusted"));

  // Whoever has no policy is unknown, whatever it proves.
  const std::string others = policy_file(
      "others.toml", "[policy]\nid = \"test\"\nversion = 2\n[match]\nnames = [\"db-*\"]\n");
  EXPECT_TRUE(daemon_.cli({"policy", "apply", others}).ok());
  ASSERT_TRUE(daemon_.becomes("web-01", "unknown"));
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "policy.none"));

  // What is taken back counts no more. Whoever has no policy attests once a minute: asked, it comes
  // at once.
  EXPECT_TRUE(daemon_.cli({"policy", "withdraw", "test"}).ok());
  ASSERT_TRUE(eventually([&] { return daemon_.cli({"reattest", "web-01"}).ok(); }));
  ASSERT_TRUE(daemon_.becomes("web-01", "trusted"));

  EXPECT_EQ(daemon_.stop(), 0);
  ASSERT_TRUE(daemon_.start());
  EXPECT_THAT(daemon_.cli({"policy", "list"}).output, HasSubstr("strict"));
  EXPECT_THAT(daemon_.cli({"policy", "history"}).output, HasSubstr("withdrawn"));
}

TEST_F(Operations, MaintenanceIsSaidOfWhatHappensMeanwhile) {
  ASSERT_TRUE(daemon_.cli({"baseline", "capture", "web-01", "--name", "golden"}).ok());
  ASSERT_TRUE(daemon_.cli({"maintenance", "web-01", "--for", "1h"}).ok());
  host_.boot.boot_loader = "15.8-1+new";
  ASSERT_TRUE(host_.power_cycle());
  Json change;
  ASSERT_TRUE(daemon_.emits("web-01", "failed", 1, &change));
  EXPECT_EQ(change["maintenance"], true);
  ASSERT_TRUE(daemon_.cli({"maintenance", "web-01", "--end"}).ok());
  EXPECT_EQ(daemon_.host("web-01")["life_cycle"], "active");
}

TEST_F(Operations, EveryChangeReachesTheFileOnceAndInOrder) {
  ASSERT_TRUE(daemon_.cli({"retire", "web-01", "--yes"}).ok());
  ASSERT_TRUE(eventually([&] { return sink().find("identity.retired") != std::string::npos; }))
      << sink();
  daemon_.kill9();
  ASSERT_TRUE(daemon_.start());
  const std::string before = sink();
  const Json outbox = daemon_.get("changes", {{"from", 1}, {"limit", 500}});
  ASSERT_TRUE(eventually([&] {
    const std::string lines = sink();
    return std::count(lines.begin(), lines.end(), '\n') >=
           static_cast<std::ptrdiff_t>(outbox["changes"].size());
  }));
  std::istringstream lines(sink());
  std::uint64_t last = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::uint64_t sequence = Json::parse(line)["seq"].get<std::uint64_t>();
    EXPECT_LE(sequence, last + 1) << "a gap";
    last = std::max(last, sequence);
  }
  EXPECT_EQ(last, outbox["changes"].size());
}

TEST_F(Operations, TheTrailTheStoreAndABackupAreSound) {
  ASSERT_TRUE(daemon_.cli({"label", "web-01", "env=lab"}).ok());
  EXPECT_THAT(daemon_.cli({"audit"}).output, HasSubstr("label"));
  const Finished whole = daemon_.cli({"audit", "--verify"});
  EXPECT_TRUE(whole.ok()) << whole.output;
  const Finished check = daemon_.cli({"store", "check"});
  EXPECT_TRUE(check.ok()) << check.output;
  EXPECT_THAT(check.output, HasSubstr("nothing is wrong"));
  const std::string copy = (daemon_.folder() / "copy").string();
  const Finished backup = daemon_.cli({"backup", copy});
  ASSERT_TRUE(backup.ok()) << backup.output;
  EXPECT_FALSE(daemon_.cli({"backup", copy}).ok()) << "never over another one";
  const auto restored = storage::RocksStore::open({.path = copy});
  ASSERT_TRUE(restored) << restored.error().to_string();
  EXPECT_TRUE((*restored)->check()->problems.empty());
}

TEST_F(Operations, WhatAHostWasCanBeAskedLater) {
  const Finished now = daemon_.cli({"host", "web-01", "--at", "1ms"});
  EXPECT_TRUE(now.ok()) << now.output;
  EXPECT_THAT(now.output, HasSubstr("trusted"));
  EXPECT_EQ(daemon_.cli({"host", "web-01", "--at", "2020-01-01"}).exit_status, 4);
  EXPECT_EQ(daemon_.cli({"host", "web-01", "--at", "yesterday"}).exit_status, 2);
  EXPECT_THAT(daemon_.cli({"history", "web-01", "--state", "failed", "--json"}).output,
              HasSubstr("\"appraisals\":[]"));
}

}  // namespace
}  // namespace quotemill
