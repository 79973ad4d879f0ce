// A real re-appraisal of a large store by the real daemon, that does not come to its end at once:
// killed with -9, and interrupted by Ctrl-C; each is resumed, and changes each host once.
#include <csignal>
#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using testing::DaemonSettings;
using testing::eventually;
using testing::Finished;
using ::testing::HasSubstr;
using testing::Process;
using testing::TestDaemon;
using transport::Json;

constexpr unsigned kHosts = 16'000;
constexpr unsigned kPage = 4'096;  // after which a run notes where it is
constexpr unsigned kImages = 20;   // a twentieth of the hosts each, but for what is nobody else's
constexpr const char* kLateHost = "host-9980";  // of image 00, and among the last by its name
constexpr const char* kIntervals = "attest_every = \"12h\"\nstale_after = \"3d\"\n";

std::string image_names(unsigned first) {
  std::string names;
  for (unsigned image = first; image < kImages; ++image) {
    names += std::string(names.empty() ? "" : ", ") + "\"image-" + (image < 10 ? "0" : "") +
             std::to_string(image) + "\"";
  }
  return names;
}

class Reappraisal : public ::testing::Test {
 protected:
  // As if all had attested once: the daemon is up, and knows them.
  void SetUp() override {
    ASSERT_TRUE(daemon_.start());  // makes its keys
    ASSERT_EQ(daemon_.stop(), 0);
    const std::filesystem::path store = daemon_.folder() / "state/store";
    std::filesystem::remove_all(store);
    const Finished made = testing::run(
        {{QUOTEMILL_BIN_DIR "/quotemill-scale-store", "make", store.string(), "--hosts",
          std::to_string(kHosts), "--policy", (daemon_.folder() / "policy.toml").string(),
          "--server-key", (daemon_.folder() / "state/server.pub").string()}},
        std::chrono::minutes(3));
    ASSERT_TRUE(made.ok()) << made.output;
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(states()["trusted"], kHosts);
    // From now on image-00 is refused, and so is every twentieth host.
    const std::string policy = (daemon_.folder() / "stricter.toml").string();
    testing::write_file(policy, as_bytes("[policy]\nid = \"test\"\nversion = 2\n[freshness]\n" +
                                         std::string(kIntervals) +
                                         "[boot]\nno_baseline = \"fail\"\n"
                                         "baselines = [" +
                                         image_names(1) + "]\n"));
    const Finished applied = daemon_.cli({"policy", "apply", policy, "--yes"});
    ASSERT_TRUE(applied.ok()) << applied.output;
    first_change_ = daemon_.get("status")["store"]["last_change"].get<std::uint64_t>() + 1;
  }

  Json states() { return daemon_.get("status")["hosts"]["states"]; }

  Json run_status() { return daemon_.get("reappraise.status"); }

  // The command, which follows its run. Each signature is checked, so that it takes a while.
  Process begin_run() {
    return Process({{QUOTEMILL_BIN_DIR "/quotemill", "--socket", daemon_.control_path(),
                     "reappraise", "--verify-signatures", "--yes"}});
  }

  // Whether the run came to its middle before it ended.
  bool comes_to_its_middle() {
    return eventually([&] {
             const Json status = run_status();
             return status["state"] == "running" ? status["done"] >= kPage
                                                 : status["state"] != "none";
           }) &&
           run_status()["state"] == "running";
  }

  // How often each host came to failed, in the outbox; sequences have no gap.
  std::map<std::string, int> failures() {
    std::map<std::string, int> seen;
    std::uint64_t next = first_change_;
    for (Json page = daemon_.get("changes", {{"from", next}, {"limit", 500}});
         !page["changes"].empty();
         page = daemon_.get("changes", {{"from", next}, {"limit", 500}})) {
      for (const Json& change : page["changes"]) {
        EXPECT_EQ(change["seq"], next++);
        if (change["new"] == "failed") {
          ++seen[change["host"]["name"].get<std::string>()];
        }
      }
    }
    return seen;
  }

  void expect_all_changed_once(std::uint64_t failed) {
    EXPECT_EQ(states()["failed"], failed);
    const std::map<std::string, int> seen = failures();
    EXPECT_EQ(seen.size(), failed);
    for (const auto& [host, times] : seen) {
      ASSERT_EQ(times, 1) << host;
    }
    const Finished check = daemon_.cli({"store", "check"});
    EXPECT_TRUE(check.ok()) << check.output;
  }

