#include "engine/tpm/quote.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/tpm/constants.h"
#include "engine/tpm/signature.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

const Bytes kSigner = *from_hex("000b" + std::string(64, 'a'));
const Bytes kNonce(32, 0x11);
const Bytes kPcrDigest(32, 0x22);

Quote some_quote() {
  return {.qualified_signer = kSigner,
          .extra_data = kNonce,
          .clock = {.clock_ms = 123456789, .reset_count = 7, .restart_count = 8, .safe = true},
          .firmware_version = 0x2019102300163636,
          .selections = {{HashAlgorithm::kSha256, 0x0000FF}, {HashAlgorithm::kSha1, 0x000400}},
          .pcr_digest = kPcrDigest};
}

// Offsets in the encoding of some_quote().
constexpr std::size_t kSizeOfSigner = 6;
constexpr std::size_t kSafe = kSizeOfSigner + 2 + 34 + 2 + 32 + 16;
constexpr std::size_t kSelectionCount = kSafe + 1 + 8;
constexpr std::size_t kDigestSize = kSelectionCount + 4 + 6 + 6;

Bytes with_u32(Bytes bytes, std::size_t offset, std::uint32_t value) {
  const Bytes field = ByteWriter().u32_be(value).take();
  std::copy(field.begin(), field.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  return bytes;
}

Bytes with_u16(Bytes bytes, std::size_t offset, std::uint16_t value) {
  const Bytes field = ByteWriter().u16_be(value).take();
  std::copy(field.begin(), field.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  return bytes;
}

TEST(Quote, RoundTrips) {
  const Bytes encoded = encode_quote(some_quote());
  const Result<Quote> quote = decode_quote(encoded);
  ASSERT_TRUE(quote) << quote.error().to_string();
  EXPECT_TRUE(equal(quote->qualified_signer, kSigner));
  EXPECT_TRUE(equal(quote->extra_data, kNonce));
  EXPECT_EQ(quote->clock, some_quote().clock);
  EXPECT_EQ(quote->firmware_version, some_quote().firmware_version);
  EXPECT_EQ(quote->selections, some_quote().selections);
  EXPECT_TRUE(equal(quote->pcr_digest, kPcrDigest));
  EXPECT_EQ(encode_quote(*quote), encoded);
}

TEST(Quote, RejectsEveryTruncation) {
  const Bytes encoded = encode_quote(some_quote());
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    const Result<Quote> quote = decode_quote(ByteView(encoded).first(size));
    ASSERT_FALSE(quote) << size;
    EXPECT_EQ(quote.error().code, ErrorCode::kTruncated) << size;
  }
}

TEST(Quote, RejectsTrailingBytes) {
  Bytes encoded = encode_quote(some_quote());
  encoded.push_back(0);
  EXPECT_EQ(decode_quote(encoded).error().code, ErrorCode::kTrailing);
}

TEST(Quote, RejectsMoreThanTheLimit) {
  EXPECT_EQ(decode_quote(Bytes(limits::kAttestSizeMax + 1)).error().code, ErrorCode::kTooLarge);
}

TEST(Quote, RejectsASafeFlagThatIsNeitherYesNorNo) {
  Bytes encoded = encode_quote(some_quote());
  encoded[kSafe] = 2;
  EXPECT_EQ(decode_quote(encoded).error().code, ErrorCode::kMalformed);
}

// CVE-2024-29038 and CVE-2024-29040: an unrestricted key signs whatever its holder likes. Only the
// magic says that the TPM made the structure itself.
TEST(QuoteCve, Cve2024_29038_RejectsWrongMagic) {
  const testing::SigningKey unrestricted = testing::SigningKey::generate(KeyKind::kEcP256);
  for (const std::uint32_t magic : {0U, 0xFF544346U, 0x474354FFU, 0xFFFFFFFFU}) {
    const Bytes forged = with_u32(encode_quote(some_quote()), 0, magic);
    const Bytes signature = unrestricted.sign_as_tpm(forged);
    ASSERT_TRUE(signature_holds(unrestricted.public_key(), *decode_signature(signature),
                                hash(HashAlgorithm::kSha256, forged)));
    const Result<Quote> quote = decode_quote(forged);
    ASSERT_FALSE(quote);
    EXPECT_EQ(quote.error().code, ErrorCode::kMalformed);
    EXPECT_STREQ(quote.error().context, "TPMS_ATTEST.magic");
  }
}

// The same with other things that a TPM attests to: TPM_ST_ATTEST_* (Part 2, table 19).
TEST(QuoteCve, Cve2024_29040_RejectsOtherTypes) {
  for (std::uint32_t type = 0x8000; type <= 0x8030; ++type) {
    const Bytes encoded = with_u16(encode_quote(some_quote()), 4, static_cast<std::uint16_t>(type));
    if (type == tpm::kStAttestQuote) {
      EXPECT_TRUE(decode_quote(encoded));
    } else {
      EXPECT_STREQ(decode_quote(encoded).error().context, "TPMS_ATTEST.type") << type;
    }
  }
}

// CVE-2024-29039: the selection is what was signed, never what the sender says beside it.
TEST(QuoteCve, Cve2024_29039_SelectionIsExactlyAsSigned) {
  Quote signed_quote = some_quote();
  signed_quote.selections = {{HashAlgorithm::kSha256, 1U << 16U | 1U << 23U}};
  const Bytes encoded = encode_quote(signed_quote);
  const Result<Quote> quote = decode_quote(encoded);
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->selections, signed_quote.selections);
  // Good values under other numbers are not the values of 16 and 23.
  PcrBank claimed(HashAlgorithm::kSha256);
  claimed.set(0, *Digest::from(HashAlgorithm::kSha256, Bytes(32, 1)));
  claimed.set(7, *Digest::from(HashAlgorithm::kSha256, Bytes(32, 2)));
  EXPECT_FALSE(pcr_digest(quote->selections, {claimed}, HashAlgorithm::kSha256));
}

