#include "engine/baseline/reference_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/baseline/reference_collector.h"

namespace quotemill {
namespace {

using ::testing::HasSubstr;

Digest digest(std::uint8_t fill, HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  return *Digest::from(algorithm, Bytes(digest_size(algorithm), fill));
}

ReferenceValue value(std::uint8_t fill, ReferenceKind kind = ReferenceKind::kDigest,
                     std::optional<std::uint32_t> pcr = {}, std::string name = "x") {
  ReferenceValue out;
  out.digest = digest(fill);
  out.kind = kind;
  out.pcr = pcr;
  out.name = std::move(name);
  return out;
}

std::vector<ReferenceValue> sorted(std::vector<ReferenceValue> values) {
  ReferenceCollector collector;
  for (ReferenceValue& each : values) {
    EXPECT_TRUE(collector.add(std::move(each)));
  }
  return collector.take();
}

TEST(ReferenceValue, AnEventIsFoundForItsPcrAlone) {
  const auto values =
      sorted({value(9), value(1, ReferenceKind::kEvent, 4), value(2, ReferenceKind::kPcr, 0),
              value(3, ReferenceKind::kFile), value(1, ReferenceKind::kEvent, 2)});
  EXPECT_NE(find_event(values, digest(1), 4), nullptr);
  EXPECT_NE(find_event(values, digest(1), 2), nullptr);
  EXPECT_EQ(find_event(values, digest(1), 9), nullptr);
  EXPECT_NE(find_event(values, digest(9), 7), nullptr) << "of no PCR in particular";
  EXPECT_NE(find_event(values, digest(3), 9), nullptr) << "GRUB measures files";
  EXPECT_EQ(find_event(values, digest(5), 4), nullptr);
  EXPECT_EQ(find_event({}, digest(5), 4), nullptr);
}

TEST(ReferenceValue, ThatOfAPcrIsNoEventAndOfItsBankAlone) {
  const auto values =
      sorted({value(2, ReferenceKind::kPcr, 0), value(4, ReferenceKind::kEvent, 0)});
  EXPECT_EQ(find_event(values, digest(2), 0), nullptr);
  EXPECT_NE(find_pcr_value(values, digest(2), 0), nullptr);
  EXPECT_EQ(find_pcr_value(values, digest(2), 1), nullptr);
  EXPECT_EQ(find_pcr_value(values, digest(4), 0), nullptr);
  EXPECT_EQ(find_pcr_value(values, digest(2, HashAlgorithm::kSha384), 0), nullptr);
}

TEST(ReferenceCollector, CountsTheSameValueOnceAndRefusesContradictions) {
  ReferenceCollector collector;
  EXPECT_TRUE(collector.add(value(1)));
  EXPECT_TRUE(collector.add(value(1)));
  ReferenceValue other = value(1);
  other.version = "2";
  const Result<void> refused = collector.add(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
  EXPECT_THAT(refused.error().detail, HasSubstr("contradicts"));
  EXPECT_EQ(collector.take().size(), 1U);
}

TEST(ReferenceCollector, RefusesWhatIsNoReference) {
  ReferenceCollector collector;
  EXPECT_FALSE(collector.add(value(0))) << "zeros";
  EXPECT_FALSE(collector.add(value(1, ReferenceKind::kEvent, 24)));
  EXPECT_FALSE(collector.add(value(1, ReferenceKind::kPcr)));
  EXPECT_FALSE(collector.add(
      value(1, ReferenceKind::kFile, {}, std::string(limits::kImaPathSizeMax + 1, 'a'))));
  EXPECT_EQ(collector.size(), 0U);
}

TEST(ReferenceValue, IsToldWithoutWhatATerminalWouldObey) {
  ReferenceValue hostile = value(1, ReferenceKind::kEvent, 4, "\x1b[2J");
  hostile.version = "1\n2";
  EXPECT_EQ(describe(hostile), "PCR 4: \\x1b[2J 1\\x0a2");
}

}  // namespace
}  // namespace quotemill
