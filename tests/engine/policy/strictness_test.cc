#include "engine/policy/strictness.h"

#include <gmock/gmock.h>

#include "tests/support/certificate_builder.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Policy policy(const std::string& toml) {
  const Result<Policy> parsed = parse_policy(toml, "p.toml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().to_string());
  return *parsed;
}

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define IMA "[quote]\npcrs = [0, 10]\n[ima]\n"

struct Setting {
  const char* name;
  const char* lax;
  const char* strict;
};

// Each setting of a policy, in the file's order, with two values of which the second asks for more.
constexpr std::array kSettings = {
    Setting{"freshness.attest_every", "[freshness]\nattest_every = \"90s\"",
            "[freshness]\nattest_every = \"30s\""},
    Setting{"freshness.stale_after", "[freshness]\nstale_after = \"10m\"",
            "[freshness]\nstale_after = \"3m\""},
    Setting{"freshness.mode", "", "[freshness]\nmode = \"interactive\""},
    Setting{"quote.pcrs", "[quote]\npcrs = [0, 2, 3, 4, 6, 7, 8, 9, 14]", ""},
    Setting{"quote.weak_algorithm", "[quote]\nweak_algorithm = \"info\"", ""},
    Setting{"identity.imported", "[identity]\nimported = \"off\"", ""},
    Setting{"identity.ek_uncertified", "", "[identity]\nek_uncertified = \"warn\""},
    Setting{"identity.ak_keys", "", "[identity]\nak_keys = [\"ecc_p256\"]"},
    Setting{"identity.ak_key", "[identity]\nak_keys = [\"ecc_p256\"]\nak_key = \"info\"",
            "[identity]\nak_keys = [\"ecc_p256\"]"},
    Setting{"counters.kexec", "[counters]\nkexec = \"warn\"", ""},
    Setting{"counters.reset_unreported", "[counters]\nreset_unreported = \"off\"", ""},
    Setting{"counters.clock_lag", "[counters]\nclock_lag = \"warn\"", ""},
    Setting{"counters.clock_unsafe", "", "[counters]\nclock_unsafe = \"warn\""},
    Setting{"counters.tpm_firmware_changed", "", "[counters]\ntpm_firmware_changed = \"fail\""},
    Setting{"boot.log", "[boot]\nlog = \"warn\"", ""},
    Setting{"boot.baselines", "[boot]\nbaselines = [\"golden\", \"other\"]", ""},
    Setting{"boot.compare", "[boot]\ncompare = [4]", ""},
    Setting{"boot.mismatch", "[boot]\nmismatch = \"warn\"", ""},
    Setting{"boot.references", "[boot]\nreferences = [\"a\", \"b\"]",
            "[boot]\nreferences = [\"a\"]"},
    Setting{"boot.unreferenced", "[boot]\nreferences = [\"a\"]\nunreferenced = \"warn\"",
            "[boot]\nreferences = [\"a\"]"},
    Setting{"boot.reference_events", "[boot]\nreferences = [\"a\"]\nreference_events = [4]",
            "[boot]\nreferences = [\"a\"]"},
    Setting{"boot.reference_values", "[boot]\nreferences = [\"a\"]",
            "[boot]\nreferences = [\"a\"]\nreference_values = [0]"},
    Setting{"boot.no_baseline", "", "[boot]\nno_baseline = \"fail\""},
    Setting{"boot.log_oddity", "", "[boot]\nlog_oddity = \"fail\""},
    Setting{"latch.findings", "[latch]\nfindings = [\"ima.violation\"]",
            "[latch]\nfindings = [\"ima.violation\", \"ima.file.unknown\"]"},
    Setting{"secure_boot.required", "", "[secure_boot]\nrequired = \"warn\""},
    Setting{"secure_boot.authorities", "", "[secure_boot]\nauthorities = [\"" HASH_A "\"]"},
    Setting{"secure_boot.authorities",
            "[secure_boot]\nauthorities = [\"" HASH_A "\", \"" HASH_B "\"]",
            "[secure_boot]\nauthorities = [\"" HASH_A "\"]"},
    Setting{"secure_boot.unknown_authority",
            "[secure_boot]\nauthorities = [\"" HASH_A "\"]\nunknown_authority = \"warn\"",
            "[secure_boot]\nauthorities = [\"" HASH_A "\"]"},
    Setting{"secure_boot.keys", "", "[secure_boot]\nkeys = [\"" HASH_A "\"]"},
    Setting{"secure_boot.unknown_key",
            "[secure_boot]\nkeys = [\"" HASH_A "\"]\nunknown_key = \"off\"",
            "[secure_boot]\nkeys = [\"" HASH_A "\"]"},
    Setting{"dbx.revoked", "[dbx]\nrevoked = [\"" HASH_A "\"]",
            "[dbx]\nrevoked = [\"" HASH_B "\", \"" HASH_A "\"]"},
    Setting{"dbx.missing", "[dbx]\nrevoked = [\"" HASH_A "\"]",
            "[dbx]\nrevoked = [\"" HASH_A "\"]\nmissing = \"fail\""},
    Setting{"dbx.list", "", "[dbx]\nlist = \"dbx\""},
    Setting{"dbx.level", "[dbx]\nlist = \"dbx\"\nlevel = \"2020\"",
            "[dbx]\nlist = \"dbx\"\nlevel = \"2023\""},
    Setting{"sbat.minimum", "[sbat]\nminimum = [\"shim=3\"]", "[sbat]\nminimum = [\"shim=4\"]"},
    Setting{"sbat.below", "[sbat]\nminimum = [\"shim=3\"]",
            "[sbat]\nminimum = [\"shim=3\"]\nbelow = \"fail\""},
    Setting{"cmdline.allow", "", "[cmdline]\nallow = [\"ro\"]"},
    Setting{"cmdline.allow", "[cmdline]\nallow = [\"ro\", \"rw\"]", "[cmdline]\nallow = [\"ro\"]"},
    Setting{"cmdline.deny", "[cmdline]\ndeny = [\"rw\"]", "[cmdline]\ndeny = [\"x\", \"rw\"]"},
    Setting{"cmdline.violation", "[cmdline]\ndeny = [\"rw\"]\nviolation = \"warn\"",
            "[cmdline]\ndeny = [\"rw\"]"},
    Setting{"platform.alarms", "", "[platform]\nalarms = \"warn\""},
    Setting{"platform.option_roms", "", "[platform]\noption_roms = \"info\""},
    Setting{"events.unproven", "", "[events]\nunproven = \"warn\""},
    Setting{"ima.references", IMA "references = [\"a\", \"b\"]", IMA "references = [\"a\"]"},
    Setting{"ima.signatures", IMA, IMA "signatures = \"all\""},
    Setting{"ima.exclude", IMA "exclude = [\"/tmp/.*\"]", IMA},
    Setting{"ima.unknown_file", IMA, IMA "unknown_file = \"fail\""},
    Setting{"ima.violation", IMA, IMA "violation = \"fail\""},
    Setting{"ima.absent", IMA "absent = \"warn\"", IMA},
    Setting{"ima.no_reference", IMA, IMA "no_reference = \"fail\""},
};

