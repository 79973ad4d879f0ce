// ESXi hosts with real agents and software TPMs, which generated boots are measured into: an image
// that operators approve and retire, a changed module, and a recovery key typed at the boot loader.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using testing::eventually;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr std::string_view kKey = bench::kTypedRecoveryKey;

class EsxiScenario : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    ASSERT_NO_FATAL_FAILURE(approve_image());
    ASSERT_NO_FATAL_FAILURE(apply_policy(1, ""));
  }

  static bench::EsxiBootModel boots(EsxiFault fault = EsxiFault::kNone) {
    static const auto kImage = std::make_shared<const bench::EsxiImageModel>(bench::esxi_image(3));
    bench::EsxiBootModel model;
    model.image = kImage;
    model.other_image = kImage;
    model.fault = fault;
    return model;
  }

  // By the image database that its hosts boot with, as an operator has it.
  void approve_image() {
    const std::filesystem::path tar = daemon_.folder() / "imgdb";
    testing::write_file(tar, boots().image->database);
    ASSERT_TRUE(testing::run({{"gzip", "-n", "-S", ".tgz", tar.string()}}).ok());
    const Finished imported =
        daemon_.cli({"images", "import", tar.string() + ".tgz", "--as", "esxi-8u3"});
    ASSERT_TRUE(imported.ok()) << imported.output;
    const Finished approved = daemon_.cli({"images", "approve", "esxi-8u3", "--yes"});
    ASSERT_TRUE(approved.ok()) << approved.output;
  }

  // `rules`: further lines of [esxi].
  void apply_policy(int version, const std::string& rules) {
    const std::filesystem::path file = daemon_.folder() / "esxi.toml";
    testing::write_file(
        file,
        as_bytes("[policy]\nid = \"esxi\"\npriority = 5\nversion = " + std::to_string(version) +
                 "\n[match]\nnames = [\"esx-*\"]\n[freshness]\nattest_every = \"300ms\"\n"
                 "stale_after = \"60s\"\n[quote]\n"
                 "pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14]\n[boot]\n"
                 "baselines = [\"esx-firmware\"]\ncompare = [0, 2]\n"
                 "no_baseline = \"info\"\n[esxi]\nimage = \"fail\"\n" +
                 bench::esxi_rules_of(boots()) + rules));
    const Finished applied = daemon_.cli({"policy", "apply", file.string(), "--yes"});
    ASSERT_TRUE(applied.ok()) << applied.output;
  }

  ::testing::AssertionResult boot(SimHost& host) {
    ::testing::AssertionResult made = host.make_tpm(maker_);
    return made ? host.power_on() : made;
  }

  // What every command that tells of a host prints.
  std::string told(const std::string& host) {
    std::string all;
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"hosts"},
                                               {"--json", "hosts"},
                                               {"host", host},
                                               {"--json", "host", host},
                                               {"--json", "history", host},
                                               {"--json", "audit"},
                                               {"--json", "status"},
                                               {"bundle", host}}) {
      all += daemon_.cli(command).output;
    }
    return all + daemon_.get("changes").dump();
  }

  // The files below the daemon's folder that hold the text: store, settings, output of sinks.
  std::vector<std::string> files_with(std::string_view text) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(daemon_.folder())) {
      if (!entry.is_regular_file()) {
        continue;
      }
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream content;
      content << in.rdbuf();
      if (content.str().find(text) != std::string::npos) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()},
                      .sink = "[sink]\nkind = \"file\"\nheartbeat = \"1s\"\n[file]\n"
                              "path = \"FOLDER/siem.log\"\n"}};
};

TEST_F(EsxiScenario, AnApprovedImageIsTrustedUntilItIsRetired) {
  SimHost good("esx-1");
  good.esxi = boots();
  ASSERT_TRUE(boot(good));
  ASSERT_TRUE(testing::join(good, daemon_));
  const Json esxi = daemon_.host("esx-1")["esxi"];
  EXPECT_EQ(esxi["attestation"]["status"], "Passed") << esxi;
  EXPECT_EQ(esxi["image"]["match"], "exact");
  EXPECT_EQ(esxi["build"], boots().image->build);
  EXPECT_EQ(esxi["secure_boot"]["state"], "on");
  const Finished shown = daemon_.cli({"host", "esx-1"});
  EXPECT_THAT(shown.output, HasSubstr("attestation   Passed"));
  EXPECT_THAT(shown.output, HasSubstr(boots().image->name));

  const Finished retired = daemon_.cli({"images", "retire", "esxi-8u3", "--yes"});
  ASSERT_TRUE(retired.ok()) << retired.output;
  ASSERT_TRUE(daemon_.becomes("esx-1", "failed"));
  ASSERT_TRUE(daemon_.attests_again("esx-1"));
  EXPECT_TRUE(testing::has_finding(daemon_.host("esx-1"), "esxi.image.not_approved"))
      << daemon_.host("esx-1").dump(1);
}