// tpm2-tools, fixes of 2026 to checkquote: counts and sizes of lists at and past their bound.
TEST(QuoteCve, Tpm2ToolsCheckquote_RejectsListCountsPastTheData) {
  const Bytes encoded = encode_quote(some_quote());
  for (const std::uint32_t count : {3U, 8U, 9U, 16U, 17U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    const Result<Quote> quote = decode_quote(with_u32(encoded, kSelectionCount, count));
    ASSERT_FALSE(quote) << count;
    EXPECT_EQ(quote.error().code == ErrorCode::kTooLarge, count > limits::kPcrSelectionsMax);
  }
}

TEST(QuoteCve, Tpm2ToolsCheckquote_ReadsMoreThanSevenPcrs) {
  Quote all = some_quote();
  all.selections = {{HashAlgorithm::kSha256, 0xFFFFFF}};
  const Bytes encoded = encode_quote(all);
  EXPECT_EQ(decode_quote(encoded)->selections, all.selections);
}

TEST(QuoteCve, Tpm2ToolsCheckquote_RejectsOversizedTpm2bs) {
  Quote quote = some_quote();
  const Bytes large(65, 0x33);
  const Bytes larger(67, 0x33);
  quote.pcr_digest = large;
  EXPECT_EQ(decode_quote(encode_quote(quote)).error().code, ErrorCode::kTooLarge);
  quote = some_quote();
  quote.extra_data = large;
  EXPECT_EQ(decode_quote(encode_quote(quote)).error().code, ErrorCode::kTooLarge);
  quote = some_quote();
  quote.qualified_signer = larger;
  EXPECT_EQ(decode_quote(encode_quote(quote)).error().code, ErrorCode::kTooLarge);
  const Bytes lying = with_u16(encode_quote(some_quote()), kDigestSize, 0xFFFF);
  EXPECT_EQ(decode_quote(lying).error().code, ErrorCode::kTooLarge);
}

// CVE-2022-0317: a quote over nothing decodes to nothing; refusing it is the verifier's part.
TEST(QuoteCve, Cve2022_0317_AnEmptySelectionIsEmpty) {
  Quote quote = some_quote();
  quote.selections = {};
  const Bytes encoded = encode_quote(quote);
  EXPECT_TRUE(decode_quote(encoded)->selections.empty());
  quote.selections = {{HashAlgorithm::kSha256, 0}};
  const Bytes bank_of_none = encode_quote(quote);
  EXPECT_TRUE(decode_quote(bank_of_none)->selections.empty());
}

}  // namespace
}  // namespace quotemill
