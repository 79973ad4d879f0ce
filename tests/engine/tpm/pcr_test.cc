#include "engine/tpm/pcr.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

Digest filled(HashAlgorithm algorithm, std::uint8_t byte) {
  return *Digest::from(algorithm, Bytes(digest_size(algorithm), byte));
}

Result<std::vector<PcrSelection>> read(ByteView bytes) {
  ByteReader in(bytes);
  std::vector<PcrSelection> selections = read_pcr_selections(in);
  return in.finish(std::move(selections), "TPML_PCR_SELECTION");
}

TEST(PcrSelection, ParsesWhatTpm2ToolsWrite) {
  const auto selections = parse_pcr_selection("sha256:0,1,2+sha1:10");
  ASSERT_TRUE(selections);
  EXPECT_EQ(*selections, (std::vector<PcrSelection>{{HashAlgorithm::kSha256, 0b111},
                                                    {HashAlgorithm::kSha1, 1U << 10U}}));
  EXPECT_EQ(selections->front().to_string(), "sha256:0,1,2");
  EXPECT_EQ(parse_pcr_selection("sha384:all")->front().mask, 0xFFFFFFU);
}

TEST(PcrSelection, TextRoundTrips) {
  for (const char* const text : {"sha1:0", "sha256:0,7,23", "sha512:16"}) {
    EXPECT_EQ(parse_pcr_selection(text)->front().to_string(), text);
  }
  EXPECT_EQ(to_string(*parse_pcr_selection("sha256:0,1+sha1:10")), "sha256:0,1+sha1:10");
  EXPECT_EQ(to_string(std::vector<PcrSelection>()), "none");
}

TEST(PcrSelection, RefusesOtherTextWithTheRemedy) {
  for (const char* const text :
       {"", "sha256", "sha256:", "sha256:24", "sha256:-1", "sha256:0,", "sha256:,0", "sha256:0,,1",
        "sha256:0+", "+sha256:0", "sha256:0+sha256:1", "md5:0", "SHA256:0", "sha256:0x1",
        "sha256: 0", "sha256:99999999999", ":0", "sha256:0 "}) {
    const auto selections = parse_pcr_selection(text);
    ASSERT_FALSE(selections) << text;
    EXPECT_EQ(selections.error().code, ErrorCode::kConfig);
    EXPECT_NE(selections.error().detail.find("sha256:0,1,7+sha1:10"), std::string::npos);
  }
}

TEST(PcrSelection, RoundTripsInTheOrderOfTheMessage) {
  const std::vector<PcrSelection> selections = {{HashAlgorithm::kSha384, 0x800001},
                                                {HashAlgorithm::kSha1, 0x0000FF},
                                                {HashAlgorithm::kSm3_256, 0x000100}};
  ByteWriter out;
  write_pcr_selections(out, selections);
  EXPECT_EQ(*read(out.view()), selections);
}

TEST(PcrSelection, DropsABankWithoutPcrs) {
  ByteWriter out;
  write_pcr_selections(out, {{HashAlgorithm::kSha1, 0}, {HashAlgorithm::kSha256, 1}});
  EXPECT_EQ(*read(out.view()), (std::vector<PcrSelection>{{HashAlgorithm::kSha256, 1}}));
}

TEST(PcrSelection, ReadsOtherBitmapSizes) {
  EXPECT_EQ(read(*from_hex("00000001000b0181"))->front().mask, 0x81U);
  EXPECT_EQ(read(*from_hex("00000001000b0401020300"))->front().mask, 0x030201U);
  EXPECT_TRUE(read(*from_hex("00000001000b00"))->empty());
}

TEST(PcrSelection, RefusesPcrsThatDoNotExist) {
  EXPECT_EQ(read(*from_hex("00000001000b0400000001")).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read(*from_hex("00000001000b05000000000000")).error().code, ErrorCode::kTooLarge);
}