TEST_F(EsxiScenario, AChangedModuleFailsItsHostByTheNameOfTheVib) {
  SimHost bad("esx-2");
  bad.esxi = boots(EsxiFault::kChangedModule);
  ASSERT_TRUE(boot(bad));
  bad.start_agent(daemon_, daemon_.new_token(1));
  ASSERT_TRUE(daemon_.becomes("esx-2", "failed")) << bad.agent_log();
  const Json host = daemon_.host("esx-2");
  EXPECT_EQ(host["esxi"]["attestation"]["status"], "Failed");
  EXPECT_EQ(host["esxi"]["attestation"]["colour"], "red");
  EXPECT_EQ(host["esxi"]["attestation"]["key"], "esxi.module.changed");
  const std::string message = host["esxi"]["attestation"]["message"];
  EXPECT_THAT(message, HasSubstr("vmx.v00"));
  EXPECT_THAT(message, HasSubstr("esx-base"));
  const Finished shown = daemon_.cli({"hosts"});
  EXPECT_THAT(shown.output, HasSubstr("ATTESTATION"));
  EXPECT_THAT(shown.output, HasSubstr("esx-base"));

  bad.esxi = boots();
  ASSERT_TRUE(bad.power_cycle());
  EXPECT_TRUE(daemon_.becomes("esx-2", "trusted")) << "it clears itself";
}

// By the store alone: its host is gone for good, and the daemon is another process.
TEST_F(EsxiScenario, TheLastAttestationToAnImageOutlastsARestart) {
  SimHost host("esx-1");
  host.esxi = boots();
  ASSERT_TRUE(boot(host));
  ASSERT_TRUE(testing::join(host, daemon_));
  host.stop_agent();
  const Json before = daemon_.get("image.list")["images"][0];
  EXPECT_EQ(before["hosts"], 1) << before;
  ASSERT_TRUE(before["last_attested"].is_string()) << before;
  ASSERT_EQ(daemon_.stop(), 0);
  ASSERT_TRUE(daemon_.start());
  const Json after = daemon_.get("image.list")["images"][0];
  EXPECT_EQ(after["last_attested"], daemon_.host("esx-1")["esxi"]["last_attested"]);
  EXPECT_GE(after["last_attested"], before["last_attested"]);
  const Finished listed = daemon_.cli({"images", "list"});
  EXPECT_THAT(listed.output, ::testing::ContainsRegex("esxi-8u3@1 +approved .* 1 +20"));
}

// Its firmware is learnt from a host that is known good, and pinned.
TEST_F(EsxiScenario, FirmwareIsPinnedToThatOfAGoldenHost) {
  SimHost host("esx-1");
  host.esxi = boots();
  ASSERT_TRUE(boot(host));
  ASSERT_TRUE(testing::join(host, daemon_));
  const Finished captured =
      daemon_.cli({"baseline", "capture", "esx-1", "--name", "esx-firmware", "--yes"});
  ASSERT_TRUE(captured.ok()) << captured.output;
  ASSERT_TRUE(daemon_.attests_again("esx-1"));
  EXPECT_EQ(daemon_.state_of("esx-1"), "trusted");
  host.esxi->firmware = "1.1";
  ASSERT_TRUE(host.power_cycle());
  ASSERT_TRUE(daemon_.becomes("esx-1", "failed"));
  EXPECT_TRUE(testing::has_finding(daemon_.host("esx-1"), "boot.event.digest_unknown"));
}

TEST_F(EsxiScenario, ARecoveryKeyThatWasTypedIsNowhere) {
  SimHost host("esx-3");
  host.esxi = boots(EsxiFault::kSecretTyped);
  ASSERT_TRUE(boot(host));
  host.start_agent(daemon_, daemon_.new_token(1));
  ASSERT_TRUE(daemon_.becomes("esx-3", "warning")) << host.agent_log();
  ASSERT_TRUE(testing::has_finding(daemon_.host("esx-3"), "esxi.log.secret"));
  ASSERT_TRUE(daemon_.attests_again("esx-3"));

  // Its hash was checked when the log came; by what is kept another policy comes to the same.
  ASSERT_NO_FATAL_FAILURE(apply_policy(2, "exec_installed_only = \"warn\"\n"));
  ASSERT_TRUE(daemon_.attests_again("esx-3"));
  const Json judged = daemon_.host("esx-3");
  EXPECT_EQ(judged["state"], "warning") << judged.dump(1);
  EXPECT_TRUE(testing::has_finding(judged, "esxi.exec_installed_only"));
  EXPECT_FALSE(testing::has_finding(judged, "esxi.log.data"));
  EXPECT_EQ(judged["esxi"]["secret_typed"], true);

  // A bundle says on whose word the event rests.
  const Finished bundle = daemon_.cli({"bundle", "esx-3"});
  EXPECT_THAT(bundle.output, ::testing::ContainsRegex("\"boot_log_secrets\":\\[[0-9]+\\]"));

  const std::string all = told("esx-3") + host.agent_log();
  EXPECT_THAT(all, Not(HasSubstr(std::string(kKey))));
  EXPECT_THAT(all, Not(HasSubstr(to_hex(as_bytes(kKey))))) << "bundles are hexadecimal";
  EXPECT_THAT(all, HasSubstr(to_hex(as_bytes("encryptionRecoveryKey=***"))));
  ASSERT_TRUE(eventually([&] { return !files_with("esx-3").empty(); }));
  daemon_.stop();
  EXPECT_THAT(daemon_.log(), Not(HasSubstr(std::string(kKey))));
  EXPECT_THAT(files_with(kKey), ::testing::IsEmpty());
  EXPECT_THAT(files_with(to_hex(as_bytes(kKey))), ::testing::IsEmpty());
  // The search would have found it: the rest of the line is there.
  EXPECT_THAT(files_with("encryptionRecoveryKey=***"), Not(::testing::IsEmpty()));
}

}  // namespace
}  // namespace quotemill