TEST(Strictness, KnowsOfEachSettingWhichValueAsksForMore) {
  for (const Setting& setting : kSettings) {
    EXPECT_THAT(laxer_settings(policy(setting.lax), policy(setting.strict)),
                ElementsAre(setting.name));
    EXPECT_THAT(laxer_settings(policy(setting.strict), policy(setting.lax)), IsEmpty())
        << setting.name;
  }
}

// No list at all asks for nothing: a host that claims the facts of such a policy would lose the
// comparison that it stands for.
TEST(Strictness, Hostile_AnEmptyListIsLaxerThanAnyThatStandsThere) {
  const std::string key = "keys = [\"\"\"" +
                          testing::to_pem(testing::self_signed(
                              {.common_name = "Vendor"}, testing::cached_key(KeyKind::kEcP256))) +
                          "\"\"\"]";
  const std::vector<std::tuple<const char*, std::string, std::string>> emptied = {
      {"boot.baselines", "[boot]\nbaselines = []\nreferences = [\"shim\"]",
       "[boot]\nreferences = [\"shim\"]"},
      {"ima.references", IMA "unknown_file = \"fail\"",
       IMA "unknown_file = \"fail\"\nreferences = [\"deb12\"]"},
      {"ima.keys", IMA, IMA + key},
      {"ima.keys", IMA "references = [\"a\"]\nsignatures = \"all\"",
       IMA "references = [\"a\"]\nsignatures = \"all\"\n" + key},
  };
  for (const auto& [setting, without, with] : emptied) {
    EXPECT_THAT(laxer_settings(policy(without), policy(with)), ElementsAre(setting)) << without;
    EXPECT_THAT(laxer_settings(policy(with), policy(without)), ElementsAre(setting)) << with;
  }
}

TEST(Strictness, AnotherBankCannotBeCompared) {
  EXPECT_THAT(laxer_settings(policy("[quote]\nbank = \"sha384\""), policy("")),
              ElementsAre("quote.bank"));
}

TEST(Strictness, WhomItIsForDoesNotMatter) {
  EXPECT_THAT(laxer_settings(policy("[policy]\nid = \"x\"\npriority = 3\n[match]\nos = [\"a\"]"),
                             policy("")),
              IsEmpty());
}

}  // namespace
}  // namespace quotemill
