#include "deploy/quotemill/time_argument.h"

#include <gtest/gtest.h>

namespace quotemill::cli {
namespace {

constexpr WallTime kNow{1'800'000'000'000};

std::int64_t ms_of(const char* text) {
  const std::optional<WallTime> moment = parse_moment(text, kNow);
  return moment ? moment->ms : -1;
}

TEST(Moment, IsReadInEveryLength) {
  EXPECT_EQ(ms_of("2026-11-24T03:31:09Z"), 1'795'491'069'000);
  EXPECT_EQ(ms_of("2026-11-24T03:31:09"), 1'795'491'069'000);
  EXPECT_EQ(ms_of("2026-11-24T03:31"), 1'795'491'060'000);
  EXPECT_EQ(ms_of("2026-11-24"), 1'795'478'400'000);
  EXPECT_EQ(ms_of("1970-01-01"), 0);
}

TEST(Moment, MayBeSomeTimeAgo) {
  EXPECT_EQ(ms_of("90m"), kNow.ms - 5'400'000);
  EXPECT_EQ(ms_of("2d"), kNow.ms - 172'800'000);
}

TEST(Moment, OfNoCalendarOrClockIsNone) {
  for (const char* text : {"", "2026", "2026-02-30", "2026-13-01", "2026-11-24T24:00", "today",
                           "2026-11-24T03:60", "2026-11-24 03:31", "2026-11-24T03:31:09+01:00"}) {
    EXPECT_EQ(parse_moment(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace quotemill::cli
