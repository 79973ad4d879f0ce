#include "engine/appraise/appraise_claims.h"

#include <gmock/gmock.h>

#include "engine/appraise/appraise.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "engine/policy/policy.h"
#include "tests/engine/claims/claimed_log.h"
#include "tests/engine/verify/verified.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::ClaimedLog;
using testing::codes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::signature_list;
using testing::variable_data;

std::shared_ptr<const Snapshot> rules(
    const std::string& toml, const std::vector<std::shared_ptr<const Baseline>>& baselines = {}) {
  const Result<Policy> policy = parse_policy(toml, "p.toml");
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().to_string());
  return Snapshot::compile(policy ? *policy : default_policy(), baselines);
}

Findings appraise(ClaimedLog& log, const std::string& toml, std::uint32_t pcrs = 0xFFFFFF) {
  log.claims(pcrs);
  return appraise_claims(ProvenLog(log.log(), ClaimedLog::kBank, pcrs), *rules(toml));
}

std::vector<FindingCode> blame(ClaimedLog& log, const std::string& toml,
                               std::uint32_t pcrs = 0xFFFFFF) {
  return codes(appraise(log, toml, pcrs));
}

std::string sha256_hex(ByteView bytes) {
  return hash(HashAlgorithm::kSha256, bytes).hex();
}

// What allows code to run, as firmware measures it: owner and certificate.
Bytes authority(std::string_view variable, std::uint8_t certificate) {
  Bytes value(16, 0x77);
  const Bytes der = {0x30, 0x82, 0x00, 0x02, certificate, certificate};
  value.insert(value.end(), der.begin(), der.end());
  return variable_data(guids::kImageSecurityDatabase, variable, value);
}

std::string authority_id(std::uint8_t certificate) {
  return sha256_hex(Bytes{0x30, 0x82, 0x00, 0x02, certificate, certificate});
}

constexpr const char* kRequired = "[secure_boot]\nrequired = \"fail\"";

TEST(AppraiseClaims, SaysNothingWithoutRules) {
  ClaimedLog log;
  EXPECT_THAT(blame(log.secure_boot(0), ""), IsEmpty());
}

TEST(AppraiseClaims, SecureBootMustBeOnAndProven) {
  ClaimedLog on;
  EXPECT_THAT(blame(on.secure_boot(1), kRequired), IsEmpty());
  ClaimedLog off;
  const Findings findings = appraise(off.secure_boot(0), kRequired);
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kSecureBootOff));
  EXPECT_EQ(message_of(findings[0]), "PCR 7, event 1: Secure Boot is off (user mode)");
  ClaimedLog silent;
  EXPECT_THAT(blame(silent.separator(7), kRequired), ElementsAre(FindingCode::kSecureBootUnproven));
}

TEST(AppraiseClaims, SecureBootThatNoQuoteProvesSatisfiesNothing) {
  ClaimedLog log;
  EXPECT_THAT(blame(log.secure_boot(1), kRequired, 0xFFFFFF & ~(1U << 7U)),
              ElementsAre(FindingCode::kSecureBootUnproven));
}

TEST(AppraiseClaims, TakesTheActionOfTheRule) {
  ClaimedLog log;
  const Findings findings = appraise(log.secure_boot(0), "[secure_boot]\nrequired = \"warn\"");
  EXPECT_EQ(worst_of(findings), Severity::kWarning);
}

