#include "engine/policy/policy_set.h"

#include <gmock/gmock.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Policy policy(const std::string& id, const std::string& rest = "", int priority = 0) {
  const Result<Policy> parsed = parse_policy(
      "[policy]\nid = \"" + id + "\"\npriority = " + std::to_string(priority) + "\n" + rest,
      id + ".toml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().to_string());
  return *parsed;
}

Result<std::shared_ptr<const PolicySet>> compiled(std::vector<Policy> policies) {
  return PolicySet::compile(std::move(policies), {});
}

std::string mistakes(std::vector<Policy> policies) {
  const auto set = compiled(std::move(policies));
  EXPECT_FALSE(set);
  return set ? "" : set.error().detail;
}

// The id of the policy that a host of these labels and facts is under.
std::string chosen(const PolicySet& set, const std::map<std::string, std::string>& labels,
                   const HostFacts& facts = {}) {
  return set.snapshot_for({"host", labels, facts})->policy().id;
}

HostFacts debian() {
  HostFacts facts;
  facts.os_id = "debian";
  return facts;
}

TEST(PolicySet, ChoosesByPriorityThenById) {
  const auto set = compiled({policy("b", "[match]\nlabels = [\"prod\"]\n", 1), policy("z"),
                             policy("a"), policy("c", "[match]\nlabels = [\"db\"]\n", 2)});
  ASSERT_TRUE(set);
  EXPECT_EQ(chosen(**set, {}), "a");
  EXPECT_EQ(chosen(**set, {{"prod", ""}}), "b");
  EXPECT_EQ(chosen(**set, {{"prod", ""}, {"db", ""}}), "c");
}

TEST(PolicySet, AHostThatNoPolicyIsForIsUnderNobody) {
  const auto set = compiled({policy("a", "[match]\nlabels = [\"prod\"]\n")});
  ASSERT_TRUE(set);
  const std::map<std::string, std::string> labels;
  const auto& none = (*set)->snapshot_for({"host", labels, {}});
  EXPECT_TRUE(none->is_of_nobody());
  EXPECT_EQ(none->id(), SnapshotId{});
  EXPECT_FALSE((*set)->snapshots().front()->is_of_nobody());
}

TEST(PolicySet, ClaimsChooseAmongStricterPoliciesAlone) {
  const auto set = compiled({policy("base"), policy("debian",
                                                    "[match]\nos = [\"debian\"]\n[counters]\n"
                                                    "clock_unsafe = \"fail\"\n",
                                                    5)});
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(chosen(**set, {}, debian()), "debian");
  EXPECT_EQ(chosen(**set, {}), "base");
}

TEST(PolicySet, AClaimNeverGivesAPolicyToAHostThatHasNone) {
  const auto set = compiled({policy("base", "[match]\nlabels = [\"prod\"]\n"),
                             policy("debian", "[match]\nos = [\"debian\"]\n", 5)});
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(chosen(**set, {{"prod", ""}}, debian()), "debian");
  EXPECT_EQ(chosen(**set, {}, debian()), "none");
}

TEST(PolicySet, APolicyByClaimsBehindTheOneByLabelsDoesNotCount) {
  const auto set =
      compiled({policy("base", "", 5), policy("debian", "[match]\nos = [\"debian\"]\n"),
                policy("last", "", -1)});
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(chosen(**set, {}, debian()), "base");
}

TEST(PolicySet, RefusesAPolicyThatAHostCouldChooseToBeBetterOff) {
  const std::string text =
      mistakes({policy("base"), policy("lax",
                                       "[match]\nvendor = [\"*\"]\n[boot]\nmismatch = \"warn\"\n"
                                       "compare = [4, 7]\n",
                                       1)});
  EXPECT_THAT(text, HasSubstr("'lax'"));
  EXPECT_THAT(text, HasSubstr("'base'"));
  EXPECT_THAT(text, HasSubstr("boot.compare, boot.mismatch"));
}

TEST(PolicySet, RefusesAPolicyByClaimsThatCouldNeverApply) {
  EXPECT_THAT(mistakes({policy("debian", "[match]\nos = [\"debian\"]\n")}),
              HasSubstr("would never apply"));
}

TEST(PolicySet, RefusesAnIdGivenTwiceAndTooMany) {
  EXPECT_THAT(mistakes({policy("a"), policy("a", "", 3)}), HasSubstr("'a' is there twice"));
  std::vector<Policy> many;
  for (std::size_t i = 0; i <= limits::kPoliciesMax; ++i) {
    many.push_back(policy("p" + std::to_string(i)));
  }
  EXPECT_THAT(mistakes(many), HasSubstr("at most"));
}

TEST(PolicySet, IdIsThatOfItsPoliciesWhateverTheirOrder) {
  const auto one = compiled({policy("a"), policy("b", "", 1)});
  const auto same = compiled({policy("b", "", 1), policy("a")});
  const auto other = compiled({policy("a"), policy("b", "", 2)});
  EXPECT_EQ((*one)->id(), (*same)->id());
  EXPECT_NE((*one)->id(), (*other)->id());
}

}  // namespace
}  // namespace quotemill
