#include "engine/pipeline/deadlines.h"

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

HostUid uid(std::uint8_t number) {
  HostUid uid;
  uid.bytes.back() = number;
  return uid;
}

TEST(Deadlines, TakesWhatIsDueInOrderAndForgetsIt) {
  Deadlines deadlines;
  deadlines.set(uid(1), {30});
  deadlines.set(uid(2), {10});
  deadlines.set(uid(3), {20});
  EXPECT_EQ(deadlines.next(), BootTime{10});
  EXPECT_THAT(deadlines.take_due({9}), IsEmpty());
  EXPECT_THAT(deadlines.take_due({20}), ElementsAre(uid(2), uid(3)));
  EXPECT_THAT(deadlines.take_due({20}), IsEmpty());
  EXPECT_EQ(deadlines.next(), BootTime{30});
}

TEST(Deadlines, ReplacesAnEarlierOne) {
  Deadlines deadlines;
  deadlines.set(uid(1), {10});
  deadlines.set(uid(1), {50});
  EXPECT_THAT(deadlines.take_due({49}), IsEmpty());
  deadlines.set(uid(1), {5});
  EXPECT_THAT(deadlines.take_due({5}), ElementsAre(uid(1)));
  EXPECT_EQ(deadlines.next(), std::nullopt);
}

TEST(Deadlines, ClearsOneHostAlone) {
  Deadlines deadlines;
  deadlines.set(uid(1), {10});
  deadlines.set(uid(2), {10});
  deadlines.clear(uid(1));
  deadlines.clear(uid(9));
  EXPECT_THAT(deadlines.take_due({10}), ElementsAre(uid(2)));
}

}  // namespace
}  // namespace quotemill
