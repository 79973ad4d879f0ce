#include "engine/verify/ima_follower.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/engine/verify/verified.h"

namespace quotemill {
namespace {

using testing::codes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::joined;
using testing::ng_data;
using testing::ng_entry;
using testing::QuoteCheck;
using testing::SoftwareHost;

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

// A host whose kernel measured some files, told by their numbers.
class ListingHost {
 public:
  ListingHost() { host_.selection = {kBank, 1U << kImaPcr | 0xFFU}; }

  static Bytes entry(std::size_t number) { return ng_entry("/file-" + std::to_string(number)); }

  static Bytes entries(std::size_t begin, std::size_t end) {
    std::vector<Bytes> all;
    for (std::size_t number = begin; number < end; ++number) {
      all.push_back(entry(number));
    }
    return joined(all);
  }

  // A step of the engine: the quote was made when `quoted` files were measured, the list read when
  // `listed` were.
  ImaStep attest(const ImaState& state, std::size_t quoted, std::size_t listed,
                 std::size_t piece_size = 1'000'000) {
    const Challenge challenge = host_.challenge();
    PcrBank pcrs = host_.pcrs(kBank, 0xFF);
    pcrs.set(kImaPcr, pcr10(quoted));
    const QuoteCheck check(host_, challenge, host_.SigningHost::draft(challenge, {pcrs}, 0).seal());
    EXPECT_TRUE(check.ok());
    ImaFollower follower(state, check.quote());
    const Bytes list = entries(0, listed);
    ByteView rest = ByteView(list).subspan(state.proven_size);
    seen_.clear();
    while (!rest.empty()) {
      const ByteView piece = rest.first(std::min(piece_size, rest.size()));
      EXPECT_TRUE(follower.add(piece, [this](const ImaEntry& entry, std::uint64_t number) {
        seen_.push_back(number);
        EXPECT_EQ(entry.template_name, "ima-ng");
      }));
      rest = rest.subspan(piece.size());
    }
    return std::move(follower).finish();
  }

  [[nodiscard]] const std::vector<std::uint64_t>& seen() const { return seen_; }

 private:
  static Digest pcr10(std::size_t count) {
    Digest pcr(kBank);
    for (std::size_t number = 0; number < count; ++number) {
      const Bytes data = ng_data(Bytes(32, 0xAB), "/file-" + std::to_string(number));
      extend(pcr, hash(kBank, data).view());
    }
    return pcr;
  }

