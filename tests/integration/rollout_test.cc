// A rollout from its first what-if to the end of the old image, with real agents and software TPMs:
// thirty hosts on image 1, three waves, half of them boot image 2, one boots something else, one
// falls silent. In the middle the daemon is killed.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "tests/integration/reference_list.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::Finished;
using ::testing::HasSubstr;
using testing::list_of;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr unsigned kHosts = 30;
constexpr unsigned kUpdated = 15;  // hosts 0 to 14 boot image 2
constexpr unsigned kStrange = 15;  // boots something else
constexpr unsigned kSilent = 16;   // is switched off
constexpr const char* kImage2 = "15.8-2";

std::string name_of(unsigned number) {
  return "host-" + std::string(number < 10 ? "0" : "") + std::to_string(number);
}

class RolloutScenario : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
  }

  void enrol_all() {
    for (unsigned number = 0; number < kHosts; ++number) {
      hosts_.push_back(std::make_unique<SimHost>(name_of(number)));
      ASSERT_TRUE(hosts_.back()->make_tpm(maker_));
      ASSERT_TRUE(hosts_.back()->power_on());
    }
    const std::string token = daemon_.new_token(kHosts);
    for (const auto& host : hosts_) {
      host->start_agent(daemon_, token);
    }
    for (const auto& host : hosts_) {
      ASSERT_TRUE(daemon_.becomes(host->name(), "trusted")) << host->agent_log();
    }
  }

  void import(const std::string& name, const bench::MeasuredBootModel& model) {
    const std::filesystem::path file = daemon_.folder() / (name + ".list");
    testing::write_file(file, as_bytes(list_of(model)));
    const Finished done = daemon_.cli({"baseline", "import", file.string(), "--as", name, "--yes"});
    ASSERT_TRUE(done.ok()) << done.output;
  }

  Json counts() { return daemon_.get("rollout.status", {{"name", "image-2"}})["counts"]; }

  // Every change of trust in the outbox: "host state" -> how often.
  std::map<std::string, int> changes_from(std::uint64_t from) {
    std::map<std::string, int> seen;
    for (Json page = daemon_.get("changes", {{"from", from}, {"limit", 500}});
         !page["changes"].empty();
         page = daemon_.get("changes", {{"from", from}, {"limit", 500}})) {
      for (const Json& change : page["changes"]) {
        ++seen[change["host"]["name"].get<std::string>() + " " + change["new"].get<std::string>()];
      }
      from = page["next"].get<std::uint64_t>();
    }
    return seen;
  }

  TpmMaker maker_;
  TestDaemon daemon_{
      {.roots = {maker_.root_pem()}, .attest_every = "2s", .stale_after = "15s", .rules = ""}};
  std::vector<std::unique_ptr<SimHost>> hosts_;
};

TEST_F(RolloutScenario, ThirtyHostsGoFromOneImageToTheNext) {
  ASSERT_TRUE(daemon_.start());
  ASSERT_NO_FATAL_FAILURE(enrol_all());
  ASSERT_NO_FATAL_FAILURE(import("image", hosts_[0]->boot));
  bench::MeasuredBootModel next = hosts_[0]->boot;
  next.boot_loader = kImage2;
  ASSERT_NO_FATAL_FAILURE(import("image-next", next));
  const auto policy_naming = [&](const std::string& set, int version) {
    const std::filesystem::path file = daemon_.folder() / (set + ".toml");
    testing::write_file(
        file, as_bytes("[policy]\nid = \"test\"\nversion = " + std::to_string(version) +
                       "\n[freshness]\nattest_every = \"2s\"\nstale_after = \"15s\"\n[boot]\n"
                       "baselines = []\nreferences = [\"" +
                       set + "\"]\n"));
    return file.string();
  };
  ASSERT_TRUE(daemon_.cli({"policy", "apply", policy_naming("image", 2), "--yes"}).ok());

  // What if image 2 were the one? Everybody would change, and nobody does.
  const Finished what_if =
      daemon_.cli({"policy", "apply", policy_naming("image-next", 3), "--dry-run"});
  EXPECT_THAT(what_if.output, HasSubstr("30 get worse")) << what_if.output;
  EXPECT_EQ(daemon_.state_of(name_of(0)), "trusted");
  const std::uint64_t before =
      daemon_.get("status")["store"]["last_change"].get<std::uint64_t>() + 1;

  const Finished started =
      daemon_.cli({"rollout", "start", "image-2", "--from", "image", "--to", "image-next", "--all",
                   "--wave", "5", "--wave", "10", "--for", "1h", "--yes"});
  ASSERT_TRUE(started.ok()) << started.output;
  EXPECT_EQ(daemon_.get("rollout.status", {{"name", "image-2"}})["waves"], 3);
  for (unsigned number = 0; number < 5; ++number) {
    hosts_[number]->boot.boot_loader = kImage2;
    ASSERT_TRUE(hosts_[number]->power_cycle());
  }
  EXPECT_TRUE(eventually([&] { return counts()["new"] == 5; })) << counts();

  // A power failure in the middle: the rollout goes on where it was.
  daemon_.kill9();
  ASSERT_TRUE(daemon_.start());
  EXPECT_EQ(counts()["new"], 5);
  ASSERT_TRUE(daemon_.cli({"rollout", "extend", "image-2", "--wave"}).ok());
  ASSERT_TRUE(daemon_.cli({"rollout", "extend", "image-2", "--wave"}).ok());
  for (unsigned number = 5; number < kUpdated; ++number) {
    hosts_[number]->boot.boot_loader = kImage2;
    ASSERT_TRUE(hosts_[number]->power_cycle());
  }
  hosts_[kStrange]->boot.boot_loader = "15.8-1+evil";
  ASSERT_TRUE(hosts_[kStrange]->power_cycle());
  hosts_[kSilent]->power_off();
  const Json wanted = {{"old", kHosts - kUpdated - 2},
                       {"new", kUpdated},
                       {"mixed", 0},
                       {"failed", 1},
                       {"silent", 1},
                       {"waiting", 0},
                       {"gone", 0}};
  EXPECT_TRUE(eventually([&] { return counts() == wanted; })) << counts();
  const Json status = daemon_.get("rollout.status", {{"name", "image-2"}});
  EXPECT_EQ(status["names"]["failed"], Json::array({name_of(kStrange)}));
  EXPECT_EQ(status["names"]["silent"], Json::array({name_of(kSilent)}));
  EXPECT_EQ(daemon_.state_of(name_of(20)), "trusted") << "the old image still counts";
  EXPECT_EQ(daemon_.state_of(name_of(0)), "trusted");

  ASSERT_TRUE(daemon_.cli({"rollout", "promote", "image-2", "--yes"}).ok());
  for (unsigned number = kSilent + 1; number < kHosts; ++number) {
    EXPECT_TRUE(daemon_.becomes(name_of(number), "failed")) << "the old image is refused";
  }
  EXPECT_EQ(daemon_.state_of(name_of(0)), "trusted");

  std::map<std::string, int> once = {{name_of(kStrange) + " failed", 1},
                                     {name_of(kSilent) + " stale", 1}};
  for (unsigned number = kSilent + 1; number < kHosts; ++number) {
    once[name_of(number) + " failed"] = 1;
  }
  EXPECT_EQ(changes_from(before), once) << "every change once, and no other";
  const Finished audit = daemon_.cli({"audit", "--limit", "100"});
  for (const char* act : {"rollout.start", "rollout.extend", "rollout.promote"}) {
    EXPECT_THAT(audit.output, HasSubstr(act));
  }
}

}  // namespace
}  // namespace quotemill
