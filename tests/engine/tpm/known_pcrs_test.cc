#include "engine/tpm/known_pcrs.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

PcrBank values_of(HashAlgorithm bank) {
  PcrBank values(bank);
  for (const std::uint32_t pcr : {0U, 4U, 7U}) {
    Digest value(bank);
    value.writable().front() = static_cast<std::uint8_t>(pcr + 1);
    values.set(pcr, value);
  }
  return values;
}

TEST(KnownPcrs, DigestAsAQuoteDoesWhateverItSignsWith) {
  for (const HashAlgorithm bank :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha384,
        HashAlgorithm::kSha512, HashAlgorithm::kSm3_256}) {
    const PcrBank values = values_of(bank);
    const KnownPcrs known(values);
    EXPECT_EQ(known.values(), values);
    for (const HashAlgorithm signing : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                        HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
      EXPECT_EQ(known.composite(signing), values.composite(signing));
      EXPECT_EQ(KnownPcrs(values, signing).composite(signing), values.composite(signing));
    }
  }
}

TEST(KnownPcrs, NoneDigestAsNothing) {
  EXPECT_EQ(KnownPcrs().composite(HashAlgorithm::kSha256),
            PcrBank().composite(HashAlgorithm::kSha256));
}

TEST(KnownPcrs, AreEqualIfTheirValuesAre) {
  PcrBank other = values_of(HashAlgorithm::kSha256);
  EXPECT_EQ(KnownPcrs(values_of(HashAlgorithm::kSha256)), KnownPcrs(other));
  other.set(7, Digest(HashAlgorithm::kSha256));
  EXPECT_NE(KnownPcrs(values_of(HashAlgorithm::kSha256)), KnownPcrs(other));
}

}  // namespace
}  // namespace quotemill
