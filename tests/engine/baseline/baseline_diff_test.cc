#include "engine/baseline/baseline_diff.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ReferenceValue value(std::uint8_t fill, std::string name, std::string version = "") {
  ReferenceValue out;
  out.digest = *Digest::from(HashAlgorithm::kSha256, Bytes(32, fill));
  out.name = std::move(name);
  out.version = std::move(version);
  return out;
}

Baseline baseline(std::vector<ReferenceValue> values) {
  Baseline out;
  out.values = std::move(values);
  std::sort(out.values.begin(), out.values.end(), in_value_order);
  return out;
}

std::vector<BaselineEdit> edits(const BaselineDiff& diff) {
  std::vector<BaselineEdit> out;
  for (const BaselineDifference& each : diff.differences) {
    out.push_back(each.edit);
  }
  return out;
}

TEST(BaselineDiff, SaysNothingOfTheSame) {
  const Baseline one = baseline({value(1, "shim"), value(2, "grub")});
  const BaselineDiff found = diff(one, one);
  EXPECT_EQ(found.found, 0U);
  EXPECT_EQ(found.same, 2U);
}

TEST(BaselineDiff, TellsWhatIsNewGoneAndReplaced) {
  const Baseline from = baseline({value(1, "shim", "15.7"), value(2, "grub"), value(3, "old")});
  const Baseline to = baseline({value(7, "shim", "15.8"), value(2, "grub"), value(4, "new")});
  const BaselineDiff found = diff(from, to);
  EXPECT_THAT(edits(found),
              ElementsAre(BaselineEdit::kReplaced, BaselineEdit::kRemoved, BaselineEdit::kAdded));
  EXPECT_THAT(found.differences[0].what, HasSubstr("replaced: shim 15.7 (now shim 15.8)"));
  EXPECT_THAT(found.differences[1].what, HasSubstr("gone: old"));
  EXPECT_THAT(found.differences[2].what, HasSubstr("new: new"));
  EXPECT_EQ(found.same, 1U);
}

TEST(BaselineDiff, TellsOfTheSameDigestWhatIsSaidOtherwise) {
  const BaselineDiff found =
      diff(baseline({value(1, "shim", "15.7")}), baseline({value(1, "shim", "15.8")}));
  ASSERT_THAT(edits(found), ElementsAre(BaselineEdit::kTold));
  EXPECT_THAT(found.differences[0].what, HasSubstr("told otherwise (version)"));
}

TEST(BaselineDiff, ComparesACapturedBootWithImportedValues) {
  Baseline captured;
  ReferenceEvent event;
  event.pcr = 4;
  event.digests = {*Digest::from(HashAlgorithm::kSha256, Bytes(32, 1))};
  event.description = "shimx64.efi";
  captured.events = {event};
  ReferenceValue same = value(1, "shimx64.efi");
  same.kind = ReferenceKind::kEvent;
  same.pcr = 4;
  const BaselineDiff found = diff(captured, baseline({same}));
  EXPECT_EQ(found.found, 0U);
  EXPECT_EQ(found.same, 1U);
}

TEST(BaselineDiff, CountsAllAndTellsTheFirst) {
  std::vector<ReferenceValue> many;
  for (std::size_t i = 0; i < limits::kBaselineDiffLinesMax + 10; ++i) {
    ReferenceValue each = value(1, "");
    each.digest.writable()[0] = static_cast<std::uint8_t>(i >> 8U);
    each.digest.writable()[1] = static_cast<std::uint8_t>(i);
    many.push_back(each);
  }
  const BaselineDiff found = diff(baseline({}), baseline(many));
  EXPECT_EQ(found.found, limits::kBaselineDiffLinesMax + 10);
  EXPECT_EQ(found.differences.size(), limits::kBaselineDiffLinesMax);
}

}  // namespace
}  // namespace quotemill
