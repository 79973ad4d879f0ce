// What the daemon remembers of hosts and operators: findings that latch, an inventory, values that
// end by time, work on a host; with real agents and software TPMs.
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "tests/integration/fleet.h"
#include "tests/integration/reference_list.h"
#include "transport/render/render_records.h"

namespace quotemill {
namespace {

using testing::DaemonSettings;
using testing::eventually;
using testing::Finished;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::join;
using ::testing::Not;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

WallTime wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

class Memory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
  }

  void begin(DaemonSettings settings = {}) {
    settings.roots = {maker_.root_pem()};
    daemon_.emplace(settings);
    ASSERT_TRUE(daemon_->start());
  }

  void power_on(SimHost& host) {
    ASSERT_TRUE(host.make_tpm(maker_));
    ASSERT_TRUE(host.power_on());
  }

  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = (daemon_->folder() / name).string();
    testing::write_file(path, as_bytes(text));
    return path;
  }

  Json history(const std::string& name) {
    return daemon_->get("history", {{"host", name}, {"limit", 500}})["appraisals"];
  }

  std::string state_at(const std::string& name, std::int64_t ms) {
    return daemon_->get("host.at", {{"host", name}, {"time_ms", ms}})["state"].get<std::string>();
  }

  TpmMaker maker_;
  std::optional<TestDaemon> daemon_;
};

TEST_F(Memory, WhatLatchedHoldsThroughAKillUntilSomebodyAcknowledgesIt) {
  ASSERT_NO_FATAL_FAILURE(
      begin({.rules = "[latch]\nfindings = [\"boot.event.digest_unknown\"]\n"}));
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(power_on(host));
  ASSERT_TRUE(join(host, *daemon_));
  ASSERT_TRUE(daemon_->cli({"baseline", "capture", "web-01", "--name", "golden"}).ok());
  ASSERT_TRUE(daemon_->attests_again("web-01"));
  const std::string clean = host.boot.boot_loader;
  host.boot.boot_loader = "15.8-1+evil";
  ASSERT_TRUE(host.power_cycle());
  ASSERT_TRUE(daemon_->becomes("web-01", "failed"));
  host.boot.boot_loader = clean;
  ASSERT_TRUE(host.power_cycle());
  ASSERT_TRUE(eventually([&] { return has_finding(daemon_->host("web-01"), "latch.held"); }))
      << daemon_->host("web-01").dump(1);
  daemon_->kill9();
  ASSERT_TRUE(daemon_->start());
  ASSERT_TRUE(daemon_->attests_again("web-01"));
  EXPECT_EQ(daemon_->state_of("web-01"), "failed") << "clean evidence heals nothing that latched";
  EXPECT_THAT(daemon_->cli({"host", "web-01"}).output, HasSubstr("Latched"));

  EXPECT_FALSE(daemon_->cli({"acknowledge", "web-01", "--finding", "ima.violation"}).ok());
  const std::string latched_by = daemon_->host("web-01")["latched"][0]["seq"].dump();
  const Finished unseen = daemon_->cli(
      {"acknowledge", "web-01", "--seen", std::to_string(std::stoull(latched_by) - 1)});
  EXPECT_FALSE(unseen.ok()) << "it was looked at before that was found";
  EXPECT_THAT(unseen.output, HasSubstr("since attestation " + latched_by));
  const Finished done =
      daemon_->cli({"acknowledge", "web-01", "--seen", latched_by, "--reason", "a drill"});
  ASSERT_TRUE(done.ok()) << done.output;
  EXPECT_TRUE(daemon_->becomes("web-01", "trusted"));
  EXPECT_FALSE(daemon_->cli({"acknowledge", "web-01"}).ok()) << "nothing is held any more";
  EXPECT_TRUE(daemon_->emits("web-01", "trusted"));
  const Finished audit = daemon_->cli({"audit"});
  EXPECT_THAT(audit.output, HasSubstr("acknowledge"));
  EXPECT_THAT(audit.output, HasSubstr("a drill"));
  EXPECT_THAT(daemon_->cli({"history", "web-01", "--limit", "500"}).output,
              HasSubstr("acknowledged"));
  daemon_->kill9();
  ASSERT_TRUE(daemon_->start());
  ASSERT_TRUE(daemon_->attests_again("web-01"));
  EXPECT_EQ(daemon_->state_of("web-01"), "trusted") << "the acknowledgement is kept";
}