TEST(AppraiseClaims, OnlyNamedAuthoritiesMayLetCodeRun) {
  ClaimedLog log;
  log.secure_boot(1)
      .event(7, event_type::kEfiVariableAuthority, authority("db", 1))
      .event(7, event_type::kEfiVariableAuthority, authority("db", 2));
  const std::string both =
      "[secure_boot]\nauthorities = [\"" + authority_id(1) + "\", \"" + authority_id(2) + "\"]";
  EXPECT_THAT(blame(log, both), IsEmpty());
  const Findings findings =
      appraise(log, "[secure_boot]\nauthorities = [\"" + authority_id(1) + "\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kSecureBootAuthority));
  EXPECT_EQ(findings[0].digest->hex(), authority_id(2));
}

TEST(AppraiseClaimsHostile, AnAuthorityCannotBeHiddenUnderAnotherTypeOrOtherData) {
  const std::string toml = "[secure_boot]\nauthorities = [\"" + authority_id(1) + "\"]";
  for (const std::uint32_t type : {event_type::kEfiAction, event_type::kIpl, event_type::kEventTag,
                                   event_type::kEfiVariableDriverConfig, event_type::kSeparator}) {
    ClaimedLog log;
    log.secure_boot(1).event(7, type, authority("db", 2));
    EXPECT_THAT(blame(log, toml), Not(IsEmpty())) << type;
  }
  ClaimedLog log;
  log.secure_boot(1).labelled(7, event_type::kEfiVariableAuthority, authority("db", 1),
                              authority("db", 2));
  EXPECT_THAT(blame(log, toml), Not(IsEmpty()));
}

TEST(AppraiseClaimsHostile, AnAuthorityCannotBeHiddenUnderATextThatWasNotMeasured) {
  ClaimedLog log;
  log.secure_boot(1).labelled(7, event_type::kEfiAction, as_bytes("Exit Boot Services"),
                              authority("db", 2));
  EXPECT_THAT(blame(log, "[secure_boot]\nauthorities = [\"" + authority_id(1) + "\"]"),
              ElementsAre(FindingCode::kSecureBootUnproven));
}

TEST(AppraiseClaims, AuthoritiesMeanNothingWhereNothingIsEnforced) {
  ClaimedLog log;
  EXPECT_THAT(
      blame(log.secure_boot(0), "[secure_boot]\nauthorities = [\"" + authority_id(1) + "\"]"),
      ElementsAre(FindingCode::kSecureBootOff));
}

TEST(AppraiseClaims, OnlyNamedKeysMayStandInTheDatabases) {
  const std::string all = "[secure_boot]\nkeys = [\"" + sha256_hex(Bytes(64, 1)) + "\", \"" +
                          sha256_hex(Bytes(64, 2)) + "\", \"" + sha256_hex(Bytes(64, 3)) + "\"]";
  ClaimedLog log;
  EXPECT_THAT(blame(log.secure_boot(1), all), IsEmpty());
  const Findings findings = appraise(
      log, "[secure_boot]\nkeys = [\"" + sha256_hex(Bytes(64, 1)) + "\"]\nunknown_key = \"warn\"");
  ASSERT_THAT(codes(findings),
              ElementsAre(FindingCode::kSecureBootKey, FindingCode::kSecureBootKey));
  EXPECT_THAT(findings[1].subject, HasSubstr("db, "));
}

TEST(AppraiseClaims, DbxMustHoldEachRevocationNamed) {
  const std::string held = Digest::from(HashAlgorithm::kSha256, Bytes(32, 4))->hex();
  const std::string lacking = Digest::from(HashAlgorithm::kSha256, Bytes(32, 5))->hex();
  ClaimedLog log;
  EXPECT_THAT(blame(log.secure_boot(1), "[dbx]\nrevoked = [\"" + held + "\"]"), IsEmpty());
  const Findings findings =
      appraise(log, "[dbx]\nrevoked = [\"" + held + "\", \"" + lacking + "\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kDbxMissing));
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_THAT(message_of(findings[0]),
              HasSubstr("dbx lacks 1 of 2 revocations, first sha256:0505"));
  ClaimedLog none;
  EXPECT_THAT(blame(none.separator(7), "[dbx]\nrevoked = [\"" + held + "\"]"),
              ElementsAre(FindingCode::kDbxUnproven));
}

std::shared_ptr<const Baseline> revocation_list() {
  auto list = std::make_shared<Baseline>();
  list->name = "dbx";
  for (const std::uint8_t number : {std::uint8_t{4}, std::uint8_t{5}}) {
    ReferenceValue value;
    value.digest = *Digest::from(HashAlgorithm::kSha256, Bytes(32, number));
    value.version = number == 4 ? "2020-07-29" : "2023-05-09";
    list->values.push_back(value);
  }
  return list;
}

TEST(AppraiseClaims, DbxIsHeldAgainstAListUpToALevel) {
  ClaimedLog log;
  log.secure_boot(1).claims();
  const ProvenLog proven(log.log(), ClaimedLog::kBank, 0xFFFFFF);
  const auto blamed = [&](const std::string& toml,
                          const std::vector<std::shared_ptr<const Baseline>>& baselines) {
    return codes(appraise_claims(proven, *rules(toml, baselines)));
  };
  EXPECT_THAT(blamed("[dbx]\nlist = \"dbx\"\nlevel = \"2020-07-29\"", {revocation_list()}),
              IsEmpty());
  EXPECT_THAT(blamed("[dbx]\nlist = \"dbx\"", {revocation_list()}),
              ElementsAre(FindingCode::kDbxMissing));
  EXPECT_THAT(blamed("[dbx]\nlist = \"dbx\"", {}), ElementsAre(FindingCode::kDbxUnproven));
}

Bytes sbat(std::string_view text) {
  return variable_data(guids::kShimLock, "SbatLevel", as_bytes(text));
}

TEST(AppraiseClaims, ShimMustEnforceTheGenerationsNamed) {
  ClaimedLog log;
  log.secure_boot(1).event(7, event_type::kEfiVariableAuthority,
                           sbat("sbat,1,2024010900\nshim,4\ngrub,3\n"));
  EXPECT_THAT(blame(log, "[sbat]\nminimum = [\"shim=4\", \"grub=3\"]"), IsEmpty());
  const Findings findings = appraise(log, "[sbat]\nminimum = [\"shim=4\", \"grub=5\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kSbatBelow));
  EXPECT_THAT(message_of(findings[0]), HasSubstr("generation 3 of grub, the policy asks for 5"));
  ClaimedLog none;
  EXPECT_THAT(blame(none.secure_boot(1), "[sbat]\nminimum = [\"shim=1\"]"),
              ElementsAre(FindingCode::kSbatUnproven));
}

TEST(AppraiseClaimsHostile, ASecondSbatLevelAppendedLaterRaisesNothing) {
  ClaimedLog log;
  log.secure_boot(1)
      .event(7, event_type::kEfiVariableAuthority, sbat("sbat,1,2021030218\nshim,1\n"))
      .event(7, event_type::kEfiVariableAuthority, sbat("sbat,1,2024010900\nshim,4\n"));
  EXPECT_THAT(blame(log, "[sbat]\nminimum = [\"shim=4\"]"), Not(IsEmpty()));
}

Bytes grub(std::string_view text) {
  Bytes bytes = to_bytes(as_bytes(text));
  bytes.push_back(0);
  return bytes;
}

// GRUB measures the text without its prefix.
ClaimedLog& line(ClaimedLog& log, std::string_view prefix, std::string_view text) {
  return log.labelled(8, event_type::kIpl, grub(std::string(prefix) + std::string(text)),
                      as_bytes(text));
}

TEST(AppraiseClaims, TheKernelGetsOnlyParametersThatThePolicyAllows) {
  ClaimedLog log;
  line(log, "grub_cmd: ", "linux /vmlinuz root=/dev/sda1 ro");
  line(log, "kernel_cmdline: ", "/vmlinuz root=/dev/sda1 ro");
  EXPECT_THAT(blame(log, "[cmdline]\nallow = [\"/vmlinuz\", \"root=.*\", \"ro\"]"), IsEmpty());
  const Findings findings =
      appraise(log, "[cmdline]\nallow = [\"/vmlinuz\", \"root=/dev/sdb.*\", \"ro\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kCommandLineParameter));
  EXPECT_THAT(message_of(findings[0]), HasSubstr("root=/dev/sda1"));
}

TEST(AppraiseClaims, DeniedParametersAreNamed) {
  ClaimedLog log;
  line(log, "kernel_cmdline: ", "/vmlinuz ro init=/bin/sh dyndbg=\"file a init=b\"");
  const Findings findings = appraise(log, "[cmdline]\ndeny = [\"init=.*\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kCommandLineParameter));
  EXPECT_EQ(findings[0].subject, "init=/bin/sh") << "not what stands inside quotes";
}

TEST(AppraiseClaimsHostile, NoSpellingHidesADeniedParameter) {
  using namespace std::string_view_literals;
  for (const std::string_view hidden :
       {"/vmlinuz x.password= init=/bin/sh"sv, "/vmlinuz x.password='a init=/bin/sh '"sv,
        "/vmlinuz quiet\tinit=/bin/sh"sv, "/vmlinuz \"init=/bin/sh\""sv,
        "/vmlinuz init=\"/bin/sh\""sv, "/vmlinuz quiet\xA0init=/bin/sh"sv,
        "/vmlinuz quiet\0init=/bin/sh x"sv}) {
    ClaimedLog log;
    line(log, "kernel_cmdline: ", hidden);
    EXPECT_THAT(blame(log, "[cmdline]\ndeny = [\"init=.*\"]"),
                Contains(FindingCode::kCommandLineParameter))
        << hidden;
    ClaimedLog other;
    line(other, "kernel_cmdline: ", hidden);
    EXPECT_THAT(blame(other, "[cmdline]\nallow = [\"/vmlinuz\", \"quiet.*\", \"x.*\"]"),
                Contains(FindingCode::kCommandLineParameter))
        << hidden;
  }
  ClaimedLog dashes;
  line(dashes, "kernel_cmdline: ", "/vmlinuz ima-appraise=off");
  EXPECT_THAT(blame(dashes, "[cmdline]\ndeny = [\"ima_appraise=off\"]"),
              Contains(FindingCode::kCommandLineParameter));
}

TEST(AppraiseClaimsHostile, ALongCommandLineIsJudgedToItsEnd) {
  ClaimedLog log;
  line(log, "kernel_cmdline: ", "/vmlinuz " + std::string(100'000, 'a') + " init=/bin/sh");
  EXPECT_THAT(blame(log, "[cmdline]\ndeny = [\"init=.*\"]"),
              Contains(FindingCode::kCommandLineParameter));
}

TEST(AppraiseClaims, ADeniedParametersSecretIsNotTold) {
  ClaimedLog log;
  line(log, "kernel_cmdline: ", "/vmlinuz \"luks.password=open sesame\"");
  const Findings findings = appraise(log, "[cmdline]\ndeny = [\"luks.*\"]");
  ASSERT_THAT(codes(findings), ElementsAre(FindingCode::kCommandLineParameter));
  EXPECT_EQ(findings[0].subject, "luks.password=[redacted]");
}

TEST(AppraiseClaimsHostile, ACommandLineShownAsCredentialsLeavesADoubt) {
  ClaimedLog log;
  log.event(12, event_type::kIpl, testing::utf16("root=/dev/sda ro"))
      .labelled(12, event_type::kIpl, testing::utf16("Credentials initrd"),
                testing::utf16("init=/bin/sh"));
  EXPECT_THAT(blame(log, "[cmdline]\ndeny = [\"init=.*\"]"),
              Contains(FindingCode::kCommandLineUnproven));
}

TEST(AppraiseClaims, CredentialsThatAReferenceKnowsLeaveNoDoubt) {
  ClaimedLog log;
  log.event(12, event_type::kIpl, testing::utf16("root=/dev/sda ro"))
      .labelled(12, event_type::kIpl, testing::utf16("Credentials initrd"), as_bytes("cpio"));
  log.claims();
  auto known = std::make_shared<Baseline>();
  known->name = "credentials";
  known->file.emplace();
  ReferenceValue& value = known->values.emplace_back();
  value.digest = hash(HashAlgorithm::kSha256, as_bytes("cpio"));
  value.kind = ReferenceKind::kEvent;
  value.pcr = 12;
  const auto snapshot = rules(
      "[quote]\npcrs = [0, 7, 8, 12]\n[cmdline]\ndeny = [\"init=.*\"]\n"
      "[boot]\nreferences = [\"credentials\"]\nreference_events = [12]",
      {known});
  EXPECT_THAT(appraise_claims(ProvenLog(log.log(), ClaimedLog::kBank, 0xFFFFFF), *snapshot),
              IsEmpty());
}

TEST(AppraiseClaimsHostile, ACommandLineUnderTheLabelOfACommandIsNoticed) {
  ClaimedLog log;
  line(log, "grub_cmd: ", "/vmlinuz ro init=/bin/sh");
  line(log, "kernel_cmdline: ", "/vmlinuz ro");
  EXPECT_THAT(blame(log, "[cmdline]\ndeny = [\"init=.*\"]"),
              ElementsAre(FindingCode::kCommandLineUnproven));
}

TEST(AppraiseClaimsHostile, ACommandLineThatWasNotMeasuredSatisfiesNothing) {
  ClaimedLog log;
  log.labelled(8, event_type::kIpl, grub("kernel_cmdline: /vmlinuz ro"),
               as_bytes("/vmlinuz ro init=/bin/sh"));
  EXPECT_THAT(blame(log, "[cmdline]\ndeny = [\"init=.*\"]"),
              Contains(FindingCode::kCommandLineUnproven));
  ClaimedLog none;
  EXPECT_THAT(blame(none.secure_boot(1), "[cmdline]\ndeny = [\"init=.*\"]"),
              ElementsAre(FindingCode::kCommandLineUnproven));
}

TEST(AppraiseClaims, ADebuggerIsAnAlarm) {
  ClaimedLog log;
  log.event(7, event_type::kEfiAction, as_bytes("UEFI Debug Mode"));
  EXPECT_THAT(blame(log, "[platform]\nalarms = \"fail\""),
              ElementsAre(FindingCode::kPlatformAlarm));
}

TEST(AppraiseClaims, UnprovenEventsAreNamedIfThePolicyAsks) {
  ClaimedLog log;
  log.secure_boot(1).labelled(5, event_type::kEfiAction, as_bytes("one"), as_bytes("another"));
  const Findings findings = appraise(log, "[events]\nunproven = \"fail\"");
  EXPECT_THAT(codes(findings), Contains(FindingCode::kLogEventData));
  EXPECT_EQ(worst_of(findings), Severity::kFail);
}

// A host that gives no log must not get away with what a log would have had to prove.
TEST(AppraiseClaimsHostile, AnAbsentLogSatisfiesNoRule) {
  const Findings findings = appraise_absent_log(*rules(
      "[boot]\nlog = \"off\"\n[secure_boot]\nrequired = \"fail\"\n[cmdline]\ndeny = [\"x\"]"));
  EXPECT_THAT(codes(findings), Contains(FindingCode::kSecureBootUnproven));
  EXPECT_THAT(codes(findings), Contains(FindingCode::kCommandLineUnproven));
  EXPECT_EQ(worst_of(findings), Severity::kFail);
}

// A real boot of Debian's shim, GRUB and kernel, once with Secure Boot and once without.
std::vector<FindingCode> blame_fixture(const std::string& path, const std::string& toml) {
  const Bytes bytes = testing::boot_log_bytes(path);
  const BootLog log = read_boot_log(bytes).log;
  const std::uint32_t pcrs = replay(log, HashAlgorithm::kSha256).mask();
  return codes(appraise_claims(ProvenLog(log, HashAlgorithm::kSha256, pcrs), *rules(toml)));
}

constexpr const char* kStrict = R"(
[secure_boot]
required = "fail"
[sbat]
minimum = ["shim=4", "grub=5"]
[cmdline]
allow = ["/.*", "root=.*", "ro", "console=.*", "ima.*", "panic=.*", "earlyprintk=.*", "rootfstype=.*"]
[platform]
alarms = "fail"
)";

TEST(AppraiseClaims, ARealBootWithSecureBootSatisfiesAStrictPolicy) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  EXPECT_THAT(blame_fixture("qemu/sb-on/eventlog.bin", kStrict), IsEmpty());
  EXPECT_THAT(blame_fixture("qemu/sb-off/eventlog.bin", kStrict),
              Contains(FindingCode::kSecureBootOff));
}

}  // namespace
}  // namespace quotemill
