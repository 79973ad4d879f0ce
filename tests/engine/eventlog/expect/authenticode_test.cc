#include "engine/eventlog/expect/authenticode.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/expect/pe_image.h"
#include "tests/engine/eventlog/expect/pe_bytes.h"

namespace quotemill {
namespace {

using testing::PeBytes;

// The hash by the specification's words, from places that the test knows.
Digest by_hand(const PeBytes& pe, std::size_t hashed_end) {
  const Bytes image = pe.bytes();
  const ByteView all(image);
  const std::size_t entry = pe.certificate_entry_at();
  return hash(HashAlgorithm::kSha256,
              {all.first(PeBytes::kChecksumAt),
               all.subspan(PeBytes::kChecksumAt + 4, entry - PeBytes::kChecksumAt - 4),
               all.subspan(entry + 8, hashed_end - entry - 8)});
}

Result<Digest> sha256_of(const PeBytes& pe) {
  return authenticode(HashAlgorithm::kSha256, pe.bytes());
}

TEST(Authenticode, LeavesOutChecksumDirectoryEntryAndCertificates) {
  for (const bool wide : {true, false}) {
    PeBytes pe;
    pe.wide = wide;
    pe.certificates = Bytes(0x30, 0xCC);
    const std::size_t end = pe.bytes().size() - pe.certificates.size();
    const Result<Digest> digest = sha256_of(pe);
    ASSERT_TRUE(digest) << digest.error().to_string();
    EXPECT_EQ(*digest, by_hand(pe, end)) << "wide: " << wide;
  }
}

TEST(Authenticode, IsTheSameBeforeAndAfterSigning) {
  const PeBytes plain;
  PeBytes signed_twice = plain;
  signed_twice.checksum = 0xDEADBEEF;
  signed_twice.certificates = Bytes(0x50, 0xCC);
  EXPECT_EQ(*sha256_of(plain), *sha256_of(signed_twice));
}

TEST(Authenticode, ChangesWithEveryByteThatSigningLeaves) {
  PeBytes pe;
  pe.behind = Bytes(8, 0x99);
  pe.certificates = Bytes(8, 0xCC);
  const Bytes image = pe.bytes();
  const Digest digest = *sha256_of(pe);
  const std::size_t entry = pe.certificate_entry_at();
  for (std::size_t i = pe.headers_size - 1; i < image.size(); ++i) {
    Bytes changed = image;
    changed[i] ^= 0x01;
    const bool is_certificate = i >= image.size() - pe.certificates.size();
    EXPECT_EQ(*authenticode(HashAlgorithm::kSha256, changed) == digest, is_certificate) << i;
  }
  for (std::size_t i = entry - 8; i < entry; ++i) {  // the entry before
    Bytes changed = image;
    changed[i] ^= 0x01;
    EXPECT_NE(*authenticode(HashAlgorithm::kSha256, changed), digest) << i;
  }
}

TEST(Authenticode, HashesWhatIsBehindTheLastSection) {
  PeBytes pe;
  pe.behind = Bytes(24, 0x99);
  EXPECT_EQ(*sha256_of(pe), by_hand(pe, pe.bytes().size()));
}

TEST(Authenticode, TakesSectionsInTheOrderOfTheFileNotOfTheTable) {
  PeBytes pe;
  const Digest in_order = *sha256_of(pe);
  pe.section_table = {{0x20, 0x240}, {0x40, 0x200}};
  const Bytes image = pe.bytes();
  const Result<std::vector<ByteView>> parts = authenticode_parts(image);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 5U);
  EXPECT_EQ((*parts)[3].data(), image.data() + 0x200);
  EXPECT_EQ((*parts)[4].data(), image.data() + 0x240);
  EXPECT_NE(*sha256_of(pe), in_order);  // the table itself is hashed
}

TEST(Authenticode, SectionsWithoutBytesInTheFileAreNotHashed) {
  PeBytes pe;
  pe.section_table = {{0x40, 0x200}, {0x20, 0x240}, {0, 0}};
  EXPECT_EQ(authenticode_parts(pe.bytes())->size(), 5U);
}

// The specification counts the bytes that were hashed and goes on at that offset.
TEST(Authenticode, GoesOnWhereTheSumOfBytesSaysThoughThereAreGaps) {
  PeBytes pe;
  pe.section_table = {{0x10, 0x200}, {0x20, 0x240}};
  const Bytes image = pe.bytes();
  const Result<std::vector<ByteView>> parts = authenticode_parts(image);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 6U);
  EXPECT_EQ(parts->back().data(), image.data() + 0x200 + 0x10 + 0x20);
}

TEST(Authenticode, AnImageWithFewDirectoriesHasNoCertificates) {
  PeBytes pe;
  pe.directories = 4;
  const Result<PeImage> image = read_pe_image(pe.bytes());
  ASSERT_TRUE(image);
  EXPECT_EQ(image->certificate_entry.size, 0U);
  EXPECT_EQ(image->certificates.size, 0U);
}

