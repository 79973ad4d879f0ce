#include "deploy/common/log_settings.h"

#include <gtest/gtest.h>

namespace quotemill::program {
namespace {

TEST(LogSettings, AreInfoAsTextUnlessAskedFor) {
  Result<TomlReader> in = TomlReader::parse("", "a.toml");
  ASSERT_TRUE(in);
  const LogSettings settings = read_log_settings(*in);
  EXPECT_EQ(settings.level, "info");
  EXPECT_EQ(settings.format, LogFormat::kText);
  EXPECT_TRUE(in->finish());
}

TEST(LogSettings, AreWhatTheTableSays) {
  for (const char* level : {"debug", "info", "warn", "error", "off"}) {
    Result<TomlReader> in = TomlReader::parse(
        "[log]\nformat = \"json\"\nlevel = \"" + std::string(level) + "\"\n", "a.toml");
    ASSERT_TRUE(in);
    const LogSettings settings = read_log_settings(*in);
    EXPECT_EQ(settings.level, level);
    EXPECT_EQ(settings.format, LogFormat::kJson);
    EXPECT_TRUE(in->finish());
  }
}

TEST(LogSettings, TellsAnUnknownLevel) {
  Result<TomlReader> in = TomlReader::parse("[log]\nlevel = \"loud\"\n", "a.toml");
  ASSERT_TRUE(in);
  EXPECT_EQ(read_log_settings(*in).level, "info");
  const Result<void> done = in->finish();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().to_string().find("a.toml:2:"), std::string::npos);
}

}  // namespace
}  // namespace quotemill::program
