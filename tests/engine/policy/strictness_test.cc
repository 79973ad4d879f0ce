#include "engine/policy/strictness.h"

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Policy policy(const std::string& toml) {
  const Result<Policy> parsed = parse_policy(toml, "p.toml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().to_string());
  return *parsed;
}

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
    Setting{"counters.kexec", "[counters]\nkexec = \"warn\"", ""},
    Setting{"counters.reset_unreported", "[counters]\nreset_unreported = \"off\"", ""},
    Setting{"counters.clock_lag", "[counters]\nclock_lag = \"warn\"", ""},
    Setting{"counters.clock_unsafe", "", "[counters]\nclock_unsafe = \"warn\""},
    Setting{"counters.tpm_firmware_changed", "", "[counters]\ntpm_firmware_changed = \"fail\""},
    Setting{"boot.log", "[boot]\nlog = \"warn\"", ""},
    Setting{"boot.baselines", "[boot]\nbaselines = [\"golden\", \"other\"]", ""},
    Setting{"boot.compare", "[boot]\ncompare = [4]", ""},
    Setting{"boot.mismatch", "[boot]\nmismatch = \"warn\"", ""},
    Setting{"boot.no_baseline", "", "[boot]\nno_baseline = \"fail\""},
    Setting{"boot.log_oddity", "", "[boot]\nlog_oddity = \"fail\""},
};

TEST(Strictness, KnowsOfEachSettingWhichValueAsksForMore) {
  for (const Setting& setting : kSettings) {
    EXPECT_THAT(laxer_settings(policy(setting.lax), policy(setting.strict)),
                ElementsAre(setting.name));
    EXPECT_THAT(laxer_settings(policy(setting.strict), policy(setting.lax)), IsEmpty())
        << setting.name;
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
