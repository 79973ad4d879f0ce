// Reboots: those that a host reports, and those that it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using testing::eventually;
using testing::finding_codes;
using testing::has_finding;
using testing::join;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

class Reboot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    ASSERT_TRUE(host_.make_tpm(maker_));
    ASSERT_TRUE(host_.power_on());
    ASSERT_TRUE(join(host_, daemon_));
    boot_ = daemon_.host("web-01")["boot"];
  }

  // The codes of all appraisals of the host, newest first.
  std::vector<std::string> codes_so_far() {
    std::vector<std::string> codes;
    const Json history = daemon_.get("history", {{"host", "web-01"}, {"limit", 500}});
    for (const Json& appraisal : history["appraisals"]) {
      const std::vector<std::string> some = finding_codes(appraisal["findings"]);
      codes.insert(codes.end(), some.begin(), some.end());
    }
    return codes;
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}}};
  SimHost host_{"web-01"};
  Json boot_;  // before anything happened
};

TEST_F(Reboot, AReportedRebootIsAccepted) {
  ASSERT_TRUE(host_.power_cycle());
  ASSERT_TRUE(eventually([&] {
    return daemon_.host("web-01")["boot"]["boot_id"] != boot_["boot_id"];
  })) << host_.agent_log();
  const Json now = daemon_.host("web-01");
  EXPECT_EQ(now["state"], "trusted") << now.dump(1);
  EXPECT_EQ(now["boot"]["reset_count"], boot_["reset_count"].get<unsigned>() + 1);
  EXPECT_THAT(codes_so_far(), Contains("boot.rebooted"));
  // Nobody is told: trust did not change.
  const Json changes = daemon_.get("changes");
  EXPECT_EQ(changes["changes"].size(), 1U) << changes.dump(1);
}

TEST_F(Reboot, AnUnreportedResetIsNoticedAndDoesNotHealItself) {
  ASSERT_TRUE(host_.reset_tpm());
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host_.agent_log();
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "boot.reset_unreported"));
  ASSERT_TRUE(daemon_.attests_again("web-01", 3));
  EXPECT_EQ(daemon_.state_of("web-01"), "failed");
  // A reboot that is reported ends it.
  ASSERT_TRUE(host_.power_cycle());
  EXPECT_TRUE(daemon_.becomes("web-01", "trusted"));
}

TEST_F(Reboot, ANewBootIdWithoutAResetIsAKexec) {
  host_.stop_agent();
  const std::string id = "00000000-1111-4222-8333-444444444444\n";
  testing::write_file(host_.boot_id_path(), as_bytes(id));
  host_.start_agent(daemon_);
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host_.agent_log();
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "boot.kexec"));
}

TEST_F(Reboot, ARebootWhileTheDaemonIsAwayIsAccepted) {
  daemon_.kill9();
  ASSERT_TRUE(host_.power_cycle());
  ASSERT_TRUE(host_.power_cycle());
  ASSERT_TRUE(daemon_.start());
  ASSERT_TRUE(eventually([&] {
    return daemon_.host("web-01")["boot"]["boot_id"] != boot_["boot_id"];
  })) << host_.agent_log();
  EXPECT_EQ(daemon_.state_of("web-01"), "trusted");
  EXPECT_EQ(daemon_.host("web-01")["boot"]["reset_count"],
            boot_["reset_count"].get<unsigned>() + 2);
}

}  // namespace
}  // namespace quotemill
