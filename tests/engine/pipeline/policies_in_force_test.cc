#include "engine/pipeline/policies_in_force.h"

#include <thread>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Baseline> golden(std::uint32_t version) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "golden";
  baseline->version = version;
  return baseline;
}

std::unique_ptr<PoliciesInForce> configured(
    std::vector<std::shared_ptr<const Baseline>> baselines = {}) {
  return *PoliciesInForce::create(default_policy(), {}, std::move(baselines));
}

std::string text(const std::string& id, int version, const std::string& rest = "") {
  return "[policy]\nid = \"" + id + "\"\nversion = " + std::to_string(version) + "\n" + rest;
}

PolicyRequest apply(std::vector<std::string> texts) {
  PolicyRequest request;
  request.apply = std::move(texts);
  request.by = "alice";
  return request;
}

PolicyRequest withdraw(const std::string& id) {
  PolicyRequest request;
  request.withdraw = {id};
  request.by = "bob";
  return request;
}

void change(PoliciesInForce& policies, const PolicyRequest& request) {
  const Result<PolicyChange> planned = policies.plan(request, {1'000});
  ASSERT_TRUE(planned) << planned.error().to_string();
  policies.adopt(*planned);
}

std::int64_t version_in_force(const PoliciesInForce& policies, std::string_view id) {
  const auto snapshot = policies.current()->find(id);
  return snapshot ? snapshot->policy().version : 0;
}

TEST(PoliciesInForce, KnowABaselineFromThenOn) {
  const auto policies = configured();
  const auto before = policies->current();
  EXPECT_TRUE(before->snapshots().front()->baselines().empty());
  policies->add(golden(1));
  const auto after = policies->current();
  EXPECT_NE(before->id(), after->id());
  EXPECT_EQ(after->snapshots().front()->baselines().size(), 1U);
  EXPECT_TRUE(before->snapshots().front()->baselines().empty()) << "whoever holds the old one";
  EXPECT_EQ(policies->baselines().size(), 1U);
}

// Or a restart would judge all ESXi hosts anew, and nobody could tell what a verdict was made
// under.
TEST(PoliciesInForce, MakeTheSameSnapshotsInWhateverOrderImagesCame) {
  const Policy policy = *parse_policy(
      "[quote]\npcrs = [0, 2, 4, 7, 11, 12, 13, 14]\n[esxi]\nimage = \"fail\"\n", "p.toml");
  const auto image = [](const char* name, bool is_approved) {
    auto baseline = std::make_shared<Baseline>();
    baseline->name = name;
    baseline->image = std::make_shared<const BaseImage>();
    baseline->approved.ms = is_approved ? 1 : 0;
    return std::shared_ptr<const Baseline>(baseline);
  };
  const auto of = [&](std::vector<std::shared_ptr<const Baseline>> at_start,
                      const std::vector<std::shared_ptr<const Baseline>>& added) {
    const auto policies = std::move(*PoliciesInForce::create(policy, {}, std::move(at_start)));
    for (const auto& baseline : added) {
      policies->add(baseline);
    }
    return policies->current()->id();
  };
  const auto first = image("a", true);
  const auto second = image("b", false);
  const auto id = of({first, second}, {});
  EXPECT_EQ(of({second, first}, {}), id);
  EXPECT_EQ(of({second}, {first}), id);
  EXPECT_EQ(of({image("a", false), second}, {first}), id) << "approved later";
  EXPECT_NE(of({first, image("b", true)}, {}), id);
}

TEST(PoliciesInForce, AnAppliedPolicyStandsInForTheConfiguredOneOfItsId) {
  const auto policies = configured();
  EXPECT_EQ(version_in_force(*policies, "default"), 1);
  change(*policies, apply({text("default", 2), text("prod", 1, "[match]\nlabels = [\"prod\"]\n")}));
  EXPECT_EQ(policies->current()->snapshots().size(), 2U);
  EXPECT_EQ(version_in_force(*policies, "default"), 2);
  EXPECT_EQ(version_in_force(*policies, "prod"), 1);
  change(*policies, withdraw("default"));
  EXPECT_EQ(version_in_force(*policies, "default"), 1) << "the configured one is back";
}

TEST(PoliciesInForce, KeepARecordOfEveryChange) {
  const auto policies = configured();
  change(*policies, apply({text("prod", 1)}));
  change(*policies, apply({text("prod", 2), text("lab", 1)}));
  change(*policies, withdraw("prod"));
  const auto records = policies->records();
  ASSERT_EQ(records.size(), 4U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i]->number, i + 1);
    EXPECT_EQ(records[i]->applied.ms, 1'000);
  }
  EXPECT_EQ(records[1]->text, text("prod", 2));
  EXPECT_EQ(records[1]->by, "alice");
  EXPECT_TRUE(records[3]->is_withdrawal());
  EXPECT_EQ(records[3]->by, "bob");
}

TEST(PoliciesInForce, ComeToTheSameWhenTheyAreReadFromTheirRecords) {
  const auto policies = configured({golden(1)});
  change(*policies, apply({text("prod", 1), text("lab", 1)}));
  change(*policies, apply({text("prod", 5, "[boot]\nmismatch = \"warn\"\n")}));
  change(*policies, withdraw("lab"));
  const auto again =
      PoliciesInForce::create(default_policy(), policies->records(), policies->baselines());
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ((*again)->current()->id(), policies->current()->id());
}

TEST(PoliciesInForce, AChangeThatCannotBeCompiledChangesNothing) {
  const auto policies = configured();
  change(*policies, apply({text("prod", 3)}));
  const SnapshotId before = policies->current()->id();
  const auto refusal = [&](const PolicyRequest& request) {
    const Result<PolicyChange> planned = policies->plan(request, {2'000});
    EXPECT_FALSE(planned);
    return planned ? Error{} : planned.error();
  };
  const Error wrong =
      refusal(apply({text("a", 1, "[boot]\nlgo = \"fail\"\n"), "[policy]\nid = 7"}));
  EXPECT_EQ(wrong.code, ErrorCode::kConfig);
  EXPECT_THAT(wrong.detail, HasSubstr("policy 1:5:1:"));
  EXPECT_THAT(wrong.detail, HasSubstr("boot.log"));
  EXPECT_THAT(wrong.detail, HasSubstr("policy 2:2:"));
  EXPECT_EQ(refusal(withdraw("lab")).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal(apply({text("a", 1), text("a", 2, "[match]\nos = [\"x\"]\n")})).code,
            ErrorCode::kConfig);
  EXPECT_EQ(policies->current()->id(), before);
  EXPECT_EQ(policies->records().size(), 1U);
}

TEST(PoliciesInForce, GoBackOnlyIfAsked) {
  const auto policies = configured();
  change(*policies, apply({text("prod", 3)}));
  for (const int version : {2, 3}) {
    PolicyRequest request = apply({text("prod", version, "[boot]\nmismatch = \"warn\"\n")});
    const Result<PolicyChange> planned = policies->plan(request, {});
    ASSERT_FALSE(planned) << version;
    EXPECT_EQ(planned.error().code, ErrorCode::kConflict);
    request.may_go_back = true;
    EXPECT_TRUE(policies->plan(request, {})) << version;
  }
}

TEST(PoliciesInForce, WhatIsInForceAlreadyIsNoChange) {
  const auto policies = configured();
  change(*policies, apply({text("prod", 3)}));
  const Result<PolicyChange> again =
      policies->plan(apply({"# other layout\n" + text("prod", 3)}), {});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->records.empty());
}

TEST(PoliciesInForceStress, GiveWholeSetsWhileBaselinesAndPoliciesChange) {
  const auto policies = configured({golden(1)});
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint32_t last = 0;
      while (!done) {
        const auto set = policies->current();
        const std::uint32_t version = set->find("default")->baselines().at(0)->version;
        wrong += version >= last && policies->baselines().size() >= version ? 0 : 1;
        last = version;
      }
    });
  }
  for (std::uint32_t version = 2; version < 100; ++version) {
    policies->add(golden(version));
    change(*policies, apply({text("prod", static_cast<int>(version), "priority = -1\n")}));
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace quotemill
