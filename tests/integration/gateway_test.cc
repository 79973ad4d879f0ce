// Hosts behind a gateway, end to end: software TPMs, agents, quotemill-gateway, the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/test_gateway.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::SimHost;
using testing::TestDaemon;
using testing::TestGateway;
using testing::TpmMaker;
using transport::Json;

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    daemon_.list_gateway("rack-1", gateway_.key(), "r1-*");
    ASSERT_TRUE(daemon_.start());
    gateway_.start(daemon_);
  }

  ::testing::AssertionResult build(SimHost& host) {
    ::testing::AssertionResult made = host.make_tpm(maker_);
    return made ? host.power_on() : made;
  }

  ::testing::AssertionResult join(SimHost& host) {
    host.start_agent(daemon_, daemon_.new_token(1), gateway_.address(daemon_));
    ::testing::AssertionResult trusted = daemon_.becomes(host.name(), "trusted");
    return trusted ? trusted
                   : trusted << "\nits agent's log:\n"
                             << host.agent_log() << "\nthe gateway's log:\n"
                             << gateway_.log();
  }

  std::uint64_t counted(const char* name) {
    return daemon_.counter("endpoints", "gateway rack-1", name);
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}}};
  TestGateway gateway_;
};

TEST_F(GatewayTest, HostsBehindItAreTrustedWithTheirLogs) {
  SimHost first("r1-web-01");
  SimHost second("r1-web-02");
  ASSERT_TRUE(build(first) && build(second));
  ASSERT_TRUE(join(first));
  ASSERT_TRUE(join(second));
  ASSERT_TRUE(daemon_.attests_again("r1-web-01", 4));
  ASSERT_TRUE(daemon_.attests_again("r1-web-02", 4));
  const Json pipeline = daemon_.get("status")["pipeline"];
  EXPECT_EQ(pipeline["logs_asked"], 2) << "a log each, through the gateway";
  EXPECT_GE(pipeline["quote_enough"].get<int>(), 4);
  EXPECT_EQ(pipeline["unproven"], 0);
  EXPECT_EQ(daemon_.counter("endpoints", "attest", "carried"),
            daemon_.counter("endpoints", "attest", "messages_in"))
      << "nothing came another way";
  EXPECT_EQ(counted("refused"), 0U);
}

TEST_F(GatewayTest, AHostWhoseBootWasTamperedWithFailsAndIsTold) {
  SimHost host("r1-web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host));
  ASSERT_TRUE(daemon_.cli({"baseline", "capture", "r1-web-01", "--name", "golden"}).ok());
  ASSERT_TRUE(daemon_.attests_again("r1-web-01"));
  host.boot.boot_loader = "15.8-2-evil";
  ASSERT_TRUE(host.power_cycle());
  ASSERT_TRUE(daemon_.becomes("r1-web-01", "failed"));
  EXPECT_TRUE(daemon_.emits("r1-web-01", "failed"));
}

// The log is the host's (it proves it), and does not explain its quote.
TEST_F(GatewayTest, AHostThatSendsATamperedLogFails) {
  SimHost host("r1-web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host));
  const Bytes honest = testing::read_file(host.boot_log_path());
  host.stop_agent();
  host.boot.boot_loader = "15.8-2-evil";  // ran; the log below shows another
  ASSERT_TRUE(host.power_cycle());
  testing::write_file(host.boot_log_path(), honest);
  host.start_agent(daemon_, {}, gateway_.address(daemon_));
  ASSERT_TRUE(daemon_.becomes("r1-web-01", "failed")) << host.agent_log();
  EXPECT_TRUE(has_finding(daemon_.host("r1-web-01"), "log.mismatch"));
}

TEST_F(GatewayTest, KilledAndStartedAgainItLosesNothing) {
  SimHost host("r1-web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host));
  const std::uint64_t before = daemon_.sequence_of("r1-web-01");
  gateway_.kill9();
  EXPECT_EQ(daemon_.state_of("r1-web-01"), "trusted") << "its loss makes nobody fail";
  gateway_.start(daemon_);
  ASSERT_TRUE(daemon_.attests_again("r1-web-01", 3));
  EXPECT_EQ(daemon_.state_of("r1-web-01"), "trusted");
  const Json history = daemon_.get("history", {{"host", "r1-web-01"}, {"limit", 100}});
  for (const Json& one : history["appraisals"]) {
    EXPECT_EQ(one["state"], "trusted") << history.dump(1);
  }
  EXPECT_GT(daemon_.sequence_of("r1-web-01"), before);
  EXPECT_EQ(gateway_.stop(), 0);
  EXPECT_THAT(gateway_.log(), HasSubstr("frames_up"));
}

TEST_F(GatewayTest, ADaemonThatStartsAgainFindsItsGateway) {
  SimHost host("r1-web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host));
  daemon_.kill9();
  ASSERT_TRUE(daemon_.start());
  ASSERT_TRUE(daemon_.attests_again("r1-web-01", 3));
  EXPECT_EQ(daemon_.state_of("r1-web-01"), "trusted");
}

TEST_F(GatewayTest, AHostThatItDoesNotListDoesNotAttestThroughIt) {
  SimHost host("r2-web-01");
  ASSERT_TRUE(build(host));
  host.start_agent(daemon_, daemon_.new_token(1), gateway_.address(daemon_));
  ASSERT_TRUE(eventually([this] { return counted("refused") > 0; }));
  EXPECT_EQ(daemon_.state_of("r2-web-01"), "unknown");
  EXPECT_TRUE(daemon_.logs("a gateway that does not list it"));
}

}  // namespace
}  // namespace quotemill
