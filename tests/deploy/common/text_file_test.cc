#include "deploy/common/text_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill::program {
namespace {

using quotemill::testing::TempFolder;
using quotemill::testing::write_file;

TEST(TextFile, IsReadWhole) {
  const TempFolder folder;
  const std::string text(100'000, 'x');
  write_file(folder / "file", as_bytes(text));
  write_file(folder / "empty", {});
  EXPECT_EQ(*read_text_file(folder / "file", text.size()), text);
  EXPECT_EQ(*read_text_file(folder / "empty", 0), "");
}

TEST(TextFile, BeyondItsBoundIsRefused) {
  const TempFolder folder;
  write_file(folder / "file", as_bytes("12345"));
  EXPECT_EQ(read_text_file(folder / "file", 4).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(read_text_file("/dev/zero", 1000).error().code, ErrorCode::kTooLarge);
}

TEST(TextFile, AFolderOrNothingIsAnErrorThatNamesIt) {
  const TempFolder folder;
  for (const std::string& name : {folder.path().string(), (folder / "absent").string()}) {
    const Result<std::string> text = read_text_file(name, 1000);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, ErrorCode::kIo);
    EXPECT_NE(text.error().to_string().find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace quotemill::program
