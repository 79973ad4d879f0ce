#include "transport/sinks/sink_cursor.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "transport/files/private_file.h"
#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

constexpr const char* kStream = "01K0ZJ6T3T0000000000000000";

TEST(SinkCursor, IsThereAgain) {
  const testing::TempFolder folder;
  const std::string path = folder / "siem.cursor";
  EXPECT_EQ(*read_position(path), std::nullopt);
  for (const std::uint64_t next : {std::uint64_t{1}, std::uint64_t{42}, UINT64_MAX}) {
    ASSERT_TRUE(write_position(path, {kStream, next, 7}));
    EXPECT_EQ(*read_position(path), (SinkPosition{kStream, next, 7}));
  }
  const SinkPosition with_groups{kStream, 42, 7, {3, 40, 41}};
  ASSERT_TRUE(write_position(path, with_groups));
  EXPECT_EQ(*read_position(path), with_groups);
  EXPECT_EQ(with_groups.needed(), 3U);
  for (const SinkPosition& with_flaps :
       {SinkPosition{kStream, 42, 7, {3, 40}, 2}, SinkPosition{kStream, 42, 7, {}, 2}}) {
    ASSERT_TRUE(write_position(path, with_flaps));
    EXPECT_EQ(*read_position(path), with_flaps);
    EXPECT_EQ(with_flaps.needed(), 2U);
  }
  const std::string before_acts = std::string(kStream) + " 42\n";
  ASSERT_TRUE(replace_private_file(path, as_bytes(before_acts)));
  EXPECT_EQ(*read_position(path), (SinkPosition{kStream, 42, 1}));
}

TEST(SinkCursor, HasRoomForAsManyGroupsAsThereMayBe) {
  const testing::TempFolder folder;
  SinkPosition position{kStream, UINT64_MAX, UINT64_MAX, {}, UINT64_MAX};
  for (std::size_t i = limits::kSinkGroupsMax; i > 0; --i) {
    position.groups.push_back(UINT64_MAX - i);
  }
  ASSERT_TRUE(write_position(folder / "siem.cursor", position));
  EXPECT_EQ(*read_position(folder / "siem.cursor"), position);
}

TEST(LaggingCursor, KeepsWhatWasDeliveredLongEnoughAgo) {
  const testing::TempFolder folder;
  const std::string path = folder / "test.cursor";
  LaggingCursor cursor(path, std::chrono::milliseconds(30'000));
  const auto at = [](std::uint64_t next) { return SinkPosition{std::string(26, 'S'), next, 1}; };
  cursor.begin(at(1));
  ASSERT_TRUE(cursor.move(at(2), {100'000}));
  ASSERT_TRUE(cursor.move(at(3), {100'900}));
  ASSERT_TRUE(cursor.move(at(4), {101'000}));
  ASSERT_TRUE(cursor.keep({130'899}));
  EXPECT_EQ(cursor.kept().next, 1U);
  EXPECT_EQ(*read_position(path), std::nullopt);
  ASSERT_TRUE(cursor.keep({130'900}));
  EXPECT_EQ((*read_position(path))->next, 3U) << "one place a second";
  ASSERT_TRUE(cursor.keep({131'000}));
  EXPECT_EQ((*read_position(path))->next, 4U);
}

TEST(LaggingCursor, ForgetsWhatWasDeliveredWhenItBeginsAgain) {
  const testing::TempFolder folder;
  const std::string path = folder / "test.cursor";
  LaggingCursor cursor(path, std::chrono::milliseconds(30'000));
  const auto at = [](std::uint64_t next) { return SinkPosition{std::string(26, 'S'), next, 1}; };
  cursor.begin(at(1));
  ASSERT_TRUE(cursor.move(at(9), {100'000}));
  cursor.begin(cursor.kept());
  ASSERT_TRUE(cursor.keep({200'000}));
  EXPECT_EQ(cursor.kept().next, 1U);
}

TEST(LaggingCursor, WithoutALagIsWhereItWasMovedTo) {
  const testing::TempFolder folder;
  LaggingCursor cursor(folder / "test.cursor", std::chrono::milliseconds(0));
  for (std::uint64_t next = 2; next < 5; ++next) {
    ASSERT_TRUE(cursor.move({std::string(26, 'S'), next, 1}, {100'000}));
    EXPECT_EQ((*read_position(folder / "test.cursor"))->next, next);
  }
}

TEST(SinkCursor, ThatIsDamagedIsNamedAndNotGuessed) {
  const testing::TempFolder folder;
  const std::string path = folder / "siem.cursor";
  const std::string stream = kStream;
  for (const std::string& text :
       {std::string(), stream, stream + " ", stream + " x\n", stream + " 12", stream + " 0\n",
        stream + " 12 \n", stream + " 12 0\n", stream + " 12 1 1 1\n", stream + " 12 1 2 1\n",
        stream + " 12 1 0\n", stream + " 12 1 3 x\n", stream + " 12 1 flaps\n",
        stream + " 12 1 flaps 0\n", stream + " 12 1 flaps 3 4\n", stream + " 12 1 flaps 3",
        stream + " 12 1", stream + " 99999999999999999999999\n", std::string("\n\n\n")}) {
    ASSERT_TRUE(replace_private_file(path, as_bytes(text)));
    const Result<std::optional<SinkPosition>> read = read_position(path);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kStorage);
    EXPECT_NE(read.error().to_string().find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace quotemill::transport
