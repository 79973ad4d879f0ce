#include "deploy/quotemill/packages/package_files.h"

#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "tests/deploy/quotemill/packages/sample_archives.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using testing::archive_of;
using testing::File;
using ::testing::HasSubstr;
using ::testing::Not;

std::string deb_of(const std::vector<File>& files) {
  const std::string data =
      archive_of(archive_write_set_format_pax_restricted, archive_write_add_filter_xz, files);
  return archive_of(archive_write_set_format_ar_svr4, archive_write_add_filter_none,
                    {{"debian-binary", "2.0\n"}, {"control.tar.xz", "x"}, {"data.tar.xz", data}});
}

// Lead and headers are passed over by their sizes; these are empty ones.
std::string rpm_of(const std::vector<File>& files) {
  std::string lead("\xed\xab\xee\xdb\x03\x00", 6);
  lead.resize(96, '\0');
  const std::string header = std::string("\x8e\xad\xe8\x01", 4) + std::string(12, '\0');
  return lead + header + header +
         archive_of(archive_write_set_format_cpio_newc, archive_write_add_filter_gzip, files);
}

std::string sha256(const std::string& content) {
  return hash(HashAlgorithm::kSha256, as_bytes(content)).hex();
}

class PackageFiles : public ::testing::Test {
 protected:
  Result<void> append(const std::string& name, const std::string& content) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return append_package(path, list_);
  }

  std::string refusal(const std::string& name, const std::string& content) {
    const Result<void> done = append(name, content);
    return done ? "none" : done.error().detail;
  }

  quotemill::testing::TempFolder folder_;
  std::string list_;
};

TEST_F(PackageFiles, ListsTheFilesOfADebianPackage) {
  ASSERT_TRUE(append("ls_9.1_amd64.deb", deb_of({{"./usr/", "", AE_IFDIR},
                                                 {"./usr/bin/ls", "the program"},
                                                 {"./usr/bin/dir", "", AE_IFREG, "./usr/bin/ls"},
                                                 {"./usr/bin/vdir", "", AE_IFLNK, "ls"},
                                                 {"./empty", ""}})));
  EXPECT_EQ(list_, "# package: ls_9.1_amd64\n" + sha256("") + "  /empty\n" + sha256("the program") +
                       "  /usr/bin/dir\n" + sha256("the program") + "  /usr/bin/ls\n");
}

TEST_F(PackageFiles, ListsTheFilesOfAnRpm) {
  ASSERT_TRUE(append("ls-9.1-1.x86_64.rpm", rpm_of({{"./usr/bin/ls", "the program"}})));
  EXPECT_EQ(list_, "# package: ls-9.1-1.x86_64\n" + sha256("the program") + "  /usr/bin/ls\n");
}

TEST_F(PackageFiles, RefusesPathsThatLeadElsewhere) {
  for (const char* const path : {"./../etc/passwd", "usr/../../etc/passwd", "./usr/..", "a\nb"}) {
    EXPECT_THAT(refusal("evil.deb", deb_of({{path, "x"}})), HasSubstr("path that no package"))
        << path;
  }
  EXPECT_THAT(list_, Not(HasSubstr("passwd")));
  EXPECT_THAT(refusal("evil.deb", deb_of({{"a", "", AE_IFREG, "../b"}})), HasSubstr("not there"));
}

TEST_F(PackageFiles, RefusesWhatIsDamagedOrNoPackage) {
  EXPECT_NE(refusal("a.deb", "nonsense"), "none");
  EXPECT_NE(refusal("a.deb", ""), "none");
  EXPECT_NE(refusal("a.rpm", "nonsense"), "none");
  EXPECT_NE(refusal("a.deb", rpm_of({{"a", "x"}})), "none");
  std::string cut = deb_of({{"a", std::string(100'000, 'x')}});
  cut.resize(cut.size() - 40);
  EXPECT_NE(refusal("a.deb", cut), "none");
  EXPECT_THAT(
      refusal("a.deb", archive_of(archive_write_set_format_ar_svr4, archive_write_add_filter_none,
                                  {{"debian-binary", "2.0\n"}})),
      HasSubstr("no data.tar"));
  EXPECT_FALSE(append_package((folder_.path() / "absent.deb").string(), list_));
}

TEST_F(PackageFiles, KnowsPackagesByTheirNames) {
  EXPECT_TRUE(is_package("a/b.deb"));
  EXPECT_TRUE(is_package("b.rpm"));
  EXPECT_FALSE(is_package("b.list"));
}

}  // namespace
}  // namespace quotemill::cli
