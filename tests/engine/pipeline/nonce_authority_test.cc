#include "engine/pipeline/nonce_authority.h"

#include <thread>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr std::int64_t kHour = 3'600'000;

EpochKey key_of(std::uint8_t byte) {
  EpochKey key{};
  key.fill(byte);
  return key;
}

HostUid some_host() {
  HostUid uid;
  uid.bytes.fill(5);
  return uid;
}

TEST(NonceAuthority, IssuesByTheCurrentKey) {
  const NonceAuthority authority({key_of(1), {}, {}});
  EXPECT_EQ(authority.issue(some_host(), 2, 9), preissued_nonce(key_of(1), some_host(), 2, 9));
  EXPECT_THAT(authority.acceptable(some_host(), 2, 9),
              ElementsAre(authority.issue(some_host(), 2, 9)));
}

TEST(NonceAuthority, AcceptsNoncesOfTheEpochBeforeAndNoneOlder) {
  NonceAuthority authority({key_of(1), {0}, {}});
  const Nonce first = authority.issue(some_host(), 1, 1);
  authority.adopt(authority.successor(key_of(2), {kHour}));
  EXPECT_NE(authority.issue(some_host(), 1, 1), first);
  EXPECT_THAT(authority.acceptable(some_host(), 1, 1),
              ElementsAre(authority.issue(some_host(), 1, 1), first));
  authority.adopt(authority.successor(key_of(3), {2 * kHour}));
  EXPECT_THAT(authority.acceptable(some_host(), 1, 1), Not(Contains(first)));
}

TEST(NonceAuthority, TakesNoKeysBeforeTheyAreAdopted) {
  NonceAuthority authority({key_of(1), {0}, {}});
  const NonceAuthority::Keys next = authority.successor(key_of(2), {5});
  EXPECT_EQ(next.current, key_of(2));
  EXPECT_EQ(next.previous, key_of(1));
  EXPECT_EQ(next.since, WallTime{5});
  EXPECT_EQ(authority.issue(some_host(), 1, 1), preissued_nonce(key_of(1), some_host(), 1, 1));
}

TEST(NonceAuthority, IsDueWhenItsKeyIsOldOrOfTheFuture) {
  const NonceAuthority authority({key_of(1), {10 * kHour}, {}});
  EXPECT_FALSE(authority.is_due({10 * kHour}, kHour));
  EXPECT_FALSE(authority.is_due({11 * kHour - 1}, kHour));
  EXPECT_TRUE(authority.is_due({11 * kHour}, kHour));
  EXPECT_TRUE(authority.is_due({10 * kHour - 1}, kHour)) << "the wall clock was set back";
}

TEST(NonceAuthority, EncodesAndDecodesItsKeys) {
  for (const bool has_previous : {false, true}) {
    NonceAuthority::Keys keys{key_of(3), {1234567}, {}};
    if (has_previous) {
      keys.previous = key_of(4);
    }
    const Bytes bytes = NonceAuthority::encode(keys);
    const Result<NonceAuthority::Keys> decoded = NonceAuthority::decode(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->current, keys.current);
    EXPECT_EQ(decoded->since, keys.since);
    EXPECT_EQ(decoded->previous, keys.previous);
  }
}

TEST(NonceAuthority, RefusesAFileThatIsCutLongerOrOfAnotherVersion) {
  const Bytes bytes = NonceAuthority::encode({key_of(3), {1}, key_of(4)});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(NonceAuthority::decode(
        Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  Bytes changed = bytes;
  changed.push_back(0);
  EXPECT_EQ(NonceAuthority::decode(changed).error().code, ErrorCode::kTrailing);
  changed = bytes;
  changed[0] = 2;
  EXPECT_EQ(NonceAuthority::decode(changed).error().code, ErrorCode::kUnsupported);
}

TEST(NonceAuthorityStress, RotatesBesideReaders) {
  NonceAuthority authority({key_of(0), {0}, {}});
  std::atomic<bool> done = false;
  std::atomic<int> unknown = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const Nonce nonce = authority.issue(some_host(), 1, 1);
        bool known = false;
        for (std::uint8_t byte = 0; byte < 200 && !known; ++byte) {
          known = nonce == preissued_nonce(key_of(byte), some_host(), 1, 1);
        }
        unknown += known && authority.acceptable(some_host(), 1, 1).size() <= 2 ? 0 : 1;
      }
    });
  }
  for (std::uint8_t byte = 1; byte < 200; ++byte) {
    authority.adopt(authority.successor(key_of(byte), {byte}));
    (void)authority.is_due({0}, 1);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(unknown, 0);
}

}  // namespace
}  // namespace quotemill
