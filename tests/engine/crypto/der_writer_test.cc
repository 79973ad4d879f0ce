#include "engine/crypto/der_writer.h"

#include <random>

#include <gtest/gtest.h>
#include <openssl/asn1.h>

#include "engine/crypto/handles.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

TEST(DerWriter, LengthsTakeAsManyBytesAsTheyNeed) {
  const auto header_of = [](std::size_t size) {
    const Bytes element = der::element(der::kSequence, Bytes(size, 7));
    return to_hex(ByteView(element).first(element.size() - size));
  };
  EXPECT_EQ(header_of(0), "3000");
  EXPECT_EQ(header_of(0x7F), "307f");
  EXPECT_EQ(header_of(0x80), "308180");
  EXPECT_EQ(header_of(0xFF), "3081ff");
  EXPECT_EQ(header_of(0x100), "30820100");
  EXPECT_EQ(header_of(0xFFFF), "3082ffff");
}

TEST(DerWriter, IntegersAreNeitherNegativeNorLongerThanTheyNeed) {
  EXPECT_EQ(to_hex(der::integer({})), "020100");
  EXPECT_EQ(to_hex(der::integer(Bytes(3, 0))), "020100");
  EXPECT_EQ(to_hex(der::integer(Bytes{0, 0, 0x7F})), "02017f");
  EXPECT_EQ(to_hex(der::integer(Bytes{0x80})), "02020080");
}

TEST(DerWriter, WritesTheIntegersThatOpensslWrites) {
  using Integer = std::unique_ptr<ASN1_INTEGER, OpensslFree<ASN1_INTEGER_free>>;
  std::mt19937 random(20'261'127);
  for (int round = 0; round < 2'000; ++round) {
    Bytes number(random() % 600);
    for (std::uint8_t& byte : number) {
      byte = static_cast<std::uint8_t>(random() % 4 == 0 ? 0 : random());
    }
    const Bignum value(BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr));
    const Integer integer(BN_to_ASN1_INTEGER(value.get(), nullptr));
    EXPECT_EQ(der::integer(number), to_der<ASN1_INTEGER>(i2d_ASN1_INTEGER, integer.get()));
  }
}

}  // namespace
}  // namespace quotemill
