#include "deploy/common/serving_program.h"

#include <vector>

#include <gtest/gtest.h>

namespace quotemill::program {
namespace {

struct Settings {
  std::string file;
};

Result<Settings> load(const std::string& file) {
  if (file == "wrong.toml") {
    return Error{ErrorCode::kConfig, "config", 0, "wrong.toml:1:1: no"};
  }
  return Settings{file};
}

// 40 for the file that is served unless another is named, 41 for another one.
int serve(Settings settings) {
  return settings.file == "usual.toml" ? 40 : 41;
}

int run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "program");
  return run_by_settings<Settings>({"Does it", "usual.toml", "9.8.7"},
                                   static_cast<int>(arguments.size()), arguments.data(), load,
                                   serve);
}

TEST(ServingProgram, ServesByTheUsualSettings) {
  EXPECT_EQ(run({}), 40);
}

TEST(ServingProgram, ServesByTheSettingsThatAreNamed) {
  EXPECT_EQ(run({"--config", "other.toml"}), 41);
}

TEST(ServingProgram, ServesNobodyWhenAskedToCheck) {
  EXPECT_EQ(run({"--check-config"}), 0);
}

TEST(ServingProgram, TellsWhatIsWrongWithTheSettings) {
  for (const std::vector<const char*>& arguments :
       {std::vector{"--config", "wrong.toml"},
        std::vector{"--config", "wrong.toml", "--check-config"}}) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run(arguments), kUsageExit);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "config: wrong.toml:1:1: no\n");
  }
}

TEST(ServingProgram, RefusesWhatItDoesNotKnow) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run({"--no-such"}), kUsageExit);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("--no-such"), std::string::npos);
}

TEST(ServingProgram, TellsItsVersion) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "9.8.7\n");
}

}  // namespace
}  // namespace quotemill::program
