// Bulk import into a real daemon, and a simulated fleet of the imported hosts that attests to it.
#include "tests/integration/simulated_fleet.h"

#include <gmock/gmock.h>

#include "tests/integration/test_gateway.h"

namespace quotemill {
namespace {

using testing::DaemonSettings;
using testing::Finished;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::SimulatedFleetTest;
using testing::TestDaemon;
using transport::Json;

TEST_F(SimulatedFleetTest, EveryVerdictIsRightUnderEveryFault) {
  TestDaemon daemon(for_imported());
  ASSERT_TRUE(daemon.start());
  const Finished imported = daemon.cli({"import", exported("200")});
  ASSERT_TRUE(imported.ok()) << imported.output;
  EXPECT_THAT(imported.output, HasSubstr("200 hosts imported"));
  const Finished run = attest(
      daemon, "200",
      {"--seconds", "5", "--processes", "2", "--mix", "quote-only=0.8,reboot=0.2", "--faults",
       "bad_signature=0.04,wrong_nonce=0.04,replay=0.04,wrong_pcr=0.04,tampered_log=0.04,"
       "truncated=0.04,wrong_key=0.04",
       "--nonce-keys", (daemon.folder() / "state/nonce.keys").string(), "--ahead", "16"});
  EXPECT_TRUE(run.ok()) << run.output;
  const Json report = report_of(run.output);
  EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
  EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
  EXPECT_EQ(report["processes"], 2);
  EXPECT_EQ(report["unanswered"], 0);
  for (const char* action : {"quote-only", "reboot", "bad_signature", "wrong_nonce", "replay",
                             "wrong_pcr", "tampered_log", "truncated", "wrong_key"}) {
    EXPECT_TRUE(report["actions"].contains(action)) << action;
  }
  EXPECT_GT(report["failed"], 0);
  EXPECT_GT(report["replays_refused"], 0);
  EXPECT_EQ(daemon.get("status")["pipeline"]["internal_errors"], 0);
}

TEST_F(SimulatedFleetTest, AFleetMayRunAgainWhateverItSignedBefore) {
  TestDaemon daemon(for_imported());
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.cli({"import", exported("3")}).ok());
  const std::string nonce_keys = (daemon.folder() / "state/nonce.keys").string();
  const std::vector<std::string> ahead = {"--seconds", "1",       "--nonce-keys",
                                          nonce_keys,  "--ahead", "500"};
  const std::vector<std::string> live = {"--seconds", "1", "--mix", "quote-only=0.5,reboot=0.5"};
  const std::vector<std::string> open = {"--seconds", "1", "--rate", "20"};
  for (const std::vector<std::string>& options : {ahead, ahead, live, open}) {
    const Finished run = attest(daemon, "3", options);
    EXPECT_TRUE(run.ok()) << run.output;
    const Json report = report_of(run.output);
    EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
    EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
  }
  ASSERT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  EXPECT_TRUE(attest(daemon, "3", live).ok());
}

TEST_F(SimulatedFleetTest, AFleetBehindAGatewayIsJudgedAsDirectly) {
  TestDaemon daemon(for_imported());
  testing::TestGateway gateway;
  daemon.list_gateway("rack-1", gateway.key(), "sim-*");
  ASSERT_TRUE(daemon.start());
  gateway.start(daemon);
  ASSERT_TRUE(daemon.cli({"import", exported("200")}).ok());
  const Finished run = attest(daemon, "200",
                              {"--gateway-key", gateway.public_key_path().string(), "--daemon-pid",
                               std::to_string(daemon.process().pid()), "--seconds", "3", "--mix",
                               "quote-only=0.9,reboot=0.1", "--nonce-keys",
                               (daemon.folder() / "state/nonce.keys").string(), "--ahead", "16"},
                              gateway.address(daemon).endpoint);
  EXPECT_TRUE(run.ok()) << run.output;
  const Json report = report_of(run.output);
  EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
  EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
  EXPECT_EQ(report["unanswered"], 0);
  EXPECT_GT(report["actions"]["reboot"], 0) << "with logs";
  EXPECT_GT(report["daemon_cpu_us"], 0);
  const Json status = daemon.get("status");
  EXPECT_EQ(status["pipeline"]["unproven"], 0);
  const Json& counted = status["endpoints"]["gateway rack-1"];
  EXPECT_GT(counted["frames_in"].get<double>(), 2 * counted["messages_in"].get<double>())
      << "hosts share messages";
}

// Two hundred ESXi hosts of three images: every fault that the generator knows, and its answer.
TEST_F(SimulatedFleetTest, EveryVerdictOnEsxiHostsIsTheOneThatTheirGeneratorKnows) {
  DaemonSettings settings;
  settings.identity = "imported = \"info\"";
  TestDaemon daemon(settings);
  ASSERT_TRUE(daemon.start());
  const std::string folder = folder_.path().string();
  ASSERT_TRUE(
      testing::run({{QUOTEMILL_BIN_DIR "/quotemill-fleet", "images", "--esxi", "3", folder}},
                   testing::kPatience)
          .ok());
  for (const std::string image : {"image-0", "image-1", "image-2"}) {
    ASSERT_TRUE(testing::run({{"gzip", "-n", folder + "/" + image}}).ok());
    const Finished imported =
        daemon.cli({"images", "import", folder + "/" + image + ".gz", "--as", image});
    ASSERT_TRUE(imported.ok()) << imported.output;
    ASSERT_TRUE(daemon.cli({"images", "approve", image, "--yes"}).ok());
  }
  const Finished applied = daemon.cli({"policy", "apply", folder + "/esxi.toml", "--yes"});
  ASSERT_TRUE(applied.ok()) << applied.output;
  ASSERT_TRUE(daemon.cli({"import", exported("200")}).ok());
  const Finished run =
      attest(daemon, "200",
             {"--seconds", "3", "--esxi", "3", "--esxi-faulty", "0.5", "--mix",
              "quote-only=0.8,reboot=0.2", "--faults", "bad_signature=0.03,tampered_log=0.03"});
  EXPECT_TRUE(run.ok()) << run.output;
  const Json report = report_of(run.output);
  EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
  EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
  EXPECT_GT(report["trusted"], 50);
  EXPECT_GT(report["failed"], 50);
  const Json images = daemon.get("image.list")["images"];
  EXPECT_GT(images[0]["hosts"].get<int>() + images[1]["hosts"].get<int>(), 20);
}

TEST_F(SimulatedFleetTest, ImportedHostsFailByNameUntilThePolicyAllowsThem) {
  TestDaemon daemon({});
  ASSERT_TRUE(daemon.start());
  const std::string file = exported("3");
  ASSERT_TRUE(daemon.cli({"import", file}).ok());
  // It survives the daemon's end.
  ASSERT_EQ(daemon.stop(), 0);
  ASSERT_TRUE(daemon.start());
  const Finished run = attest(daemon, "3", {"--seconds", "1"});
  EXPECT_EQ(run.exit_status, 1) << run.output;
  const Json report = report_of(run.output);
  EXPECT_GT(report["wrong_verdicts"], 0) << "what is not trusted does not go unnoticed";
  EXPECT_EQ(report["trusted"], 0);
  const Json host = daemon.host("sim-1-0");
  EXPECT_EQ(host["state"], "failed");
  EXPECT_TRUE(has_finding(host, "identity.imported")) << host.dump(1);
  EXPECT_THAT(host["identity"]["admitted_by"].get<std::string>(), HasSubstr("imported:"));
  const Finished again = daemon.cli({"import", file});
  EXPECT_THAT(again.output, HasSubstr("0 hosts imported, 3 were there already"));
}

}  // namespace
}  // namespace quotemill
