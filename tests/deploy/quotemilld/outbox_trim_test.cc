#include "deploy/quotemilld/outbox_trim.h"

#include <gtest/gtest.h>

namespace quotemill::daemon {
namespace {

constexpr Config::Outbox kSettings{.keep = 100, .keep_max = 1'000};

StoreStatus outbox(std::uint64_t first, std::uint64_t last) {
  StoreStatus status;
  status.stream_id = "s";
  status.last_change = last;
  status.first_change = first;
  return status;
}

TEST(OutboxCut, KeepsWhatIsPromisedToEverybody) {
  EXPECT_FALSE(cut_of(kSettings, outbox(0, 0), std::nullopt));
  EXPECT_FALSE(cut_of(kSettings, outbox(1, 100), std::nullopt));
  const auto cut = cut_of(kSettings, outbox(1, 101), std::nullopt);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->keep_from, 2U);
  EXPECT_EQ(cut->undelivered_from, 0U);
  EXPECT_FALSE(cut_of(kSettings, outbox(2, 101), std::nullopt)) << "gone already";
}

TEST(OutboxCut, WaitsForTheSlowestSink) {
  EXPECT_FALSE(cut_of(kSettings, outbox(1, 500), 1));
  EXPECT_EQ(cut_of(kSettings, outbox(1, 500), 300)->keep_from, 300U);
  EXPECT_EQ(cut_of(kSettings, outbox(1, 500), 501)->keep_from, 401U) << "it has them all";
}

TEST(OutboxCut, DoesNotWaitBeyondTheBoundAndSaysWhatGoes) {
  const auto cut = cut_of(kSettings, outbox(11, 1'500), 7);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->keep_from, 501U);
  EXPECT_EQ(cut->undelivered_from, 11U) << "what was gone before is not said again";
  EXPECT_FALSE(cut_of({.keep = 100, .keep_max = 0}, outbox(1, 1'000'000), 1)) << "no bound";
}

}  // namespace
}  // namespace quotemill::daemon