TEST(Authenticode, IsComputedForEveryBank) {
  const Bytes image = PeBytes{}.bytes();
  for (const HashAlgorithm bank :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    EXPECT_EQ(authenticode(bank, image)->algorithm(), bank);
  }
}

TEST(AuthenticodeHostile, NeverReadsATruncatedImage) {
  PeBytes pe;
  pe.certificates = Bytes(8, 0xCC);
  const Bytes image = pe.bytes();
  for (std::size_t size = 0; size < image.size(); ++size) {
    // A copy of its own, so that AddressSanitizer sees a read behind it.
    const Bytes cut(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(read_pe_image(cut)) << size;
  }
}

TEST(AuthenticodeHostile, HashesNoByteTwiceHoweverTheHeadersAreDamaged) {
  PeBytes pe;
  pe.behind = Bytes(8, 0x99);
  pe.certificates = Bytes(16, 0xCC);
  const Bytes image = pe.bytes();
  std::mt19937 random(1);
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes damaged = image;
    for (std::uint32_t i = random() % 4; i < 4; ++i) {
      damaged[random() % pe.headers_size] = static_cast<std::uint8_t>(random());
    }
    const Result<std::vector<ByteView>> parts = authenticode_parts(damaged);
    if (!parts) {
      continue;
    }
    ++accepted;
    std::size_t total = 0;
    for (const ByteView part : *parts) {
      ASSERT_TRUE(part.data() >= damaged.data() && total <= damaged.size());
      ASSERT_LE(part.data() + part.size(), damaged.data() + damaged.size());
      total += part.size();
    }
    ASSERT_LE(total, damaged.size());
  }
  EXPECT_GT(accepted, 1'000U);  // the damage reached what lies behind the checks
}

TEST(AuthenticodeHostile, RefusesSectionsThatOverlap) {
  PeBytes pe;
  pe.section_table = {{0x40, 0x200}, {0x20, 0x23F}};
  EXPECT_EQ(read_pe_image(pe.bytes()).error().code, ErrorCode::kMalformed);
  pe.section_table = {{0x40, 0x1FF}};  // the headers
  EXPECT_EQ(read_pe_image(pe.bytes()).error().code, ErrorCode::kMalformed);
}

TEST(AuthenticodeHostile, RefusesSectionsBeyondTheFile) {
  PeBytes pe;
  for (const auto& [size, offset] : {std::pair{0x61U, 0x200U},
                                     {0xFFFFFFFFU, 0x200U},
                                     {0x10U, 0xFFFFFFFFU},
                                     {0xFFFFFFFFU, 0xFFFFFFFFU}}) {
    pe.section_table = {{size, offset}};
    EXPECT_FALSE(read_pe_image(pe.bytes())) << size << " at " << offset;
  }
}

TEST(AuthenticodeHostile, RefusesCertificatesThatAreNotTheEndOfTheFile) {
  PeBytes pe;
  pe.certificates = Bytes(16, 0xCC);
  Bytes image = pe.bytes();
  image.push_back(0);
  EXPECT_FALSE(read_pe_image(image));
  image = pe.bytes();
  image[pe.certificate_entry_at()] -= 8;  // over the last section
  image[pe.certificate_entry_at() + 4] += 8;
  EXPECT_FALSE(read_pe_image(image));
}

TEST(AuthenticodeHostile, RefusesHeadersThatEndBeforeTheirTables) {
  PeBytes pe;
  pe.headers_size = PeBytes::kChecksumAt;
  EXPECT_FALSE(read_pe_image(pe.bytes()));
}

TEST(AuthenticodeHostile, RefusesAPeHeaderInsideTheMsDosHeader) {
  Bytes image = PeBytes{}.bytes();
  image[0x3C] = 0x3F;
  EXPECT_FALSE(read_pe_image(image));
}

TEST(AuthenticodeHostile, RefusesOtherMagicNumbers) {
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{PeBytes::kPeAt}, std::size_t{PeBytes::kOptionalAt}}) {
    Bytes image = PeBytes{}.bytes();
    image[at] ^= 0x80;
    EXPECT_EQ(read_pe_image(image).error().code, ErrorCode::kMalformed) << at;
  }
}

TEST(AuthenticodeHostile, RefusesCountsAboveTheirBounds) {
  PeBytes pe;
  pe.directories = 17;
  EXPECT_FALSE(read_pe_image(pe.bytes()));
  Bytes image = PeBytes{}.bytes();
  image[PeBytes::kPeAt + 6] = 0xFF;  // NumberOfSections
  image[PeBytes::kPeAt + 7] = 0xFF;
  EXPECT_FALSE(read_pe_image(image));
}

}  // namespace
}  // namespace quotemill
