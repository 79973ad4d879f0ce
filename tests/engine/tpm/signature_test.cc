#include "engine/tpm/signature.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/tpm/constants.h"

namespace quotemill {
namespace {

const Bytes kRsa(256, 0x44);
const Bytes kR(32, 0x55);
const Bytes kS(32, 0x66);

std::vector<SignatureView> one_of_each() {
  return {{SignatureScheme::kRsassa, HashAlgorithm::kSha256, kRsa, {}},
          {SignatureScheme::kRsapss, HashAlgorithm::kSha384, kRsa, {}},
          {SignatureScheme::kEcdsa, HashAlgorithm::kSha512, kR, kS}};
}

TEST(Signature, RoundTrips) {
  for (const SignatureView& signature : one_of_each()) {
    const Bytes encoded = encode_signature(signature);
    const Result<SignatureView> decoded = decode_signature(encoded);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(decoded->scheme, signature.scheme);
    EXPECT_EQ(decoded->hash, signature.hash);
    EXPECT_TRUE(equal(decoded->first, signature.first));
    EXPECT_TRUE(equal(decoded->second, signature.second));
    EXPECT_EQ(encode_signature(*decoded), encoded);
  }
}

TEST(Signature, RejectsEveryTruncationAndTrailingBytes) {
  for (const SignatureView& signature : one_of_each()) {
    Bytes encoded = encode_signature(signature);
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      EXPECT_EQ(decode_signature(ByteView(encoded).first(size)).error().code, ErrorCode::kTruncated)
          << size;
    }
    encoded.push_back(0);
    EXPECT_EQ(decode_signature(encoded).error().code, ErrorCode::kTrailing);
  }
}

TEST(Signature, RejectsOtherSchemes) {
  for (const std::uint16_t scheme :
       {tpm::kAlgNull, tpm::kAlgEcdaa, tpm::kAlgRsaes, tpm::kAlgKeyedHash, std::uint16_t{0x001B},
        std::uint16_t{0x0005}, std::uint16_t{0x0000}, std::uint16_t{0xFFFF}}) {
    const Bytes bytes =
        ByteWriter().u16_be(scheme).u16_be(0x000B).sized16_be(kR).sized16_be(kS).take();
    EXPECT_EQ(decode_signature(bytes).error().code, ErrorCode::kUnsupported) << scheme;
  }
}

TEST(Signature, RejectsUnknownHashes) {
  for (const std::uint16_t algorithm : {tpm::kAlgNull, std::uint16_t{0x0027}}) {
    const Bytes bytes =
        ByteWriter().u16_be(tpm::kAlgRsassa).u16_be(algorithm).sized16_be(kRsa).take();
    EXPECT_EQ(decode_signature(bytes).error().code, ErrorCode::kUnsupported);
  }
}

TEST(Signature, RejectsNumbersThatAreTooLong) {
  const auto code = [](SignatureScheme scheme, const Bytes& first, const Bytes& second) {
    return decode_signature(encode_signature({scheme, HashAlgorithm::kSha256, first, second}))
        .error()
        .code;
  };
  EXPECT_EQ(code(SignatureScheme::kRsassa, Bytes(513), {}), ErrorCode::kTooLarge);
  EXPECT_EQ(code(SignatureScheme::kEcdsa, Bytes(67), kS), ErrorCode::kTooLarge);
  EXPECT_EQ(code(SignatureScheme::kEcdsa, kR, Bytes(67)), ErrorCode::kTooLarge);
  EXPECT_EQ(decode_signature(Bytes(limits::kSignatureSizeMax + 1)).error().code,
            ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace quotemill
