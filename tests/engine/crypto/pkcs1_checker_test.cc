#include "engine/crypto/pkcs1_checker.h"

#include <random>

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

constexpr HashAlgorithm kComputed[] = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                       HashAlgorithm::kSha384, HashAlgorithm::kSha512};

// A private key that signs what it is given, well formed or not.
class RawKey {
 public:
  explicit RawKey(unsigned bits) : key_(EVP_RSA_gen(bits)), size_((bits + 7) / 8) {}

  [[nodiscard]] PublicKey public_key() const { return *PublicKey::rsa(modulus(), 65'537); }

  [[nodiscard]] Bytes modulus() const {
    return key_number(key_.get(), OSSL_PKEY_PARAM_RSA_N, size_);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  // RSASP1. REQUIRES: message.size() == size(), and below the modulus
  [[nodiscard]] Bytes sign_raw(ByteView message) const {
    const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
    Bytes signature(size_);
    std::size_t written = signature.size();
    EXPECT_EQ(
        EVP_PKEY_sign(context.get(), signature.data(), &written, message.data(), message.size()),
        1);
    EXPECT_EQ(written, size_);
    return signature;
  }

 private:
  EvpPkey key_;
  std::size_t size_;
};

const RawKey& key_of_2048() {
  static const RawKey key(2048);
  return key;
}

// 00, `type`, padding, 00, `info`: as long as `size`.
Bytes encoded(std::size_t size, std::uint8_t type, const Bytes& info) {
  Bytes message(size - info.size(), 0xFF);
  message[0] = 0;
  message[1] = type;
  message.back() = 0;
  message.insert(message.end(), info.begin(), info.end());
  return message;
}

Bytes joined(ByteView left, ByteView right) {
  Bytes all = to_bytes(left);
  all.insert(all.end(), right.begin(), right.end());
  return all;
}

Bytes info_of_sha384(const Digest& digest) {
  return joined(*from_hex("3041300d060960864801650304020205000430"), digest.view());
}

Bytes info_of_sha256(const Digest& digest) {
  return joined(*from_hex("3031300d060960864801650304020105000420"), digest.view());
}

Digest digest_of(std::string_view text, HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  return hash(algorithm, as_bytes(text));
}

// What is asked; after EVP was shown to answer the same.
bool holds(const PublicKey& key, ByteView signature, const Digest& digest) {
  const std::unique_ptr<Pkcs1Checker> checker = Pkcs1Checker::create(key);
  EXPECT_NE(checker, nullptr);
  const bool answer = checker && checker->holds(signature, digest);
  const SignatureView view{SignatureScheme::kRsassa, digest.algorithm(), signature, {}};
  EXPECT_EQ(signature_holds(key, view, digest), answer) << "EVP says otherwise";
  return answer;
}

TEST(Pkcs1Checker, AcceptsWhatOpensslSignsWithEverySizeOfKeyAndHash) {
  for (const unsigned bits : {1024U, 1031U, 2047U, 2048U, 3072U, 4096U}) {
    const EvpPkey key(EVP_RSA_gen(bits));
    const auto number = key_number(key.get(), OSSL_PKEY_PARAM_RSA_N, (bits + 7) / 8);
    const PublicKey public_key = *PublicKey::rsa(number, 65'537);
    for (const HashAlgorithm algorithm : kComputed) {
      const Digest digest = digest_of("message", algorithm);
      const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
      ASSERT_EQ(EVP_PKEY_sign_init(context.get()), 1);
      ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING), 1);
      ASSERT_EQ(EVP_PKEY_CTX_set_signature_md(context.get(),
                                              EVP_get_digestbyname(provider_name(algorithm))),
                1);
      Bytes signature(number.size());
      std::size_t size = signature.size();
      ASSERT_EQ(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.view().data(),
                              digest.view().size()),
                1);
      EXPECT_TRUE(holds(public_key, signature, digest)) << bits << " " << name_of(algorithm);
      EXPECT_FALSE(holds(public_key, signature, digest_of("massage", algorithm)));
    }
  }
}

// Bleichenbacher 2006 and what came after it: whatever is not the one encoding is no signature.
TEST(Pkcs1CheckerCve, RefusesEveryOtherEncodingOfTheDigest) {
  const RawKey& key = key_of_2048();
  const Digest digest = digest_of("message");
  const Bytes info = info_of_sha256(digest);
  const Bytes good = encoded(key.size(), 1, info);
  ASSERT_TRUE(holds(key.public_key(), key.sign_raw(good), digest));

  std::vector<Bytes> forged;
  forged.push_back(encoded(key.size(), 2, info));
  forged.push_back(encoded(key.size(), 0, info));
  for (const std::size_t at : {2U, 9U, 100U, 203U}) {
    forged.push_back(good);
    forged.back()[at] = 0;  // the padding ends early, or is broken
  }
  forged.push_back(good);
  forged.back()[204] = 0xFF;  // nothing ends it
  const std::size_t behind = key.size() - 3 - 8 - info.size();
  Bytes garbage = joined(info, Bytes(behind, 0));
  forged.push_back(encoded(key.size(), 1, garbage));  // short padding, garbage behind the digest
  garbage.insert(garbage.begin(), behind, 0);
  garbage.resize(info.size() + behind);
  forged.push_back(encoded(key.size(), 1, garbage));
  for (const char* const other :
       {"302f300b0609608648016503040201"
        "0420",  // without the parameters
        "303130"
        "0d060960864801650304020205000420",  // SHA-384 by its name
        "30813130"
        "0d060960864801650304020105000420",  // a length in BER's long form
        "3033300f0609608648016503040201"
        "05020000"
        "0420",  // parameters that are not empty
        "3032300d0609608648016503040201"
        "0500"
        "24810420",  // constructed
        "0420", ""}) {
    forged.push_back(encoded(key.size(), 1, joined(*from_hex(other), digest.view())));
  }
  forged.push_back(encoded(key.size(), 1, info_of_sha256(digest_of("massage"))));
  forged.push_back(encoded(key.size(), 1, Bytes(info.begin(), info.end() - 1)));
  for (const Bytes& message : forged) {
    EXPECT_FALSE(holds(key.public_key(), key.sign_raw(message), digest)) << to_hex(message);
  }
  // Each bit of what must come out counts, wherever it is.
  for (std::size_t bit = 1; bit < 8 * key.size(); bit += 5) {
    Bytes message = good;
    message[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
    if (message < key.modulus()) {
      EXPECT_FALSE(holds(key.public_key(), key.sign_raw(message), digest)) << bit;
    }
  }
}

// A signature is a number below the modulus: the same number in another form is none.
TEST(Pkcs1Checker, RefusesNumbersOutOfRange) {
  const RawKey& key = key_of_2048();
  const Digest digest = digest_of("message");
  const Bytes good = key.sign_raw(encoded(key.size(), 1, info_of_sha256(digest)));
  ASSERT_TRUE(holds(key.public_key(), good, digest));

  const Bytes modulus = key.modulus();
  Bytes negative = modulus;  // the modulus less one
  negative.back() -= 1;
  std::vector<Bytes> others = {Bytes(256, 0),
                               Bytes(256, 0xFF),
                               modulus,
                               negative,
                               Bytes(good.begin() + 1, good.end()),
                               joined(Bytes{0}, good),
                               Bytes{}};
  others.push_back(Bytes(256, 0));
  others.back().back() = 1;
  for (const Bytes& other : others) {
    EXPECT_FALSE(holds(key.public_key(), other, digest)) << to_hex(other);
  }
}

// Signature and modulus together are the same number to all arithmetic that follows.
TEST(Pkcs1Checker, RefusesASignatureWithTheModulusAdded) {
  const RawKey& key = key_of_2048();
  const Bignum modulus(BN_bin2bn(key.modulus().data(), 256, nullptr));
  int tried = 0;
  for (int i = 0; i < 1'000 && tried < 3; ++i) {
    const Digest digest = digest_of(std::to_string(i));
    const Bytes good = key.sign_raw(encoded(key.size(), 1, info_of_sha256(digest)));
    const Bignum sum(BN_bin2bn(good.data(), 256, nullptr));
    ASSERT_EQ(BN_add(sum.get(), sum.get(), modulus.get()), 1);
    Bytes other(256);
    if (BN_bn2binpad(sum.get(), other.data(), 256) == 256) {
      ++tried;
      EXPECT_TRUE(holds(key.public_key(), good, digest));
      EXPECT_FALSE(holds(key.public_key(), other, digest));
    }
  }
  EXPECT_EQ(tried, 3);
}

// Numbers with leading zeros go another way through OpenSSL's multiplication.
TEST(Pkcs1Checker, AcceptsSignaturesThatBeginWithZeros) {
  const RawKey key(1024);
  int short_ones = 0;
  for (int i = 0; i < 4'000 && short_ones < 3; ++i) {
    const Digest digest = digest_of(std::to_string(i));
    const Bytes signature = key.sign_raw(encoded(key.size(), 1, info_of_sha256(digest)));
    if (signature.front() == 0) {
      ++short_ones;
      EXPECT_TRUE(holds(key.public_key(), signature, digest));
    }
  }
  EXPECT_EQ(short_ones, 3);
}

// A thread has one scratch for the keys of all hosts: what was checked with it before, of another
// key, size or hash, right or wrong, must not change an answer.
TEST(Pkcs1Scratch, LeavesNothingOfOneCheckToTheNext) {
  struct Check {
    std::shared_ptr<const Pkcs1Checker> checker;
    Bytes signature;
    Digest digest;
  };

  const Digest by_sha256 = digest_of("message");
  const Digest by_sha384 = digest_of("message", HashAlgorithm::kSha384);
  std::vector<Check> checks;
  for (const unsigned bits : {1024U, 1031U, 2048U, 2048U, 3072U}) {
    const RawKey key(bits);
    const std::shared_ptr<const Pkcs1Checker> checker = Pkcs1Checker::create(key.public_key());
    ASSERT_NE(checker, nullptr);
    for (const Digest& digest : {by_sha256, by_sha384}) {
      const Bytes info = digest == by_sha256 ? info_of_sha256(digest) : info_of_sha384(digest);
      checks.push_back({checker, key.sign_raw(encoded(key.size(), 1, info)), digest});
    }
  }
  Pkcs1Scratch scratch;
  const auto holds = [&scratch](const Check& check, const Bytes& signature) {
    return check.checker->holds(signature, check.digest, &scratch);
  };
  for (const Check& before : checks) {
    for (const Check& check : checks) {
      EXPECT_TRUE(holds(before, before.signature));
      EXPECT_TRUE(holds(check, check.signature)) << "after one that holds";
      EXPECT_EQ(holds(before, check.signature), &before == &check);
      EXPECT_TRUE(holds(check, check.signature)) << "after one that does not";
      EXPECT_EQ(holds(check, before.signature), &before == &check);
    }
  }
}

// One checker and one scratch for all of them, as for a host over years.
TEST(Pkcs1Checker, AnswersAsEvpWhateverIsDamaged) {
  std::mt19937 random(20'261'127);
  const RawKey& key = key_of_2048();
  const PublicKey public_key = key.public_key();
  const std::unique_ptr<Pkcs1Checker> checker = Pkcs1Checker::create(public_key);
  ASSERT_NE(checker, nullptr);
  Pkcs1Scratch scratch;
  int held = 0;
  for (int round = 0; round < 3'000; ++round) {
    const HashAlgorithm algorithm = kComputed[random() % 4];
    Digest digest = digest_of(std::to_string(round / 100), HashAlgorithm::kSha256);
    Bytes signature = key.sign_raw(encoded(key.size(), 1, info_of_sha256(digest)));
    if (random() % 8 == 0) {
      digest = digest_of(std::to_string(round), algorithm);
    }
    for (auto damages = random() % 3; damages > 0; --damages) {
      signature[random() % signature.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    }
    const SignatureView view{SignatureScheme::kRsassa, digest.algorithm(), signature, {}};
    const bool expected = signature_holds(public_key, view, digest);
    EXPECT_EQ(checker->holds(signature, digest, &scratch), expected) << round;
    held += expected ? 1 : 0;
  }
  EXPECT_GT(held, 500);
  EXPECT_LT(held, 1'500);
}

TEST(Pkcs1Checker, LeavesOtherKeysToOthers) {
  EXPECT_EQ(Pkcs1Checker::create(testing::cached_key(KeyKind::kEcP256, 0).public_key()), nullptr);
  const PublicKey cubed = *PublicKey::rsa(key_of_2048().modulus(), 3);
  EXPECT_EQ(Pkcs1Checker::create(cubed), nullptr);
}

}  // namespace
}  // namespace quotemill
