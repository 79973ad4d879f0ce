// The runtime list (IMA) of real agents and software TPMs, as the daemon judges it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using testing::has_finding;
using testing::join;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr const char* kRules = R"(
[quote]
pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]
[ima]
no_reference = "info"
unknown_file = "off"
)";

class RuntimeList : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    ASSERT_TRUE(host_.make_tpm(maker_));
    ASSERT_TRUE(host_.power_on());
    ASSERT_TRUE(host_.run_files({{"/usr/bin/bash", "bash"}, {"/usr/bin/ls", "ls"}}));
    ASSERT_TRUE(join(host_, daemon_));
  }

  std::uint64_t entries() {
    const Json host = daemon_.host("web-01");
    return host["runtime"].is_object() ? host["runtime"]["entries"].get<std::uint64_t>() : 0;
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}, .rules = kRules}};
  SimHost host_{"web-01"};
};

TEST_F(RuntimeList, IsProvenEntryByEntryWhileTheHostRuns) {
  EXPECT_EQ(entries(), 3U);
  host_.stop_agent();
  ASSERT_TRUE(host_.run_files({{"/usr/bin/cat", "cat"}}));
  host_.start_agent(daemon_);
  EXPECT_TRUE(testing::eventually([&] { return entries() == 4; })) << host_.agent_log();
  EXPECT_EQ(daemon_.state_of("web-01"), "trusted");
  // And it is known after a restart of the daemon: nothing is read again.
  daemon_.kill9();
  ASSERT_TRUE(daemon_.start());
  ASSERT_TRUE(daemon_.attests_again("web-01"));
  EXPECT_EQ(entries(), 4U);
  EXPECT_EQ(daemon_.state_of("web-01"), "trusted");
}

TEST_F(RuntimeList, AnEntryThatWasTakenOutFailsTheHost) {
  host_.stop_agent();
  const Bytes before = testing::read_file(host_.runtime_list_path());
  ASSERT_TRUE(host_.run_files({{"/tmp/evil", "evil"}}));
  testing::write_file(host_.runtime_list_path(), before);
  host_.start_agent(daemon_);
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host_.agent_log();
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "ima.mismatch"));
}

TEST_F(RuntimeList, ARebootBeginsItAnew) {
  host_.stop_agent();
  ASSERT_TRUE(host_.power_cycle());
  ASSERT_TRUE(host_.run_files({{"/usr/bin/bash", "bash"}}));
  host_.start_agent(daemon_);
  EXPECT_TRUE(testing::eventually([&] { return entries() == 2; })) << host_.agent_log();
  EXPECT_TRUE(daemon_.becomes("web-01", "trusted"));
}

}  // namespace
}  // namespace quotemill