TEST_F(Memory, AnInventoryAdmitsHostsByTheirEkWithNameAndLabels) {
  ASSERT_NO_FATAL_FAILURE(begin());
  SimHost first("web-01");
  SimHost second("web-02");
  SimHost stranger("web-03");
  for (SimHost* host : {&first, &second, &stranger}) {
    ASSERT_NO_FATAL_FAILURE(power_on(*host));
  }
  const std::string csv =
      file("fleet.csv", "ek,name,env,rack\n" + first.ek_sha256() + ",web-01,prod,b12\n");
  const std::string json =
      file("fleet.json", "[{\"ek\": \"" + second.ek_sha256() +
                             "\", \"name\": \"web-02\", \"labels\": {\"env\": \"lab\"}}]");
  const Finished what_if = daemon_->cli({"inventory", "import", "--dry-run", csv});
  EXPECT_THAT(what_if.output, HasSubstr("would import: 1 expected"));
  EXPECT_THAT(daemon_->cli({"inventory", "list"}).output, Not(HasSubstr("web-01")));
  for (const std::string& inventory : {csv, json}) {
    const Finished imported = daemon_->cli({"inventory", "import", inventory});
    ASSERT_TRUE(imported.ok()) << imported.output;
  }
  EXPECT_THAT(daemon_->cli({"inventory", "list"}).output, HasSubstr("web-02"));
  const std::string wrong = file("wrong.csv", "ek,name\n" + std::string(64, 'a') + ",Web_1!\n");
  const Finished refused = daemon_->cli({"inventory", "import", wrong});
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(refused.output, HasSubstr("wrong.csv:2:"));

  for (SimHost* host : {&first, &second, &stranger}) {
    host->start_agent(*daemon_);  // without a token
  }
  ASSERT_TRUE(daemon_->becomes("web-01", "trusted")) << first.agent_log();
  ASSERT_TRUE(daemon_->becomes("web-02", "trusted")) << second.agent_log();
  EXPECT_EQ(daemon_->host("web-01")["identity"]["labels"],
            (Json{{"env", "prod"}, {"rack", "b12"}}));
  EXPECT_EQ(daemon_->host("web-02")["identity"]["labels"], (Json{{"env", "lab"}}));
  EXPECT_THAT(daemon_->cli({"inventory", "list"}).output, Not(HasSubstr("web-01")));
  EXPECT_TRUE(eventually([&] {
    return daemon_->cli({"pending", "list"}).output.find("web-03") != std::string::npos;
  })) << "who is not listed waits for an operator";
  EXPECT_THAT(daemon_->cli({"audit"}).output, HasSubstr("inventory.import"));
}

// Reference values that end in a few seconds, and a host that says nothing meanwhile.
TEST_F(Memory, TheEndOfAValidityFailsASilentHostAndTheHistoryTellsIt) {
  ASSERT_NO_FATAL_FAILURE(begin({.stale_after = "10m"}));
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(power_on(host));
  ASSERT_TRUE(join(host, *daemon_));
  constexpr std::int64_t kValidMs = 15'000;
  const WallTime end{wall_now().ms + kValidMs};
  Json values = Json::array();
  for (const auto& [digest, name] : testing::loaded_by(host.boot)) {
    values.push_back({{"digest", "sha256:" + digest},
                      {"kind", "event"},
                      {"name", name},
                      {"valid_until", transport::iso_time(end)}});
  }
  const std::string references =
      file("boot.json", transport::to_line({{"quotemill", "references/1"}, {"values", values}}));
  const Finished imported =
      daemon_->cli({"baseline", "import", references, "--as", "boot", "--yes"});
  ASSERT_TRUE(imported.ok()) << imported.output;
  const std::string policy =
      file("references.toml",
           "[policy]\nid = \"test\"\nversion = 2\n[freshness]\nattest_every = \"300ms\"\n"
           "stale_after = \"10m\"\n[boot]\nbaselines = []\nreferences = [\"boot\"]\n");
  const Finished applied = daemon_->cli({"policy", "apply", policy, "--yes"});
  ASSERT_TRUE(applied.ok()) << applied.output;
  ASSERT_TRUE(daemon_->attests_again("web-01"));
  ASSERT_EQ(daemon_->state_of("web-01"), "trusted") << daemon_->host("web-01").dump(1);
  host.stop_agent();
  const std::uint64_t sequence = daemon_->sequence_of("web-01");
  ASSERT_LT(wall_now().ms, end.ms) << "this machine is too slow for this test";

  ASSERT_TRUE(daemon_->becomes("web-01", "failed"));
  EXPECT_GE(wall_now().ms, end.ms);
  EXPECT_EQ(daemon_->sequence_of("web-01"), sequence) << "by time alone";
  EXPECT_TRUE(has_finding(daemon_->host("web-01"), "boot.reference.unknown"));
  EXPECT_TRUE(daemon_->emits("web-01", "failed"));
  const Json newest = history("web-01")[0];
  EXPECT_EQ(newest["state"], "trusted") << "as it was judged when it came";
  ASSERT_EQ(newest["revisions"].size(), 1U) << newest.dump(1);
  const Json revision = newest["revisions"][0];
  EXPECT_EQ(revision["state"], "failed");
  EXPECT_NE(revision["snapshot"], newest["snapshot"]);
  const WallTime revised = *transport::parse_iso_time(revision["time"].get<std::string>());
  EXPECT_GE(revised.ms, end.ms);
  EXPECT_EQ(state_at("web-01", revised.ms - 1), "trusted");
  EXPECT_EQ(state_at("web-01", revised.ms), "failed");
  const std::string bundle = (daemon_->folder() / "bundle.json").string();
  const Finished made =
      testing::run({{"/bin/sh", "-c", R"("$0" --socket "$1" bundle web-01 > "$2")",
                     QUOTEMILL_BIN_DIR "/quotemill", daemon_->control_path(), bundle}});
  ASSERT_TRUE(made.ok()) << made.output;
  const Finished checked =
      testing::run({{QUOTEMILL_BIN_DIR "/quotemill-verify", "bundle", bundle}});
  EXPECT_TRUE(checked.ok()) << checked.output;
  EXPECT_THAT(checked.output, HasSubstr("boot@1"));
  daemon_->kill9();
  ASSERT_TRUE(daemon_->start());
  EXPECT_EQ(daemon_->state_of("web-01"), "failed");
  EXPECT_EQ(state_at("web-01", revised.ms - 1), "trusted");
}

