#include "transport/server/server_log.h"

#include <vector>

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(ServerLog, HoldsBackAFloodAndSaysSo) {
  std::vector<std::string> lines;
  ServerLog log(
      [&](LogLevel, std::string_view, std::string_view text) { lines.emplace_back(text); });
  for (int i = 0; i < 1000; ++i) {
    log.write(LogCause::kMalformed, "db-1", "bad", 1'000'000);
  }
  EXPECT_EQ(lines.size(), 20U);
  log.write(LogCause::kMalformed, "db-1", "bad", 1'002'000);
  EXPECT_EQ(lines.back(), "bad (980 more of this kind were not written)");
}

TEST(ServerLog, OneCauseDoesNotSilenceAnother) {
  int lines = 0;
  ServerLog log([&](LogLevel, std::string_view, std::string_view) { ++lines; });
  for (int i = 0; i < 100; ++i) {
    log.write(LogCause::kMalformed, "", "bad", 0);
  }
  log.write(LogCause::kStoreBehind, "", "worse", 0);
  EXPECT_EQ(lines, 21);
}

}  // namespace
}  // namespace quotemill::transport
