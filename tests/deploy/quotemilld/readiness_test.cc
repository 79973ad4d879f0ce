#include "deploy/quotemilld/readiness.h"

#include <gmock/gmock.h>

#include "deploy/quotemilld/limits.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

StoreStatus well() {
  StoreStatus status;
  status.stream_id = "S";
  return status;
}

// The one hindrance, as "name: why".
std::string only(const ReadinessSigns& signs) {
  const std::vector<Hindrance> found = hindrances(signs);
  EXPECT_EQ(found.size(), 1U);
  return found.empty() ? "" : found.front().name + ": " + found.front().why;
}

TEST(Readiness, IsThereWhileAllIsWell) {
  EXPECT_THAT(hindrances({well()}), IsEmpty());
  EXPECT_THAT(hindrances({well(), false, false, limits::kReadySilentMsMax}), IsEmpty());
}

TEST(Readiness, EndsWhereNothingCanBeMadeDurable) {
  StoreStatus full = well();
  full.refuses = "the disk is nearly full: 7 bytes are free";
  EXPECT_EQ(only({full}), "store: the disk is nearly full: 7 bytes are free");
  EXPECT_THAT(only({Error{ErrorCode::kStorage, "store", 0, "gone"}}), HasSubstr("gone"));
  EXPECT_EQ(only({well(), false, true}), "commits: the last durable write failed");
}

TEST(Readiness, EndsWithTheCommitThread) {
  EXPECT_THAT(only({well(), false, false, 31'000}), HasSubstr("watchdog: "));
  EXPECT_THAT(only({well(), false, false, 31'000}), HasSubstr(" 31 s"));
}

TEST(Readiness, NamesAllThatHindersIt) {
  EXPECT_EQ(hindrances({Error{ErrorCode::kStorage, "store"}, true, true, 100'000}).size(), 4U);
}

}  // namespace
}  // namespace quotemill::daemon