TEST(PcrSelection, RefusesABankNamedTwiceOrUnknown) {
  EXPECT_EQ(read(*from_hex("00000002000b03010000000b03020000")).error().code,
            ErrorCode::kUnsupported);
  // Also if one of the two selects nothing.
  EXPECT_EQ(read(*from_hex("00000002000b03000000000b03020000")).error().code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(read(*from_hex("00000001002703010000")).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read(*from_hex("00000001001003010000")).error().code, ErrorCode::kUnsupported);
}

TEST(PcrSelection, HasNoPcrBeyondTheLast) {
  const PcrSelection all{HashAlgorithm::kSha256, 0xFFFFFFFF};
  EXPECT_TRUE(all.has(23));
  EXPECT_FALSE(all.has(24));
  EXPECT_FALSE(all.has(0xFFFFFFFF));
}

TEST(PcrBank, KnowsWhatWasSet) {
  PcrBank bank(HashAlgorithm::kSha1);
  EXPECT_EQ(bank.mask(), 0U);
  bank.set(23, filled(HashAlgorithm::kSha1, 9));
  EXPECT_TRUE(bank.has(23));
  EXPECT_FALSE(bank.has(0));
  EXPECT_FALSE(bank.has(55));
  EXPECT_EQ(bank.at(23), filled(HashAlgorithm::kSha1, 9));
  EXPECT_EQ(bank.selection(), (PcrSelection{HashAlgorithm::kSha1, 1U << 23U}));
}

TEST(PcrBank, EqualityIsOfWhatIsKnown) {
  PcrBank left(HashAlgorithm::kSha256);
  PcrBank right(HashAlgorithm::kSha256);
  EXPECT_TRUE(left == right);
  left.set(3, Digest(HashAlgorithm::kSha256));
  EXPECT_FALSE(left == right);
  right.set(3, filled(HashAlgorithm::kSha256, 1));
  EXPECT_FALSE(left == right);
  right.set(3, Digest(HashAlgorithm::kSha256));
  EXPECT_TRUE(left == right);
  EXPECT_FALSE(PcrBank(HashAlgorithm::kSha1) == PcrBank(HashAlgorithm::kSha256));
}

TEST(PcrBank, HoldsEachValueInWhateverOrderTheyCome) {
  for (const HashAlgorithm algorithm :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    PcrBank bank(algorithm);
    for (const std::uint32_t pcr : {7U, 23U, 0U, 14U, 7U, 1U}) {
      bank.set(pcr, filled(algorithm, static_cast<std::uint8_t>(pcr + 1)));
    }
    EXPECT_EQ(bank.mask(), 0x804083U);
    for (const std::uint32_t pcr : {0U, 1U, 7U, 14U, 23U}) {
      EXPECT_EQ(bank.at(pcr), filled(algorithm, static_cast<std::uint8_t>(pcr + 1)));
    }
    EXPECT_EQ(bank.composite(HashAlgorithm::kSha384),
              pcr_digest({bank.selection()}, {bank}, HashAlgorithm::kSha384));
  }
}

TEST(PcrDigest, HashesBanksInOrderAndPcrsAscending) {
  PcrBank sha1(HashAlgorithm::kSha1);
  PcrBank sha256(HashAlgorithm::kSha256);
  sha1.set(10, filled(HashAlgorithm::kSha1, 1));
  sha256.set(7, filled(HashAlgorithm::kSha256, 3));
  sha256.set(0, filled(HashAlgorithm::kSha256, 2));
  const std::vector<PcrSelection> selections = {{HashAlgorithm::kSha256, 0x81},
                                                {HashAlgorithm::kSha1, 0x400}};
  const auto expected =
      hash(HashAlgorithm::kSha256, {sha256.at(0).view(), sha256.at(7).view(), sha1.at(10).view()});
  EXPECT_EQ(pcr_digest(selections, {sha1, sha256}, HashAlgorithm::kSha256), expected);
}

TEST(PcrDigest, UsesTheHashOfTheSigningScheme) {
  PcrBank sha1(HashAlgorithm::kSha1);
  sha1.set(0, filled(HashAlgorithm::kSha1, 1));
  const std::vector<PcrSelection> selections = {{HashAlgorithm::kSha1, 1}};
  EXPECT_EQ(pcr_digest(selections, {sha1}, HashAlgorithm::kSha384),
            hash(HashAlgorithm::kSha384, sha1.at(0).view()));
  EXPECT_FALSE(pcr_digest(selections, {sha1}, HashAlgorithm::kSm3_256));
}

TEST(PcrDigest, IsUnknownIfAValueIsMissing) {
  PcrBank bank(HashAlgorithm::kSha256);
  bank.set(0, Digest(HashAlgorithm::kSha256));
  EXPECT_FALSE(pcr_digest({{HashAlgorithm::kSha256, 0b11}}, {bank}, HashAlgorithm::kSha256));
  EXPECT_FALSE(pcr_digest({{HashAlgorithm::kSha1, 0b1}}, {bank}, HashAlgorithm::kSha256));
  EXPECT_FALSE(pcr_digest({{HashAlgorithm::kSha256, 0b1}}, {}, HashAlgorithm::kSha256));
  EXPECT_EQ(pcr_digest({}, {}, HashAlgorithm::kSha256), hash(HashAlgorithm::kSha256, ByteView{}));
}

}  // namespace
}  // namespace quotemill
