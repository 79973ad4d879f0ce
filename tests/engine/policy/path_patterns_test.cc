#include "engine/policy/path_patterns.h"

#include <chrono>

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

PathPatterns compiled(std::vector<std::string> patterns) {
  Result<PathPatterns> result = PathPatterns::compile(patterns);
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? *result : PathPatterns();
}

TEST(PathPatterns, MatchWholePaths) {
  const PathPatterns patterns = compiled({"/var/log/.*", "/tmp/[a-z]+\\.sh"});
  EXPECT_TRUE(patterns.match("/var/log/syslog"));
  EXPECT_TRUE(patterns.match("/tmp/run.sh"));
  EXPECT_FALSE(patterns.match("/srv/var/log/syslog"));
  EXPECT_FALSE(patterns.match("/tmp/run.sh.exe"));
  EXPECT_FALSE(patterns.match(""));
}

TEST(PathPatterns, NoneMatchNothing) {
  EXPECT_FALSE(PathPatterns().match("/x"));
  EXPECT_FALSE(compiled({}).match(""));
}

TEST(PathPatterns, TakePathsAsBytes) {
  const PathPatterns patterns = compiled({"/data/.*"});
  EXPECT_TRUE(patterns.match("/data/\xFF\xFE\x80"));
  EXPECT_TRUE(patterns.match("/data/a\nb"));
  EXPECT_TRUE(patterns.match(std::string_view("/data/a\0b", 9)));
  EXPECT_FALSE(patterns.match("/bin/\n/data/x")) << "a line feed begins no new path";
}

TEST(PathPatterns, RefuseWhatIsNoPatternByName) {
  const std::vector<std::string> wrong = {"/ok", "("};
  const Result<PathPatterns> result = PathPatterns::compile(wrong);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConfig);
  EXPECT_NE(result.error().detail.find("'('"), std::string::npos);
  for (const std::string& pattern :
       {std::string(), std::string(limits::kPathPatternSizeMax + 1, 'a'), std::string("(a)\\1"),
        std::string("a(?=b)")}) {
    EXPECT_FALSE(PathPatterns::compile(std::vector<std::string>{pattern})) << pattern.substr(0, 20);
  }
  EXPECT_FALSE(PathPatterns::compile(std::vector<std::string>(limits::kPathPatternsMax + 1, "/x")));
}

// Engines that backtrack take exponential time for this.
TEST(PathPatterns, StayLinearWhateverThePattern) {
  const PathPatterns patterns = compiled({"/(a*)*b", "/(a|aa)+c", "/(.*)(.*)(.*)(.*)d"});
  const std::string path = "/" + std::string(4'000, 'a');
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(patterns.match(path));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace quotemill
