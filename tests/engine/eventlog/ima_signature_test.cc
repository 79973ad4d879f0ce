#include "engine/eventlog/ima_signature.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

Bytes signature(std::uint8_t type, std::uint8_t version, std::uint8_t hash_number) {
  ByteWriter out;
  return out.u8(type).u8(version).u8(hash_number).u32_be(0xCAFE0001).sized16_be(Bytes(8, 7)).take();
}

TEST(ImaSignature, ReadsTheHeader) {
  const Bytes bytes = signature(kImaDigsig, 2, 4);
  const Result<ImaSignature> read = read_ima_signature(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->hash, HashAlgorithm::kSha256);
  EXPECT_EQ(read->key_id, 0xCAFE0001U);
  EXPECT_EQ(read->bytes.size(), 8U);
}

TEST(ImaSignature, Version2SignsTheDigestAndVersion3ItsDescription) {
  const Digest file = hash(HashAlgorithm::kSha256, as_bytes("file"));
  const Bytes two = signature(kImaDigsig, 2, 4);
  EXPECT_EQ(read_ima_signature(two)->signed_digest(file), file);
  const Bytes three = signature(kImaVerityDigsig, 3, 4);
  const Bytes id = {kImaVerityDigsig, 4};
  EXPECT_EQ(read_ima_signature(three)->signed_digest(file),
            hash(HashAlgorithm::kSha256, {id, file.view()}));
  EXPECT_FALSE(read_ima_signature(two)->signed_digest(hash(HashAlgorithm::kSha1, as_bytes("f"))));
}

TEST(ImaSignature, RefusesOtherKindsAndDamage) {
  EXPECT_FALSE(read_ima_signature(signature(kEvmPortableDigsig, 2, 4)));
  EXPECT_FALSE(read_ima_signature(signature(kImaDigsig, 1, 4)));
  EXPECT_FALSE(read_ima_signature(signature(kImaVerityDigsig, 2, 4)));
  EXPECT_FALSE(read_ima_signature(signature(0x04, 2, 4)));
  const Bytes good = signature(kImaDigsig, 2, 4);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_ima_signature(ByteView(good).first(size))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(read_ima_signature(longer));
  const Bytes unknown = signature(kImaDigsig, 2, 200);
  ASSERT_TRUE(read_ima_signature(unknown));
  EXPECT_FALSE(read_ima_signature(unknown)->hash);
}

}  // namespace
}  // namespace quotemill