  TestDaemon daemon_{{.attest_every = "12h",
                      .stale_after = "3d",
                      .no_baseline = "fail",
                      .identity = "imported = \"off\"\n",
                      .rules = "baselines = [" + image_names(0) + "]\n"}};
  std::uint64_t first_change_ = 0;
};

TEST_F(Reappraisal, KilledInItsMiddleItGoesOnAndChangesEachHostOnce) {
  std::uint64_t done = 0;
  {
    const Process command = begin_run();
    ASSERT_TRUE(comes_to_its_middle()) << run_status().dump(1) << command.output();
    done = run_status()["done"].get<std::uint64_t>();
    daemon_.kill9();
  }
  ASSERT_TRUE(daemon_.start());
  const Json interrupted = run_status();
  EXPECT_EQ(interrupted["state"], "interrupted") << interrupted.dump(1);
  EXPECT_LE(interrupted["done"], done + 2 * kPage);
  EXPECT_EQ(failures().size(), states()["failed"].get<std::uint64_t>())
      << "what is durable was said, and nothing else";
  const Finished resumed = daemon_.cli({"reappraise", "--resume"});
  ASSERT_TRUE(resumed.ok()) << resumed.output;
  EXPECT_EQ(run_status()["state"], "done");
  expect_all_changed_once(kHosts / kImages);
  EXPECT_FALSE(daemon_.cli({"reappraise", "--resume"}).ok()) << "nothing is left to go on with";

  const std::string host = failures().begin()->first;
  const Json appraisal = daemon_.get("history", {{"host", host}})["appraisals"][0];
  EXPECT_EQ(appraisal["state"], "trusted");
  ASSERT_EQ(appraisal["revisions"].size(), 1U);
  EXPECT_EQ(appraisal["revisions"][0]["cause"], "reappraised");
}

TEST_F(Reappraisal, InterruptedByCtrlCItIsResumedAfterARestartAndLeavesAloneWhoWasRetired) {
  {
    Process command = begin_run();
    ASSERT_TRUE(comes_to_its_middle()) << run_status().dump(1) << command.output();
    command.send_signal(SIGINT);
    EXPECT_EQ(command.wait_for(testing::kPatience), 130) << command.output();
    EXPECT_THAT(command.output(), HasSubstr("quotemill reappraise --resume"));
  }
  ASSERT_TRUE(eventually([&] { return run_status()["state"] != "running"; }));
  const Json interrupted = run_status();
  ASSERT_EQ(interrupted["state"], "interrupted") << interrupted.dump(1);
  EXPECT_LT(interrupted["done"], kHosts);
  ASSERT_EQ(failures().count(kLateHost), 0U) << "the run came to it already";
  ASSERT_TRUE(daemon_.cli({"retire", kLateHost, "--yes"}).ok());
  EXPECT_EQ(daemon_.stop(), 0);
  ASSERT_TRUE(daemon_.start());
  EXPECT_EQ(run_status()["state"], "interrupted");
  const Finished resumed = daemon_.cli({"reappraise", "--resume"});
  ASSERT_TRUE(resumed.ok()) << resumed.output;
  EXPECT_EQ(run_status()["state"], "done");
  EXPECT_EQ(failures().count(kLateHost), 0U);
  expect_all_changed_once(kHosts / kImages - 1);
}

// A policy that is withdrawn while hosts are judged by it: the run begins anew under the one
// before, and nobody is left with a verdict of what is not in force.
TEST_F(Reappraisal, APolicyWithdrawnInItsMiddleLeavesNobodyJudgedByIt) {
  const Process command = begin_run();
  ASSERT_TRUE(comes_to_its_middle()) << run_status().dump(1) << command.output();
  const Finished withdrawn = daemon_.cli({"policy", "withdraw", "test", "--yes"});
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.output;
  ASSERT_TRUE(eventually([&] { return run_status()["state"] != "running"; }));
  const Json status = run_status();
  EXPECT_EQ(status["state"], "done") << status.dump(1);
  EXPECT_EQ(status["begun_anew"], 1);
  EXPECT_EQ(states()["trusted"], kHosts);
  EXPECT_EQ(states()["failed"], 0);
}

}  // namespace
}  // namespace quotemill
