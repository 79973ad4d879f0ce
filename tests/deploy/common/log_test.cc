#include "deploy/common/log.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "deploy/common/journal_fields.h"
#include "engine/base/text.h"

namespace quotemill::program {
namespace {

// What is written to stderr while `write` runs.
std::string written(LogFormat format, const std::function<void(const Log&)>& write) {
  ::testing::internal::CaptureStderr();
  {
    const Log log("test", {.level = "info", .format = format});
    write(log);
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, Cve2022_23949_NoValueLooksLikeALineOrAField) {
  const auto write = [](const Log& log) {
    log.info("host spoke", {{"name", "a\nb\x1b[31m c=\"d\""}, {"empty", ""}});
  };
  const std::string text = written(LogFormat::kText, write);
  EXPECT_NE(text.find(R"(host spoke name="a\x0ab\x1b[31m c=""d""" empty="")"), std::string::npos)
      << text;
  const std::string json = written(LogFormat::kJson, write);
  EXPECT_NE(json.find(R"("name":"a\\x0ab\\x1b[31m c=\"d\"")"), std::string::npos) << json;
  for (const std::string& line : {text, json}) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

TEST(Log, DoesNotEscapeAgainWhatWasEscapedWhereItCameIn) {
  const std::string text = written(LogFormat::kText, [](const Log& log) {
    log.info("boot", {{"path", escaped("\\EFI\\debian")}});
  });
  EXPECT_NE(text.find(R"(path=\\EFI\\debian)"), std::string::npos) << text;
}

TEST(Log, WritesToStderrIfTheJournalReadsSomebodyElses) {
  setenv("JOURNAL_STREAM", "1:2", 1);  // NOLINT(concurrency-mt-unsafe): one thread
  const std::string text =
      written(LogFormat::kText, [](const Log& log) { log.info("still here"); });
  unsetenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_NE(text.find("still here"), std::string::npos);
}

TEST(JournalFields, AreTheLineAndEachOfItsFields) {
  EXPECT_EQ(journal_fields(LogLevel::kWarn, "quotemilld", "trust changed host=web-01 why=x",
                           {{"host", "web-01"}, {"ek_sha256", "ab"}}),
            (std::vector<std::string>{"MESSAGE=trust changed host=web-01 why=x", "PRIORITY=4",
                                      "SYSLOG_IDENTIFIER=quotemilld", "QUOTEMILL_HOST=web-01",
                                      "QUOTEMILL_EK_SHA256=ab"}));
}

TEST(JournalFields, Cve2022_23949_NoValueBeginsAnotherField) {
  const std::vector<std::string> fields = journal_fields(
      LogLevel::kInfo, "quotemilld", "m",
      {{"name", "a\nMESSAGE=forged\x01"}, {"a=b\nc", "v"}, {std::string(100, 'k'), "long"}});
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_EQ(fields[3], "QUOTEMILL_NAME=a\\x0aMESSAGE=forged\\x01");
  EXPECT_EQ(fields[4], "QUOTEMILL_A_B_C=v");
  EXPECT_EQ(fields[5], "QUOTEMILL_" + std::string(54, 'K') + "=long");
}

}  // namespace
}  // namespace quotemill::program