TEST_F(Memory, AMaintenanceWithARebootPagesNobodyAndHistoryGoesOn) {
  ASSERT_NO_FATAL_FAILURE(
      begin({.stale_after = "4s",
             .sink = "[sink]\nheartbeat = \"0s\"\n[file]\npath = \"FOLDER/pager.jsonl\"\n"
                     "[filter]\nmaintenance = false\n"}));
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(power_on(host));
  ASSERT_TRUE(join(host, *daemon_));
  const auto paged = [&] {
    const Bytes lines = testing::read_file(daemon_->folder() / "pager.jsonl");
    std::istringstream in{std::string(as_text(lines))};
    std::vector<std::string> states;
    for (std::string line; std::getline(in, line);) {
      const Json event = Json::parse(line);
      if (event.contains("seq")) {
        states.push_back(event["new"].get<std::string>());
      }
    }
    return states;
  };
  ASSERT_TRUE(eventually([&] { return paged() == std::vector<std::string>{"trusted"}; }));
  const std::uint64_t before = daemon_->sequence_of("web-01");
  const Json boot = daemon_->host("web-01")["boot"];

  ASSERT_TRUE(daemon_->cli({"maintenance", "web-01", "--for", "1h"}).ok());
  host.power_off();
  ASSERT_TRUE(daemon_->becomes("web-01", "stale")) << "it is judged as ever";
  ASSERT_TRUE(host.power_on());
  host.start_agent(*daemon_);
  ASSERT_TRUE(daemon_->becomes("web-01", "trusted")) << host.agent_log();
  EXPECT_EQ(daemon_->host("web-01")["boot"]["reset_count"],
            boot["reset_count"].get<unsigned>() + 1);
  ASSERT_TRUE(daemon_->attests_again("web-01"));
  ASSERT_TRUE(daemon_->cli({"maintenance", "web-01", "--end"}).ok());
  EXPECT_GT(daemon_->sequence_of("web-01"), before);
  bool is_there = false;
  for (const Json& appraisal : history("web-01")) {
    is_there = is_there || testing::finding(appraisal["findings"], "boot.rebooted").is_object();
  }
  EXPECT_TRUE(is_there) << history("web-01").dump(1);
  unsigned silent = 0;
  const Json page = daemon_->get("changes");
  for (const Json& change : page["changes"]) {
    silent += change["maintenance"] == true ? 1U : 0U;
  }
  EXPECT_EQ(silent, 2U) << "stale and trusted again, for whoever looks";

  host.power_off();
  ASSERT_TRUE(daemon_->becomes("web-01", "stale"));
  const std::vector<std::string> all = {"trusted", "stale"};
  EXPECT_TRUE(eventually([&] { return paged() == all; })) << "it is over: now somebody is";
}

TEST_F(Memory, AMaintenanceEndsByItself) {
  ASSERT_NO_FATAL_FAILURE(begin());
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(power_on(host));
  ASSERT_TRUE(join(host, *daemon_));
  ASSERT_TRUE(daemon_->cli({"maintenance", "web-01", "--for", "2s"}).ok());
  EXPECT_EQ(daemon_->host("web-01")["life_cycle"], "maintenance");
  EXPECT_TRUE(eventually([&] { return daemon_->host("web-01")["life_cycle"] == "active"; }));
  EXPECT_THAT(daemon_->cli({"audit"}).output, HasSubstr("maintenance.end"));
}

}  // namespace
}  // namespace quotemill
