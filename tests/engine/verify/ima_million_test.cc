// A list of a million entries, as a host that has run for years has it, in the segments that
// travel.
#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/verify/ima_follower.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using testing::ng_data;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
constexpr std::size_t kEntries = 1'000'000;

Bytes data_of(std::size_t number) {
  return ng_data(Bytes(32, 0xAB), "/usr/lib/file-" + std::to_string(number));
}

Digest pcr10() {
  Digest pcr(kBank);
  for (std::size_t number = 0; number < kEntries; ++number) {
    extend(pcr, hash(kBank, data_of(number)).view());
  }
  return pcr;
}

TEST(ImaFollower, AMillionEntriesTravelInSegments) {
  SoftwareHost host;
  host.selection = {kBank, 1U << kImaPcr | 0xFFU};
  const Challenge challenge = host.challenge();
  PcrBank pcrs = host.pcrs(kBank, 0xFF);
  pcrs.set(kImaPcr, pcr10());
  const QuoteCheck check(host, challenge, host.SigningHost::draft(challenge, {pcrs}, 0).seal());
  ASSERT_TRUE(check.ok());
  ImaFollower follower(ImaState::of_boot(kBank), check.quote());
  std::size_t seen = 0;
  std::size_t segments = 0;
  Bytes segment;
  const auto send = [&](std::size_t size) {
    ASSERT_TRUE(
        follower.add(ByteView(segment).first(size), [&seen](const ImaEntry&, std::uint64_t number) {
          EXPECT_EQ(number, seen);
          ++seen;
        }));
    segment.erase(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(size));
    ++segments;
  };
  for (std::size_t number = 0; number < kEntries; ++number) {
    const Bytes entry = testing::measured_entry("ima-ng", data_of(number));
    segment.insert(segment.end(), entry.begin(), entry.end());
    if (segment.size() >= limits::kLogSegmentSizeMax) {
      send(limits::kLogSegmentSizeMax);  // in mid-entry, nearly always
    }
  }
  send(segment.size());
  const ImaStep step = std::move(follower).finish();
  EXPECT_TRUE(step.proven);
  EXPECT_EQ(seen, kEntries);
  EXPECT_EQ(step.next.progress.entries(), kEntries);
  EXPECT_GT(segments, 100U);
}

}  // namespace
}  // namespace quotemill
