// A machine's life, from its first boot to an update of its kernel: real firmware, shim, GRUB and
// kernel, judged by the daemon against values computed from Debian's packages.
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "tests/system/boot_files.h"
#include "tests/system/guest.h"

namespace quotemill {
namespace {

using ::testing::AssertionResult;
using testing::BootFiles;
using ::testing::ElementsAre;
using testing::finding;
using testing::Finished;
using testing::Firmware;
using testing::Guest;
using ::testing::HasSubstr;
using testing::References;
using ::testing::StartsWith;
using testing::TempFolder;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr int kExitFailedHosts = 3;

// What quotemill-verify says, as JSON; null, and a failure, unless it finds nothing wrong.
Json verified(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), QUOTEMILL_BIN_DIR "/quotemill-verify");
  arguments.push_back("--json");
  const Finished finished = testing::run({std::move(arguments)});
  EXPECT_EQ(finished.exit_status, 0) << finished.output;
  return finished.ok() ? Json::parse(finished.output) : Json();
}

// The replayed log is what the TPM holds.
void expect_replayed(const Json& log, const std::filesystem::path& pcrs) {
  std::ifstream lines(pcrs);
  std::size_t compared = 0;
  std::string name;
  for (std::string value; lines >> name >> value;) {
    const std::string number = name.substr(name.find(':') + 1);
    if (log["pcrs"]["sha256"].contains(number)) {
      EXPECT_EQ(log["pcrs"]["sha256"][number], to_hex(*from_hex(value))) << "PCR " << number;
      ++compared;
    }
  }
  EXPECT_EQ(compared, log["pcrs"]["sha256"].size());
}

// All that was measured into PCR 4, 8 and 9 is expected; all that is expected was measured.
void expect_as_computed(const Json& log, const BootFiles& files) {
  const References expected = files.references();
  const References measured = testing::measured_in(log);
  EXPECT_FALSE(expected.empty());
  for (const auto& [digest, event] : measured) {
    EXPECT_TRUE(expected.contains(digest)) << event << " has digest " << digest;
  }
  for (const auto& [digest, name] : expected) {
    EXPECT_TRUE(measured.contains(digest)) << name << " was not measured";
  }
}

// The codes of all findings that make it fail.
std::set<std::string> failures_of(const Json& host) {
  std::set<std::string> codes;
  for (const Json& one : host["findings"]) {
    if (one["severity"] == "fail") {
      codes.insert(one["code"].get<std::string>());
    }
  }
  return codes;
}

class RealBoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_qemu()) {
      GTEST_SKIP() << "QEMU, OVMF, swtpm or their tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    const Finished applied = daemon_.cli({"policy", "apply", "tests/system/policy.toml"});
    ASSERT_TRUE(applied.ok()) << applied.output;
    ASSERT_TRUE(guest_.make_tpm(maker_));
    ASSERT_TRUE(guest_.configure(daemon_, daemon_.new_token(1)));
  }

  // Power off, if it is on; a boot from there; and the verdict on it.
  AssertionResult boots(const BootFiles& files, Firmware firmware, const std::string& state) {
    const std::string before = judged_boot();
    guest_.power_off();
    if (AssertionResult on = guest_.power_on(files.disk(), firmware); !on) {
      return on;
    }
    if (AssertionResult shown = guest_.says(Guest::kShown); !shown) {
      return shown;
    }
    testing::eventually([&] { return judged_boot() != before; }, Guest::kBootLimit);
    AssertionResult judged = daemon_.becomes(guest_.name(), state);
    return judged && judged_boot() != before ? judged : judged << "\n" << guest_.console();
  }

  // Whether the daemon takes the list as what may boot or run, in place of the one before.
  AssertionResult accepts(const std::string& baseline, const std::string& references) {
    const TempFolder folder;
    testing::write_file(folder / "references.list", as_bytes(references));
    const Finished imported = daemon_.cli(
        {"baseline", "import", (folder / "references.list").string(), "--as", baseline});
    return imported.ok() ? ::testing::AssertionSuccess()
                         : ::testing::AssertionFailure() << imported.output;
  }

  // The boot that the newest verdict is about; empty before there is one.
  std::string judged_boot() {
    const Json host = daemon_.host(guest_.name());
    return host.is_object() && host["boot"].is_object() ? host["boot"]["boot_id"] : "";
  }

  // How many entries of the runtime list the daemon has proven by quotes.
  std::uint64_t proven_entries() {
    const Json host = daemon_.host(guest_.name());
    return host["runtime"].is_object() ? host["runtime"]["entries"].get<std::uint64_t>() : 0;
  }

  // What the command line tool says of the host; and that it ends as it must for its state.
  Json shown(int exit_status) {
    const Finished finished = daemon_.cli({"host", guest_.name(), "--json"});
    EXPECT_EQ(finished.exit_status, exit_status) << finished.output;
    return Json::parse(finished.output, nullptr, /*allow_exceptions=*/false);
  }

  void trusted_with_secure_boot();
  void expect_evidence(const BootFiles& files);
  void failed_without_secure_boot();
  void failed_with_another_kernel();
  void trusted_once_that_kernel_is_accepted();

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}, .stale_after = "10m"}};
  Guest guest_{"metal-01"};
  const BootFiles files_{1};
  const BootFiles other_{2};
};

