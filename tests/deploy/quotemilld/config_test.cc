#include "deploy/quotemilld/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;

std::string mistake(const std::string& text) {
  const Result<Config> config = parse_config(text, "quotemill.toml");
  return config ? "" : config.error().to_string();
}

TEST(DaemonConfig, AnEmptyFileWorks) {
  EXPECT_EQ(mistake(""), "");
  const Config config = *parse_config("", "quotemill.toml");
  EXPECT_EQ(config.state.store, "/var/lib/quotemill/store");
  EXPECT_EQ(config.listen.attest_public, config.listen.attest);
}

TEST(DaemonConfig, RefusesEndpointsThatLibzmqWouldTakeForOthers) {
  for (const char* const port : {"99999", "0", "abc", "", "-1", "7401x"}) {
    EXPECT_THAT(mistake("[listen]\nattest = \"tcp://127.0.0.1:" + std::string(port) + "\"\n"),
                HasSubstr("quotemill.toml:2:"))
        << port;
  }
  EXPECT_EQ(mistake("[listen]\nattest = \"tcp://[::1]:7401\"\n"), "");
  EXPECT_EQ(mistake("[metrics]\nlisten = \"\"\n"), "");
  EXPECT_THAT(mistake("[metrics]\nlisten = \"9464\"\n"), HasSubstr(":2:"));
  EXPECT_THAT(mistake("[outbox]\nkeep = 5000\nkeep_max = 4000\n"), HasSubstr(":3:"));
  EXPECT_EQ(mistake("[listen]\nattest = \"tcp://*:7401\"\n"), "");
}

TEST(DaemonConfig, KeepsTheChangeStreamOffTheNetwork) {
  EXPECT_THAT(mistake("[listen]\nchanges = \"tcp://127.0.0.1:7403\"\n"), HasSubstr("ipc:///PATH"));
}

TEST(DaemonConfig, TellsEveryMistakeWithItsPlace) {
  const std::string all =
      mistake("[listen]\nattets = \"x\"\n[pipeline]\nthreads = -1\n[log]\nlevel = \"loud\"\n");
  for (const char* const place : {"quotemill.toml:2:", "quotemill.toml:4:", "quotemill.toml:6:"}) {
    EXPECT_THAT(all, HasSubstr(place));
  }
  EXPECT_THAT(all, HasSubstr("attest"));
}

TEST(DaemonConfig, ReadsHowMuchEvidenceMayWait) {
  EXPECT_EQ(parse_config("", "quotemill.toml")->pipeline.inbox_items, 8'192);
  EXPECT_EQ(parse_config("[pipeline]\ninbox = 8\n", "quotemill.toml")->pipeline.inbox_items, 8);
  EXPECT_EQ(parse_config("", "quotemill.toml")->pipeline.batch_rest_ms, 0);
  EXPECT_EQ(
      parse_config("[pipeline]\nbatch_rest = \"5ms\"\n", "quotemill.toml")->pipeline.batch_rest_ms,
      5);
  EXPECT_THAT(mistake("[pipeline]\nbatch_rest = \"2s\"\n"), HasSubstr("quotemill.toml:2:"));
  EXPECT_THAT(mistake("[pipeline]\ninbox = 7\n"), HasSubstr("quotemill.toml:2:"));
  EXPECT_THAT(mistake("[pipeline]\ninbox = 8193\n"), HasSubstr("quotemill.toml:2:"));
}

TEST(DaemonConfig, ReadsHowLongHistoryIsKept) {
  const Result<Config> config = parse_config(
      "[history]\ntrusted_for = \"2d\"\nwarning_for = \"3d\"\nfailed_for = \"4d\"\n"
      "trusted_count = 5\nwarning_count = 6\nfailed_count = 7\nappraisals_per_host = 800\n"
      "collect_every = \"9m\"\n",
      "quotemill.toml");
  ASSERT_TRUE(config) << config.error().to_string();
  const Config::History& history = config->history;
  constexpr std::int64_t kDay = 86'400'000;
  EXPECT_EQ(history.trusted_ms, 2 * kDay);
  EXPECT_EQ(history.warning_ms, 3 * kDay);
  EXPECT_EQ(history.failed_ms, 4 * kDay);
  EXPECT_EQ(history.trusted_count, 5);
  EXPECT_EQ(history.warning_count, 6);
  EXPECT_EQ(history.failed_count, 7);
  EXPECT_EQ(history.appraisals_per_host, 800);
  EXPECT_EQ(history.collect_every_ms, 9 * 60'000);
}

TEST(DaemonConfig, HistoryThatCannotBeMeantIsToldWithItsPlaceAndWhatIsAllowed) {
  // Key and value; part of what is allowed there.
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"trusted_for = \"1h\"", "24h"},
      {"warning_for = \"1s\"", "24h"},
      {"failed_for = \"forever\"", "failed_for"},
      {"failed_for = 400", "failed_for"},
      {"trusted_count = -1", "0"},
      {"failed_count = \"many\"", "failed_count"},
      {"appraisals_per_host = 99", "100"},
      {"collect_every = \"1s\"", "collect_every"},
      {"collect_every = \"31d\"", "collect_every"}};
  for (const auto& [line, allowed] : wrong) {
    const std::string told = mistake("[history]\n  " + line + "\n");
    EXPECT_THAT(told, ::testing::MatchesRegex("quotemill.toml:2:[0-9]+: .*")) << line;
    EXPECT_THAT(told, HasSubstr(allowed)) << line;
  }
}

TEST(DaemonConfig, AnUnknownKeyOfHistoryNamesTheNearestKnownOne) {
  const std::string told = mistake("[history]\ntrustd_for = \"2d\"\nfailed_cuont = 1\n");
  EXPECT_THAT(told, HasSubstr("quotemill.toml:2:1: "));
  EXPECT_THAT(told, HasSubstr("trusted_for"));
  EXPECT_THAT(told, HasSubstr("quotemill.toml:3:1: "));
  EXPECT_THAT(told, HasSubstr("failed_count"));
}

TEST(DaemonConfig, AFolderIsNoSettingsFile) {
  const quotemill::testing::TempFolder folder;
  const Result<Config> config = load_config(folder.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace quotemill::daemon
