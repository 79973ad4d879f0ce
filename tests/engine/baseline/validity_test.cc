#include "engine/baseline/validity.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

constexpr WallTime kMay{1'777'593'600'000};
constexpr WallTime kJune{1'780'272'000'000};
constexpr WallTime kJuly{1'782'864'000'000};

ReferenceValue value(std::uint8_t number, WallTime from, WallTime until) {
  ReferenceValue out;
  out.digest.writable()[0] = number;
  out.valid_from = from;
  out.valid_until = until;
  return out;
}

std::shared_ptr<Baseline> baseline(std::vector<ReferenceValue> values) {
  auto out = std::make_shared<Baseline>();
  out->name = "set";
  out->file = ImportedFile{};
  out->values = std::move(values);
  return out;
}

std::size_t counted(const std::shared_ptr<const Baseline>& of, std::optional<WallTime> moment) {
  return valid_at({of}, moment).baselines.at(0)->values.size();
}

TEST(Validity, AValueCountsFromItsBeginningOnAndBeforeItsEnd) {
  const auto set = baseline({value(1, kJune, kJuly)});
  EXPECT_EQ(counted(set, WallTime{kJune.ms - 1}), 0U);
  EXPECT_EQ(counted(set, kJune), 1U);
  EXPECT_EQ(counted(set, WallTime{kJuly.ms - 1}), 1U);
  EXPECT_EQ(counted(set, kJuly), 0U);
}

TEST(Validity, OneBoundIsEnoughAndNoneIsForEver) {
  EXPECT_EQ(counted(baseline({value(1, kJune, {})}), kMay), 0U);
  EXPECT_EQ(counted(baseline({value(1, kJune, {})}), kJuly), 1U);
  EXPECT_EQ(counted(baseline({value(1, {}, kJune)}), kMay), 1U);
  EXPECT_EQ(counted(baseline({value(1, {}, kJune)}), kJuly), 0U);
  EXPECT_EQ(counted(baseline({value(1, {}, {})}), kJuly), 1U);
}

TEST(Validity, WithoutAMomentNothingCountsThatHasABound) {
  EXPECT_EQ(counted(baseline({value(1, kMay, {}), value(2, {}, kJuly), value(3, {}, {})}), {}), 1U);
}

TEST(Validity, TheWindowIsBetweenTheNearestBounds) {
  const auto set = baseline({value(1, kMay, kJuly), value(2, kJune, {}), value(3, {}, {})});
  const ValidityWindow window = valid_at({set}, WallTime{kMay.ms + 5}).window;
  EXPECT_EQ(window.from, kMay);
  EXPECT_EQ(window.until, kJune);
  EXPECT_TRUE(window.has(kMay));
  EXPECT_FALSE(window.has(kJune));
  EXPECT_FALSE(window.has(WallTime{kMay.ms - 1})) << "clocks may go back";
  EXPECT_TRUE(valid_at({set}, kJuly).window.has(WallTime{kJuly.ms * 2})) << "nothing ends any more";
}

TEST(Validity, WhatHasNoBoundsIsNeitherCopiedNorBounded) {
  const auto set = baseline({value(1, {}, {})});
  const ValidBaselines valid = valid_at({set}, kJune);
  EXPECT_EQ(valid.baselines.at(0), set);
  EXPECT_FALSE(valid.window.is_bounded());
}

TEST(Validity, ASetOfWhichNothingCountsStaysThatNoOlderOneStandsIn) {
  const auto set = baseline({value(1, {}, kMay)});
  const ValidBaselines valid = valid_at({set}, kJune);
  ASSERT_EQ(valid.baselines.size(), 1U);
  EXPECT_TRUE(valid.baselines.at(0)->values.empty());
  EXPECT_NE(content_id(*valid.baselines.at(0)), content_id(*set)) << "snapshots tell them apart";
}

TEST(Validity, EachSubsetIsAnotherContent) {
  const auto set = baseline({value(1, {}, kJune), value(2, kJune, {}), value(3, {}, {})});
  const auto in_may = valid_at({set}, kMay).baselines.at(0);
  const auto in_june = valid_at({set}, kJune).baselines.at(0);
  EXPECT_EQ(in_may->values.size(), in_june->values.size());
  EXPECT_NE(content_id(*in_may), content_id(*in_june));
  EXPECT_NE(content_id(*in_may), content_id(*set));
}

TEST(Validity, RetiredOnesMoveNobody) {
  const auto set = baseline({value(1, kMay, kJuly)});
  set->retired = kMay;
  EXPECT_FALSE(valid_at({set}, kJune).window.is_bounded());
}

}  // namespace
}  // namespace quotemill
