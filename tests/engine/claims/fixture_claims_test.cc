// What real machines' logs claim: the facts that are known of them.
#include <gtest/gtest.h>

#include "engine/claims/boot_claims.h"
#include "engine/eventlog/replay.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::boot_log_bytes;
using testing::have_fixtures;

class LogOf {
 public:
  explicit LogOf(const std::string& path)
      : bytes_(boot_log_bytes(path)), log_(read_boot_log(bytes_).log) {
    const std::optional<HashAlgorithm> bank = fullest_bank(log_);
    if (bank) {
      claims_ = draw_boot_claims(ProvenLog(log_, *bank, replay(log_, *bank).mask()), nullptr);
    }
  }

  [[nodiscard]] const BootClaims& claims() const { return claims_; }

 private:
  Bytes bytes_;
  BootLog log_;
  BootClaims claims_;
};

bool any_subject(const BootClaims& claims, std::string_view part) {
  for (const AuthorityClaim& authority : claims.databases.authorities) {
    if (authority.subject.find(part) != std::string::npos &&
        authority.ground.standing == Standing::kProven) {
      return true;
    }
  }
  return false;
}

TEST(FixtureClaims, QemuWithSecureBootOn) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const LogOf log("qemu/sb-on/eventlog.bin");
  const BootClaims& claims = log.claims();
  EXPECT_EQ(claims.secure_boot.enabled, true);
  EXPECT_EQ(claims.secure_boot.ground.standing, Standing::kProven)
      << claims.secure_boot.ground.because;
  EXPECT_EQ(claims.secure_boot.mode, SecureBootMode::kUser);
  EXPECT_TRUE(any_subject(claims, "Microsoft Corporation UEFI CA 2011"));
  EXPECT_TRUE(any_subject(claims, "Debian Secure Boot CA"));
  ASSERT_TRUE(claims.sbat.level);
  EXPECT_EQ(claims.sbat.level->date, "2025021800");
  ASSERT_EQ(claims.chain.images.size(), 4U) << "shim, GRUB and the kernel twice";
  EXPECT_EQ(claims.chain.images[2].digest, claims.chain.images[3].digest);
  ASSERT_FALSE(claims.chain.command_lines.empty());
  EXPECT_EQ(claims.chain.command_lines[0].ground.standing, Standing::kProven);
  EXPECT_EQ(claims.chain.command_lines[0].text.rfind("/EFI/debian/vmlinuz ", 0), 0U);
}

TEST(FixtureClaims, QemuWithSecureBootOff) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const LogOf log("qemu/sb-off/eventlog.bin");
  EXPECT_EQ(log.claims().secure_boot.enabled, false);
  EXPECT_EQ(log.claims().secure_boot.ground.standing, Standing::kProven);
  EXPECT_EQ(log.claims().secure_boot.mode, SecureBootMode::kSetup);
}

TEST(FixtureClaims, SecureBootOfTheQuotedMachines) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::vector<std::pair<std::string, bool>> machines = {
      {"tuples/t01-goattest-windows-gcp", true},
      {"tuples/t02-gotpmtools-cos85-nonce9009-sha256", true},
      {"tuples/t04-openeuler-boot", false},
      {"tuples/t30-immune-imn-dell-wbcl-bootctrs", true},
      {"tuples/t35-immune-failed-1", true},
      {"tuples/t37-immune-good-1", true},
      {"tuples/t38-immune-issue926-x1carbon-ancient", true},
      {"tuples/t41-immune-r340", true}};
  for (const auto& [folder, on] : machines) {
    const LogOf log(folder + "/eventlog.bin");
    EXPECT_EQ(log.claims().secure_boot.enabled, on) << folder;
    EXPECT_EQ(log.claims().secure_boot.ground.standing, Standing::kProven)
        << folder << ": " << log.claims().secure_boot.ground.because;
  }
}

TEST(FixtureClaims, OldShimsAuthoritiesAreReadInSpiteOfTheirByteTooMany) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const LogOf log("kgoldman+ibmtss/utils/sm1.log");
  EXPECT_TRUE(any_subject(log.claims(), "Canonical"));
}

TEST(FixtureClaims, EveryRealLogHasClaimsAndTheirDescription) {
  if (!have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::size_t proven = 0;
  for (const testing::LogFixture& fixture : testing::all_boot_logs()) {
    const LogOf log(fixture.path);
    EXPECT_EQ(describe_claims(log.claims()).size(), 12U) << fixture.path;
    proven += log.claims().secure_boot.ground.standing == Standing::kProven ? 1U : 0U;
  }
  EXPECT_GE(proven, 85U);
}

}  // namespace
}  // namespace quotemill
