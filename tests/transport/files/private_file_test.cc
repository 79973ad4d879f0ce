#include "transport/files/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace quotemill::transport {
namespace {

using testing::TempFolder;

const Bytes kSecret = {1, 2, 3};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};

  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(PrivateFile, ReadsBackWhatWasWrittenAndBelongsToItsOwnerAlone) {
  const TempFolder folder;
  const std::string path = folder / "secret";
  ASSERT_TRUE(replace_private_file(path, kSecret));
  EXPECT_EQ(mode_of(path), 0600U);
  const auto read = read_private_file(path, 16);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, std::optional(kSecret));
}

TEST(PrivateFile, SaysThatThereIsNone) {
  const TempFolder folder;
  const auto read = read_private_file(folder / "absent", 16);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has_value());
}

TEST(PrivateFile, RefusesAFileThatOthersMayRead) {
  const TempFolder folder;
  const std::string path = folder / "secret";
  ASSERT_TRUE(replace_private_file(path, kSecret));
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  const auto read = read_private_file(path, 16);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kDenied);
  EXPECT_NE(read.error().detail.find("chmod 0600"), std::string::npos);
}

TEST(PrivateFile, RefusesASymbolicLink) {
  const TempFolder folder;
  ASSERT_TRUE(replace_private_file(folder / "secret", kSecret));
  std::filesystem::create_symlink(folder / "secret", folder / "link");
  EXPECT_FALSE(read_private_file(folder / "link", 16));
}

TEST(PrivateFile, RefusesMoreThanItsBound) {
  const TempFolder folder;
  ASSERT_TRUE(replace_private_file(folder / "secret", Bytes(17)));
  const auto read = read_private_file(folder / "secret", 16);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kTooLarge);
}

TEST(PrivateFile, CreatesOnceAndNeverReplaces) {
  const TempFolder folder;
  const std::string path = folder / "secret";
  ASSERT_TRUE(create_private_file(path, kSecret));
  const Result<void> again = create_private_file(path, Bytes{9});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(**read_private_file(path, 16), kSecret);
}

TEST(PrivateFolder, IsMadeForItsOwnerAloneAndRefusedIfOthersMayEnter) {
  const TempFolder folder;
  const std::string path = folder / "state";
  ASSERT_TRUE(prepare_private_folder(path, "state.folder"));
  EXPECT_EQ(mode_of(path), 0700U);
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  const Result<void> prepared = prepare_private_folder(path, "state.folder");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, ErrorCode::kDenied);
}

TEST(PrivateFolder, SaysWhatToDoIfItCannotBeMade) {
  const TempFolder folder;
  const std::string parent = folder / "absent";
  const Result<void> orphan = prepare_private_folder(parent + "/state", "state.folder");
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(orphan.error().detail, parent + "/state cannot be made: there is no " + parent +
                                       "; mkdir -p " + parent + ", or set another state.folder");

  std::filesystem::create_symlink(std::string(folder / ""), std::string(folder / "link"));
  const Result<void> link = prepare_private_folder(folder / "link", "state.folder");
  ASSERT_FALSE(link);
  EXPECT_NE(link.error().detail.find("is no folder, or a symbolic link"), std::string::npos)
      << link.error().detail;
}

}  // namespace
}  // namespace quotemill::transport
