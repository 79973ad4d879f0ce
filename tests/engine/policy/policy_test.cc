#include "engine/policy/policy.h"

#include <functional>
#include <set>

#include <gmock/gmock.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string mistakes(std::string_view toml) {
  const Result<Policy> policy = parse_policy(toml, "p.toml");
  EXPECT_FALSE(policy) << toml;
  if (policy) {
    return {};
  }
  EXPECT_EQ(policy.error().code, ErrorCode::kConfig);
  return policy.error().detail;
}

Policy good(std::string_view toml) {
  const Result<Policy> policy = parse_policy(toml, "p.toml");
  EXPECT_TRUE(policy) << policy.error().to_string();
  return policy ? *policy : default_policy();
}

TEST(Policy, AnEmptyFileHasTheDefaults) {
  const Policy policy = good("");
  EXPECT_EQ(policy.id, "default");
  EXPECT_EQ(policy.version, 1);
  EXPECT_EQ(policy.freshness.attest_every_ms, 60'000);
  EXPECT_EQ(policy.freshness.stale_after_ms, 300'000);
  EXPECT_EQ(policy.freshness.mode, FreshnessMode::kPreissued);
  EXPECT_EQ(policy.selection.to_string(), "sha256:0,1,2,3,4,5,6,7,8,9,14");
  EXPECT_EQ(policy.weak_algorithm, RuleAction::kFail);
  EXPECT_EQ(policy.imported_identity, RuleAction::kFail);
  EXPECT_EQ(policy.counters.kexec, RuleAction::kFail);
  EXPECT_EQ(policy.counters.reset_unreported, RuleAction::kFail);
  EXPECT_EQ(policy.counters.clock_lag, RuleAction::kFail);
  EXPECT_EQ(policy.counters.clock_unsafe, RuleAction::kInfo);
  EXPECT_EQ(policy.counters.tpm_firmware_changed, RuleAction::kWarn);
  EXPECT_EQ(policy.boot.log_absent, RuleAction::kFail);
  EXPECT_THAT(policy.boot.baselines, ElementsAre("golden"));
  EXPECT_EQ(policy.boot.compare, 1U << 0 | 1U << 2 | 1U << 3 | 1U << 4 | 1U << 6 | 1U << 7 |
                                     1U << 8 | 1U << 9 | 1U << 14);
  EXPECT_EQ(policy.boot.mismatch, RuleAction::kFail);
  EXPECT_EQ(policy.boot.no_baseline, RuleAction::kWarn);
  EXPECT_EQ(policy.boot.log_oddity, RuleAction::kWarn);
  EXPECT_EQ(policy.content, default_policy().content);
}

TEST(Policy, ReadsEveryKey) {
  const Policy policy = good(R"(
[policy]
id = "prod-linux"
version = 3
[freshness]
attest_every = "90s"
stale_after = "1h"
mode = "interactive"
[quote]
bank = "sha384"
pcrs = [0, 7, 23]
weak_algorithm = "warn"
[identity]
imported = "info"
[counters]
kexec = "off"
reset_unreported = "warn"
clock_lag = "info"
clock_unsafe = "fail"
tpm_firmware_changed = "off"
[boot]
log = "warn"
baselines = ["a", "b"]
compare = [7]
mismatch = "warn"
no_baseline = "fail"
log_oddity = "info"
)");
  EXPECT_EQ(policy.id, "prod-linux");
  EXPECT_EQ(policy.version, 3);
  EXPECT_EQ(policy.freshness.attest_every_ms, 90'000);
  EXPECT_EQ(policy.freshness.stale_after_ms, 3'600'000);
  EXPECT_EQ(policy.freshness.mode, FreshnessMode::kInteractive);
  EXPECT_EQ(policy.selection.to_string(), "sha384:0,7,23");
  EXPECT_EQ(policy.weak_algorithm, RuleAction::kWarn);
  EXPECT_EQ(policy.imported_identity, RuleAction::kInfo);
  EXPECT_EQ(policy.counters.kexec, RuleAction::kOff);
  EXPECT_EQ(policy.counters.reset_unreported, RuleAction::kWarn);
  EXPECT_EQ(policy.counters.clock_lag, RuleAction::kInfo);
  EXPECT_EQ(policy.counters.clock_unsafe, RuleAction::kFail);
  EXPECT_EQ(policy.counters.tpm_firmware_changed, RuleAction::kOff);
  EXPECT_EQ(policy.boot.log_absent, RuleAction::kWarn);
  EXPECT_THAT(policy.boot.baselines, ElementsAre("a", "b"));
  EXPECT_EQ(policy.boot.compare, 1U << 7U);
  EXPECT_EQ(policy.boot.mismatch, RuleAction::kWarn);
  EXPECT_EQ(policy.boot.no_baseline, RuleAction::kFail);
  EXPECT_EQ(policy.boot.log_oddity, RuleAction::kInfo);
}

TEST(Policy, AnotherFirmwareIsAnotherPolicy) {
  const Digest some = good("[match]\nfirmware = [\"2.*\"]\n").content;
  EXPECT_NE(some, default_policy().content);
  EXPECT_NE(good("[match]\nfirmware = [\"3.*\"]\n").content, some);
}

TEST(Policy, PlacesEveryMistakeAtOnce) {
  EXPECT_EQ(mistakes("[policy]\nid = 7\n[freshness]\nmode = \"often\"\n"),
            "p.toml:2:6: 'policy.id' must be a text in quotes\n"
            "p.toml:4:8: 'freshness.mode' must be one of 'preissued', 'interactive'");
}

TEST(Policy, NamesTheNearestKnownKey) {
  EXPECT_EQ(mistakes("[boot]\nbaseline = [\"a\"]\n"),
            "p.toml:2:1: unknown setting 'boot.baseline'; did you mean 'boot.baselines'?");
  EXPECT_EQ(mistakes("[counters]\n\n  kexce = \"warn\"\n"),
            "p.toml:3:3: unknown setting 'counters.kexce'; did you mean 'counters.kexec'?");
  EXPECT_EQ(mistakes("[boot]\nsomething_else_altogether = 1\n"),
            "p.toml:2:1: unknown setting 'boot.something_else_altogether'");
}

TEST(Policy, KnowsNoSettingOutsideOfItsTable) {
  EXPECT_THAT(mistakes("id = \"x\"\n"), HasSubstr("1:1: unknown setting 'id'"));
  EXPECT_THAT(mistakes("\"policy.id\" = \"x\"\n"), HasSubstr("unknown setting 'policy.id'"));
  EXPECT_THAT(mistakes("policy = 7\n"), HasSubstr("unknown setting 'policy'"));
  EXPECT_THAT(mistakes("[[policy]]\nid = \"x\"\n"), HasSubstr("unknown setting 'policy'"));
  EXPECT_THAT(mistakes("[frehsness]\n"), HasSubstr("unknown setting 'frehsness'"));
  EXPECT_THAT(mistakes("[boot.mismatch]\nx = 1\n"), HasSubstr("'boot.mismatch' must be one of"));
  good("[boot]\n");
}

TEST(Policy, RefusesWhatIsNoToml) {
  EXPECT_THAT(mistakes("[policy\nid = 1\n"), StartsWith("p.toml:1:"));
  EXPECT_THAT(mistakes("[policy]\nid = \"a\"\nid = \"b\"\n"), StartsWith("p.toml:3:"));
  EXPECT_THAT(mistakes(std::string_view("\xff\xfe\x00", 3)), StartsWith("p.toml:"));
  EXPECT_THAT(mistakes(std::string(10'000, '[')), StartsWith("p.toml:"));
  EXPECT_THAT(mistakes("x = " + std::string(10'000, '[')), StartsWith("p.toml:"));
}

TEST(Policy, RefusesAFileThatIsTooLarge) {
  const Result<Policy> policy =
      parse_policy(std::string(limits::kPolicySizeMax + 1, '#'), "p.toml");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, ErrorCode::kTooLarge);
}

struct Wrong {
  const char* toml;
  const char* told;
};

class PolicyMistake : public ::testing::TestWithParam<Wrong> {};

TEST_P(PolicyMistake, IsPlacedAndExplained) {
  const std::string told = mistakes(GetParam().toml);
  EXPECT_THAT(told, HasSubstr(GetParam().told));
  EXPECT_THAT(told, StartsWith("p.toml:2:"));
}

INSTANTIATE_TEST_SUITE_P(
    All, PolicyMistake,
    ::testing::Values(
        Wrong{"[policy]\nid = \"Prod Linux\"", "1 to 64 characters of [a-z0-9._-]"},
        Wrong{"[policy]\nid = \"\"", "'policy.id'"},
        Wrong{"[policy]\nversion = 0", "a whole number from 1 to"},
        Wrong{"[policy]\nversion = \"1\"", "a whole number from 1 to"},
        Wrong{"[policy]\nversion = 1.5", "a whole number from 1 to"},
        Wrong{"[freshness]\nattest_every = \"50ms\"", "from \"100ms\" to \"24h\""},
        Wrong{"[freshness]\nattest_every = 60", "must be a duration"},
        Wrong{"[freshness]\nattest_every = \"60\"", "units: ms, s, m, h, d"},
        Wrong{"[freshness]\nattest_every = \"-1s\"", "must be a duration"},
        Wrong{"[freshness]\nattest_every = \"99999999999999999999s\"", "must be a duration"},
        Wrong{"[freshness]\nattest_every = \"9223372036854775807d\"", "must be a duration"},
        Wrong{"[freshness]\nstale_after = \"31d\"", "to \"720h\""},
        Wrong{"[freshness]\nstale_after = \"100s\"", "at least twice 'freshness.attest_every'"},
        Wrong{"[quote]\nbank = \"md5\"", "'sha256', 'sha384', 'sha512', 'sha1'"},
        Wrong{"[quote]\npcrs = []", "must name at least one PCR"},
        Wrong{"[quote]\npcrs = [0, 24]", "a list of whole numbers from 0 to 23"},
        Wrong{"[quote]\npcrs = [0, -1]", "a list of whole numbers from 0 to 23"},
        Wrong{"[quote]\npcrs = [0, \"7\"]", "a list of whole numbers from 0 to 23"},
        Wrong{"[quote]\npcrs = 7", "a list of whole numbers from 0 to 23"},
        Wrong{"[ima]\nunknown_file = \"fail\"", "needs PCR 10 in 'quote.pcrs'"},
        Wrong{"[ima]\nkeys = [\"no certificate\"]\n[quote]\npcrs = [10]",
              "is no certificate in PEM"},
        Wrong{"[ima]\nexclude = [\"(\"]\n[quote]\npcrs = [10]", "'ima.exclude': '('"},
        Wrong{"[ima]\nreferences = [\"Debian 12\"]\n[quote]\npcrs = [10]", "1 to 64 characters"},
        Wrong{"[boot]\ncompare = [10]\n[quote]\npcrs = [10]", "must not name PCR 10"},
        Wrong{"[boot]\ncompare = [0, 11]", "names a PCR that 'quote.pcrs' does not"},
        Wrong{"[boot]\nbaselines = [\"Golden Host\"]", "1 to 64 characters of [a-z0-9._-]"},
        Wrong{"[boot]\nbaselines = \"golden\"", "a list of texts in quotes"},
        Wrong{"[boot]\nmismatch = \"Fail\"", "'off', 'info', 'warn', 'fail'"},
        Wrong{"[secure_boot]\nrequired = \"on\"", "'off', 'info', 'warn', 'fail'"},
        Wrong{"[secure_boot]\nauthorities = [\"ab\"]", "'ab' is no SHA-256 digest"},
        Wrong{"[secure_boot]\nkeys = []", "it would ask for nothing"},
        Wrong{"[dbx]\nlevel = \"2023-05-09\"", "needs 'dbx.list'"},
        Wrong{"[dbx]\nlist = \"Microsoft DBX\"", "1 to 64 characters"},
        Wrong{"[sbat]\nminimum = [\"shim,4\"]", "'shim,4' is not component=generation"},
        Wrong{"[sbat]\nminimum = [\"shim=0\"]", "is not component=generation"},
        Wrong{"[sbat]\nminimum = [\"shim=4294967296\"]", "is not component=generation"},
        Wrong{"[cmdline]\ndeny = [\"init=(\"]", "'cmdline.deny': 'init=('"},
        Wrong{"[cmdline]\nallow = [\"ro\"]\n[quote]\npcrs = [7]", "needs PCR 8"},
        Wrong{"[secure_boot]\nrequired = \"fail\"\n[quote]\npcrs = [0]", "needs PCR 7"},
        Wrong{"[latch]\nfindings = [\"ima.file.unknwon\"]", "did you mean 'ima.file.unknown'?"},
        Wrong{"[latch]\nfindings = [\"stale.no_contact\"]", "cannot latch"},
        Wrong{"[latch]\nfindings = \"ima.file.unknown\"", "a list of texts in quotes"},
        Wrong{"[boot]\nmismatch = false", "'off', 'info', 'warn', 'fail'"}));

TEST(Policy, ComparesNothingThatIsNotQuoted) {
  const Policy policy = good("[quote]\npcrs = [0, 7, 23]\n");
  EXPECT_EQ(policy.boot.compare, 1U << 0U | 1U << 7U);
}

TEST(Policy, TheTrustPathCannotBeSwitchedOff) {
  for (const char* const key : {"quote.signature", "quote.nonce", "quote.selection",
                                "quote.pcr_digest", "boot.replay", "quote.fixed_nonce"}) {
    const std::string path(key);
    const std::size_t dot = path.find('.');
    EXPECT_THAT(mistakes("[" + path.substr(0, dot) + "]\n" + path.substr(dot + 1) + " = \"off\"\n"),
                HasSubstr("unknown setting"));
  }
}

// Whatever can change a verdict changes the content id; nothing else does.
TEST(Policy, ContentChangesIfAndOnlyIfSomethingThatMattersDoes) {
  const std::vector<std::string> different = {
      "",
      "[policy]\nid = \"other\"",
      "[policy]\nversion = 2",
      "[freshness]\nattest_every = \"61s\"",
      "[freshness]\nstale_after = \"6m\"",
      "[freshness]\nmode = \"interactive\"",
      "[quote]\nbank = \"sha384\"",
      "[quote]\npcrs = [0, 2, 3, 4, 6, 7, 8, 9, 14]",
      "[quote]\nweak_algorithm = \"warn\"",
      "[identity]\nimported = \"warn\"",
      "[counters]\nkexec = \"warn\"",
      "[counters]\nreset_unreported = \"warn\"",
      "[counters]\nclock_lag = \"warn\"",
      "[counters]\nclock_unsafe = \"warn\"",
      "[counters]\ntpm_firmware_changed = \"fail\"",
      "[boot]\nlog = \"warn\"",
      "[boot]\nbaselines = []",
      "[boot]\nbaselines = [\"golden\", \"golden2\"]",
      "[boot]\nbaselines = [\"golden2\", \"golden\"]",
      "[boot]\ncompare = [0]",
      "[boot]\nmismatch = \"warn\"",
      "[boot]\nno_baseline = \"fail\"",
      "[boot]\nlog_oddity = \"fail\"",
      "[secure_boot]\nrequired = \"warn\"",
      "[secure_boot]\nunknown_authority = \"warn\"",
      "[secure_boot]\nunknown_key = \"warn\"",
      "[secure_boot]\nauthorities = [\"" + std::string(64, 'a') + "\"]",
      "[secure_boot]\nkeys = [\"" + std::string(64, 'a') + "\"]",
      "[dbx]\nrevoked = [\"" + std::string(64, 'a') + "\"]",
      "[dbx]\nmissing = \"fail\"",
      "[dbx]\nlist = \"dbx\"",
      "[dbx]\nlist = \"dbx\"\nlevel = \"2023-05-09\"",
      "[sbat]\nminimum = [\"shim=3\"]",
      "[sbat]\nminimum = [\"shim=4\"]",
      "[sbat]\nbelow = \"fail\"",
      "[cmdline]\nallow = [\"ro\"]",
      "[cmdline]\ndeny = [\"ro\"]",
      "[cmdline]\nviolation = \"warn\"",
      "[platform]\nalarms = \"warn\"",
      "[platform]\noption_roms = \"warn\"",
      "[events]\nunproven = \"warn\"",
      "[quote]\npcrs = [0, 10]",
      "[quote]\npcrs = [0, 10]\n[ima]\nreferences = [\"a\"]",
      "[quote]\npcrs = [0, 10]\n[ima]\nexclude = [\"a\"]",
      "[quote]\npcrs = [0, 10]\n[ima]\nsignatures = \"all\"",
      "[quote]\npcrs = [0, 10]\n[ima]\nunknown_file = \"fail\"",
      "[quote]\npcrs = [0, 10]\n[ima]\nviolation = \"fail\"",
      "[quote]\npcrs = [0, 10]\n[ima]\nabsent = \"warn\"",
      "[quote]\npcrs = [0, 10]\n[ima]\nno_reference = \"fail\"",
      "[latch]\nfindings = [\"ima.file.unknown\"]",
      "[latch]\nfindings = [\"ima.file.unknown\", \"ima.violation\"]",
  };
  std::set<Digest> contents;
  for (const std::string& toml : different) {
    EXPECT_TRUE(contents.insert(good(toml).content).second) << toml;
  }
  const Digest plain = good("").content;
  for (const char* const same :
       {"# a comment\n", "[boot]\n", "[freshness]\nattest_every = \"1m\"\nstale_after = \"300s\"\n",
        "[quote]\npcrs = [14, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]\n",
        "[boot]\nmismatch = \"fail\"\n"}) {
    EXPECT_EQ(good(same).content, plain) << same;
  }
}

TEST(Policy, ActionsHaveSeverities) {
  EXPECT_EQ(severity_of(RuleAction::kOff), std::nullopt);
  EXPECT_EQ(severity_of(RuleAction::kInfo), Severity::kInfo);
  EXPECT_EQ(severity_of(RuleAction::kWarn), Severity::kWarning);
  EXPECT_EQ(severity_of(RuleAction::kFail), Severity::kFail);
}

}  // namespace
}  // namespace quotemill
