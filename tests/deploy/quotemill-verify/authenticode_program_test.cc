// quotemill-verify authenticode: its lines, its JSON, its exit codes.
#include <gtest/gtest.h>

#include "engine/eventlog/expect/authenticode.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/engine/eventlog/expect/pe_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::json_of;
using testing::PeBytes;
using testing::TempFolder;
using testing::verify_program;
using testing::write_file;

class AuthenticodeProgram : public ::testing::Test {
 protected:
  AuthenticodeProgram() {
    write_file(folder_ / "image.efi", image_);
    write_file(folder_ / "text", as_bytes("MZ, but no image"));
  }

  const Bytes image_ = PeBytes{}.bytes();
  TempFolder folder_;
  const std::string path_ = (folder_ / "image.efi").string();
  const std::string text_ = (folder_ / "text").string();
};

TEST_F(AuthenticodeProgram, PrintsALineForEachImage) {
  const std::string line =
      authenticode(HashAlgorithm::kSha256, image_)->hex() + "  " + path_ + "\n";
  const auto finished = verify_program({"authenticode", path_, path_});
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_EQ(finished.output, line + line);
}

TEST_F(AuthenticodeProgram, HashesForAnyBank) {
  const auto finished = verify_program({"authenticode", "--bank", "sha384", "--json", path_});
  EXPECT_EQ(finished.exit_status, 0);
  const auto images = json_of(finished)["images"];
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0]["file"], path_);
  EXPECT_EQ(images[0]["algorithm"], "sha384");
  EXPECT_EQ(images[0]["digest"], authenticode(HashAlgorithm::kSha384, image_)->hex());
}

TEST_F(AuthenticodeProgram, NamesAFileThatIsNoImageAndHashesTheOthers) {
  const auto finished = verify_program({"authenticode", text_, path_});
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_NE(finished.output.find("PE image: "), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find(text_), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("  " + path_), std::string::npos) << finished.output;
}

TEST_F(AuthenticodeProgram, RefusesBanksThatItCannotHash) {
  for (const char* bank : {"sm3_256", "md5", ""}) {
    EXPECT_EQ(verify_program({"authenticode", "--bank", bank, path_}).exit_status, 2) << bank;
  }
}

}  // namespace
}  // namespace quotemill
