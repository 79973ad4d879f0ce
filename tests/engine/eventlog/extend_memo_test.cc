#include "engine/eventlog/extend_memo.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

Bytes digest_of(std::uint64_t number, HashAlgorithm bank = kBank) {
  const Bytes text(8, static_cast<std::uint8_t>(number));
  const Digest digest = hash(bank, text);
  return to_bytes(digest.view());
}

// Both ways, from the same value.
void expect_same(ExtendMemo& memo, Digest& pcr, ByteView digest) {
  Digest plain = pcr;
  extend(plain, digest);
  memo.extend(pcr, digest);
  ASSERT_EQ(pcr, plain);
}

TEST(ExtendMemo, SaysWhatHashingSaysFromTheBeginning) {
  ExtendMemo memo(4);
  Digest pcr(kBank);
  expect_same(memo, pcr, Bytes(32, 0));  // an entry that nobody filled yet says this, truly
  Digest ones(kBank);
  expect_same(memo, ones, Bytes(32, 1));
}

TEST(ExtendMemo, CountsWhatItRemembered) {
  ExtendMemo memo(64);
  for (int round = 0; round < 3; ++round) {
    Digest pcr(kBank);
    memo.extend(pcr, digest_of(1));
  }
  EXPECT_EQ(memo.hits(), 2U);
  EXPECT_EQ(memo.misses(), 1U);
}

TEST(ExtendMemo, SaysTheSameOfWhatItRemembersAndOfWhatItForgot) {
  for (const std::size_t entries : {1U, 2U, 64U}) {
    ExtendMemo memo(entries);
    for (int round = 0; round < 3; ++round) {
      Digest pcr(kBank);
      for (std::uint64_t event = 0; event < 100; ++event) {
        expect_same(memo, pcr, digest_of(event));
      }
    }
  }
}

// Whoever chooses digests can aim at an entry: same bytes where its place is computed from.
TEST(ExtendMemo, IsNotMisledByDigestsThatShareAPlace) {
  ExtendMemo memo(1024);
  const Bytes honest = digest_of(1);
  for (std::size_t byte = 0; byte < honest.size(); ++byte) {
    Bytes forged = honest;
    forged[byte] ^= 1U;
    Digest pcr(kBank);
    expect_same(memo, pcr, honest);
    Digest other(kBank);
    expect_same(memo, other, forged);
    EXPECT_NE(pcr, other);
    Digest begun(kBank);
    begun.writable()[byte] ^= 1U;
    expect_same(memo, begun, honest);
  }
}

TEST(ExtendMemo, HashesOtherBanks) {
  ExtendMemo memo(4);
  for (const HashAlgorithm bank :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    Digest pcr(bank);
    for (std::uint64_t event = 0; event < 3; ++event) {
      expect_same(memo, pcr, digest_of(event, bank));
    }
  }
}

TEST(ExtendMemo, SaysTheSameOfRandomSequencesThatShareBeginnings) {
  std::mt19937_64 random(20'261'125);
  ExtendMemo memo(256);
  for (int log = 0; log < 500; ++log) {
    Digest pcr(kBank);
    const std::uint64_t differs_at = random() % 40;
    for (std::uint64_t event = 0; event < 40; ++event) {
      expect_same(memo, pcr, digest_of(event == differs_at ? random() : event));
    }
  }
}

}  // namespace
}  // namespace quotemill