void RealBoot::trusted_with_secure_boot() {
  ASSERT_TRUE(accepts("debian", files_.reference_list()));
  ASSERT_TRUE(accepts("initramfs", files_.initramfs_list_text() + other_.initramfs_list_text()));
  ASSERT_TRUE(boots(files_, Firmware::kSecureBoot, "trusted"));
  const Json host = shown(0);
  EXPECT_EQ(host["state"], "trusted");
  EXPECT_THAT(failures_of(host), ElementsAre());
  ASSERT_NO_FATAL_FAILURE(expect_evidence(files_));
}

// The boot log, the runtime list and the claims, as the guest's kernel shows them after a boot with
// Secure Boot.
void RealBoot::expect_evidence(const BootFiles& files) {
  const std::filesystem::path folder = guest_.evidence();
  const std::string log_file = (folder / "eventlog.bin").string();
  const std::string pcrs = (folder / "pcrs.txt").string();
  const Json log = verified({"eventlog", log_file});
  ASSERT_TRUE(log.is_object());
  expect_replayed(log, pcrs);
  expect_as_computed(log, files);
  EXPECT_EQ(log["claims"]["secure_boot"]["state"], "on");
  EXPECT_EQ(log["claims"]["secure_boot"]["standing"], "proven");
  EXPECT_EQ(log["claims"]["authorities"].size(), 2U) << log["claims"]["authorities"].dump(1);

  const Json ima = verified({"ima", (folder / "ima.bin").string(), "--pcrs", pcrs, "--eventlog",
                             log_file, "--references", files.initramfs_list().string()});
  ASSERT_TRUE(ima.is_object());
  EXPECT_TRUE(ima["findings"].empty()) << ima["findings"].dump(1);
  for (const Json& entry : ima["events"]) {
    const bool is_first = entry["index"] == 0;
    EXPECT_EQ(entry["outcome"], is_first ? "boot_aggregate" : "referenced") << entry["data"].dump();
    EXPECT_EQ(entry["proof"], "data_proven");
  }
  EXPECT_GT(ima["events"].size(), 20U);  // the agent alone has more libraries
  // The daemon has proven as much, and goes on with what runs later.
  EXPECT_TRUE(testing::eventually([&] { return proven_entries() >= ima["events"].size(); }))
      << daemon_.host(guest_.name())["runtime"].dump();
}

void RealBoot::failed_without_secure_boot() {
  ASSERT_TRUE(boots(files_, Firmware::kSetupMode, "failed"));
  const Json host = shown(kExitFailedHosts);
  const Json off = finding(host["findings"], "boot.secure_boot.off");
  ASSERT_FALSE(off.is_null()) << host.dump(1);
  EXPECT_EQ(off["pcr"], 7);
  EXPECT_THAT(off["message"].get<std::string>(), HasSubstr("Secure Boot is off"));
  EXPECT_THAT(off["message"].get<std::string>(), HasSubstr("setup mode"));
  // The same disk, so that all that was loaded is known; but shim enforces no newer SBAT level.
  EXPECT_THAT(failures_of(host), ElementsAre("boot.sbat.below", "boot.secure_boot.off"));
}

void RealBoot::failed_with_another_kernel() {
  ASSERT_TRUE(boots(other_, Firmware::kSecureBoot, "failed"));
  const Json host = shown(kExitFailedHosts);
  EXPECT_THAT(failures_of(host), ElementsAre("boot.reference.unknown"));
  const Json kernel = finding(host["findings"], "boot.reference.unknown");
  ASSERT_FALSE(kernel.is_null()) << host.dump(1);
  EXPECT_EQ(kernel["pcr"], 4);
  EXPECT_EQ(kernel["type"], "EV_EFI_BOOT_SERVICES_APPLICATION");
  EXPECT_EQ(kernel["digest"], other_.kernel_digest());
  EXPECT_THAT(kernel["message"].get<std::string>(),
              StartsWith("PCR 4, event " + kernel["event"].dump() + ": "));
  expect_evidence(other_);
}

void RealBoot::trusted_once_that_kernel_is_accepted() {
  ASSERT_TRUE(accepts("debian", files_.reference_list() + other_.reference_list()));
  ASSERT_TRUE(daemon_.becomes(guest_.name(), "trusted"));
  EXPECT_EQ(shown(0)["state"], "trusted");
}

// One story, because a boot takes long and each step needs what the one before left: the host is
// enrolled once, and its TPM counts the resets.
TEST_F(RealBoot, IsJudgedFromTheFirmwareToTheRunningFiles) {
  ASSERT_NO_FATAL_FAILURE(trusted_with_secure_boot());
  ASSERT_NO_FATAL_FAILURE(failed_without_secure_boot());
  ASSERT_NO_FATAL_FAILURE(failed_with_another_kernel());
  ASSERT_NO_FATAL_FAILURE(trusted_once_that_kernel_is_accepted());
}

}  // namespace
}  // namespace quotemill
