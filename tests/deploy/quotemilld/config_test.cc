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

TEST(DaemonConfig, AFolderIsNoSettingsFile) {
  const quotemill::testing::TempFolder folder;
  const Result<Config> config = load_config(folder.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace quotemill::daemon