  SoftwareHost host_;
  std::vector<std::uint64_t> seen_;
};

TEST(ImaFollower, HashesOnlyWhatIsNew) {
  ListingHost host;
  const ImaStep first = host.attest(ImaState::of_boot(kBank), 5, 5);
  ASSERT_TRUE(first.proven);
  EXPECT_THAT(host.seen(), ElementsAre(0, 1, 2, 3, 4));
  const ImaStep second = host.attest(first.next, 7, 7);
  ASSERT_TRUE(second.proven);
  EXPECT_THAT(host.seen(), ElementsAre(5, 6));
  EXPECT_THAT(second.findings, IsEmpty());
  EXPECT_EQ(second.next.progress.entries(), 7U);
  const ImaStep third = host.attest(second.next, 7, 7);
  EXPECT_TRUE(third.proven);
  EXPECT_THAT(host.seen(), IsEmpty());
}

TEST(ImaFollower, PiecesOfAnySizeGiveTheSame) {
  ListingHost host;
  for (std::size_t size = 1; size < 400; size += 13) {
    const ImaStep step = host.attest(ImaState::of_boot(kBank), 6, 6, size);
    EXPECT_TRUE(step.proven) << size;
    EXPECT_EQ(step.next.progress.entries(), 6U);
    EXPECT_EQ(step.next.proven_size, ListingHost::entries(0, 6).size());
  }
}

TEST(ImaFollower, AQuoteInMidUpdateProvesABeginning) {
  ListingHost host;
  const ImaStep step = host.attest(ImaState::of_boot(kBank), 4, 9);
  ASSERT_TRUE(step.proven);
  EXPECT_THAT(step.findings, IsEmpty());
  EXPECT_EQ(step.next.progress.entries(), 4U);
  EXPECT_EQ(step.unproven, 5U);
  const ImaStep next = host.attest(step.next, 9, 12);
  EXPECT_TRUE(next.proven);
  EXPECT_THAT(next.findings, IsEmpty()) << "what was listed then is proven now";
}

TEST(ImaFollower, NoHostStaysBehindWhatItListed) {
  ListingHost host;
  const ImaStep step = host.attest(ImaState::of_boot(kBank), 4, 9);
  const ImaStep next = host.attest(step.next, 8, 12);
  ASSERT_TRUE(next.proven);
  EXPECT_THAT(codes(next.findings), ElementsAre(FindingCode::kImaBehind));
  EXPECT_EQ(next.findings[0].expected_number, 9U);
  EXPECT_EQ(next.findings[0].seen_number, 8U);
  const ImaStep caught_up = host.attest(next.next, 12, 12);
  EXPECT_THAT(caught_up.findings, IsEmpty());
}

TEST(ImaFollower, AListThatDoesNotGiveTheQuotedValueProvesNothing) {
  ListingHost host;
  const ImaStep first = host.attest(ImaState::of_boot(kBank), 3, 3);
  const ImaStep withheld = host.attest(first.next, 6, 4);
  EXPECT_FALSE(withheld.proven);
  EXPECT_THAT(codes(withheld.findings), ElementsAre(FindingCode::kImaMismatch));
  EXPECT_EQ(withheld.next.progress.entries(), 3U) << "what was proven stays";
  const ImaStep again = host.attest(withheld.next, 6, 6);
  EXPECT_TRUE(again.proven);
}

TEST(ImaFollower, AMalformedListIsAFindingAndItsBeginningIsProven) {
  SoftwareHost machine;
  ListingHost host;
  const ImaStep honest = host.attest(ImaState::of_boot(kBank), 0, 0);
  EXPECT_TRUE(honest.proven) << "a kernel without an IMA policy measures nothing";
  machine.selection = {kBank, 0xFF};
  const Challenge challenge = machine.challenge();
  const QuoteCheck check(machine, challenge, machine.draft(challenge).seal());
  ImaFollower follower(ImaState::of_boot(kBank), check.quote());
  const auto ignore = [](const ImaEntry&, std::uint64_t) {};
  EXPECT_FALSE(follower.add(joined({ListingHost::entry(0), ng_entry("/x", 77)}), ignore));
  EXPECT_FALSE(follower.add(ListingHost::entry(1), ignore));
  const ImaStep step = std::move(follower).finish();
  EXPECT_FALSE(step.proven) << "PCR 10 is not quoted";
  EXPECT_THAT(codes(step.findings),
              ElementsAre(FindingCode::kImaMalformed, FindingCode::kImaMismatch));
}

TEST(ImaFollower, AHundredThousandEntriesTravelInOneMessageOrInSegments) {
  constexpr std::size_t kEntries = 100'000;
  ListingHost host;
  const ImaStep at_once = host.attest(ImaState::of_boot(kBank), kEntries, kEntries, 1U << 30U);
  EXPECT_TRUE(at_once.proven);
  EXPECT_EQ(host.seen().size(), kEntries);
  const ImaStep in_segments =
      host.attest(ImaState::of_boot(kBank), kEntries, kEntries, limits::kLogSegmentSizeMax);
  EXPECT_TRUE(in_segments.proven);
  EXPECT_EQ(in_segments.next.proven_size, at_once.next.proven_size);
  EXPECT_EQ(in_segments.next.progress.entries(), kEntries);
}

TEST(ImaFollower, WhatIsKeptOfAHostIsBelowAKilobyte) {
  EXPECT_LE(sizeof(ImaState), 1024U);
}

}  // namespace
}  // namespace quotemill
