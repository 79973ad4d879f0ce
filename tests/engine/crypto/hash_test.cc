#include "engine/crypto/hash.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace quotemill {
namespace {

constexpr HashAlgorithm kComputed[] = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                       HashAlgorithm::kSha384, HashAlgorithm::kSha512};

// FIPS 180-4 examples for "abc".
TEST(Hash, GivesThePublishedDigests) {
  EXPECT_EQ(hash(HashAlgorithm::kSha1, as_bytes("abc")).hex(),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hash(HashAlgorithm::kSha256, as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(HashAlgorithm::kSha384, as_bytes("abc")).hex(),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hash(HashAlgorithm::kSha512, as_bytes("abc")).hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hash, PartsHashAsTheirConcatenation) {
  for (const HashAlgorithm algorithm : kComputed) {
    EXPECT_EQ(hash(algorithm, {as_bytes("a"), {}, as_bytes("bc")}),
              hash(algorithm, as_bytes("abc")));
    EXPECT_EQ(hash(algorithm, {}), hash(algorithm, ByteView{}));
  }
}

TEST(Hash, DoesNotComputeSm3) {
  EXPECT_FALSE(can_hash(HashAlgorithm::kSm3_256));
  for (const HashAlgorithm algorithm : kComputed) {
    EXPECT_TRUE(can_hash(algorithm));
  }
}

TEST(Hash, ExtendHashesOldValueThenDigest) {
  for (const HashAlgorithm algorithm : kComputed) {
    Digest pcr(algorithm);
    const Digest event = hash(algorithm, as_bytes("event"));
    extend(pcr, event.view());
    EXPECT_EQ(pcr, hash(algorithm, {Digest(algorithm).view(), event.view()}));
    const Digest once = pcr;
    extend(pcr, event.view());
    EXPECT_EQ(pcr, hash(algorithm, {once.view(), event.view()}));
  }
}

TEST(Hash, ExtendTakesTheValueItselfAsTheDigest) {
  for (const HashAlgorithm algorithm : kComputed) {
    Digest pcr = hash(algorithm, as_bytes("value"));
    const Digest before = pcr;
    extend(pcr, pcr.view());
    EXPECT_EQ(pcr, hash(algorithm, {before.view(), before.view()}));
  }
}

TEST(Hash, ThreadsDoNotDisturbEachOther) {
  const Digest expected = hash(HashAlgorithm::kSha256, as_bytes("abc"));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& mine : wrong) {
    threads.emplace_back([&mine, &expected] {
      for (int i = 0; i < 2000; ++i) {
        mine += hash(HashAlgorithm::kSha256, {as_bytes("ab"), as_bytes("c")}) == expected ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, std::vector<int>(4));
}

// RFC 4231, test cases 2, 4 and 6 (a key longer than a block).
TEST(Hmac, GivesThePublishedValues) {
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(HashAlgorithm::kSha384, as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))
                .hex(),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
            "8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(hmac_sha256(Bytes(131, 0xAA),
                        as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
                .hex(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac(HashAlgorithm::kSha512, Bytes(131, 0xAA),
                 as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
                .hex(),
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(KdfA, IsHmacInCounterMode) {
  const Bytes key(32, 0x11);
  const Bytes out = kdf_a(HashAlgorithm::kSha256, key, "LABEL", as_bytes("uu"), as_bytes("v"), 384);
  ASSERT_EQ(out.size(), 48U);
  const auto block = [&key](const char* counter) {
    Bytes message = *from_hex(counter);
    for (const std::string_view part : {std::string_view("LABEL\0", 6), std::string_view("uuv"),
                                        std::string_view("\0\0\x01\x80", 4)}) {
      message.insert(message.end(), part.begin(), part.end());
    }
    return to_bytes(hmac_sha256(key, message).view());
  };
  Bytes expected = block("00000001");
  const Bytes second = block("00000002");
  expected.insert(expected.end(), second.begin(), second.begin() + 16);
  EXPECT_EQ(out, expected);
}

TEST(KdfE, IsTheHashInCounterMode) {
  const Bytes z(32, 0x22);
  const Bytes out =
      kdf_e(HashAlgorithm::kSha256, z, "IDENTITY", as_bytes("uu"), as_bytes("v"), 128);
  const Bytes counter = *from_hex("00000001");
  const Digest expected = hash(
      HashAlgorithm::kSha256,
      {counter, z, as_bytes(std::string_view("IDENTITY\0", 9)), as_bytes("uu"), as_bytes("v")});
  EXPECT_EQ(out, to_bytes(expected.view().first(16)));
}

}  // namespace
}  // namespace quotemill
