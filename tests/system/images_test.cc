// The hashes of Debian's signed images, beside what other tools and their own signatures say.
#include <algorithm>

#include <gtest/gtest.h>

#include "engine/eventlog/expect/authenticode.h"
#include "engine/eventlog/expect/pe_image.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "tests/system/boot_files.h"

namespace quotemill {
namespace {

using testing::BootFiles;
using testing::Finished;
using testing::read_file;

std::vector<std::filesystem::path> signed_images() {
  std::vector<std::filesystem::path> images = BootFiles(1).images();
  images.push_back(BootFiles(2).images().back());
  return images;
}

// A signature holds the hash that it signs, in its SpcIndirectDataContent.
TEST(SignedImages, HoldTheHashInTheirOwnSignature) {
  for (const std::filesystem::path& path : signed_images()) {
    const Bytes file = read_file(path);
    const Result<Digest> digest = authenticode(HashAlgorithm::kSha256, file);
    ASSERT_TRUE(digest) << path << ": " << digest.error().to_string();
    const FileRange range = read_pe_image(file)->certificates;
    const ByteView table = ByteView(file).subspan(range.offset, range.size);
    const ByteView value = digest->view();
    EXPECT_NE(std::search(table.begin(), table.end(), value.begin(), value.end()), table.end())
        << path << " " << digest->hex();
  }
}

TEST(SignedImages, HaveTheHashThatPesignCalculates) {
  if (!testing::have_program("pesign")) {
    GTEST_SKIP() << "pesign is not installed";
  }
  for (const std::filesystem::path& path : signed_images()) {
    const Finished hashed = testing::run({{"pesign", "--hash", "--in", path.string()}});
    EXPECT_EQ(hashed.output,
              "hash: " + authenticode(HashAlgorithm::kSha256, read_file(path))->hex() + "\n");
  }
}

TEST(SignedImages, ChangeTheirHashWithOneBitOfTheirCode) {
  for (const std::filesystem::path& path : signed_images()) {
    Bytes file = read_file(path);
    const Digest before = *authenticode(HashAlgorithm::kSha256, file);
    file[file.size() / 2] ^= 0x01;
    EXPECT_NE(*authenticode(HashAlgorithm::kSha256, file), before) << path;
  }
}

}  // namespace
}  // namespace quotemill
