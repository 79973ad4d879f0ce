#include "engine/crypto/check_signature.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

using testing::Signature;
using testing::SigningKey;

struct Suite {
  SigningKey key;
  SignatureScheme scheme;
};

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all = {
      {SigningKey::generate(KeyKind::kRsa), SignatureScheme::kRsassa},
      {SigningKey::generate(KeyKind::kRsa), SignatureScheme::kRsapss},
      {SigningKey::generate(KeyKind::kEcP256), SignatureScheme::kEcdsa},
      {SigningKey::generate(KeyKind::kEcP384), SignatureScheme::kEcdsa},
      {SigningKey::generate(KeyKind::kEcP521), SignatureScheme::kEcdsa},
  };
  return all;
}

Digest digest_of(std::string_view text, HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  return hash(algorithm, as_bytes(text));
}

TEST(CheckSignature, HoldsForEverySchemeAndHash) {
  for (const Suite& suite : suites()) {
    for (const HashAlgorithm algorithm : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                          HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
      const Digest digest = digest_of("message", algorithm);
      const Signature signature = suite.key.sign(suite.scheme, digest);
      EXPECT_TRUE(signature_holds(suite.key.public_key(), signature.view(), digest))
          << name_of(suite.scheme) << " " << name_of(algorithm);
    }
  }
}

TEST(CheckSignature, FailsForAnotherMessageOrKey) {
  for (const Suite& suite : suites()) {
    const Digest digest = digest_of("message");
    const Signature signature = suite.key.sign(suite.scheme, digest);
    EXPECT_FALSE(signature_holds(suite.key.public_key(), signature.view(), digest_of("massage")));
    const SigningKey other = SigningKey::generate(suite.key.public_key().kind());
    EXPECT_FALSE(signature_holds(other.public_key(), signature.view(), digest));
  }
}

TEST(CheckSignature, FailsForEveryFlippedByte) {
  for (const Suite& suite : suites()) {
    const Digest digest = digest_of("message");
    const Signature good = suite.key.sign(suite.scheme, digest);
    for (std::size_t i = 0; i < good.first.size(); i += 7) {
      Signature bad = good;
      bad.first[i] ^= 0x40U;
      EXPECT_FALSE(signature_holds(suite.key.public_key(), bad.view(), digest));
    }
    for (std::size_t i = 0; i < good.second.size(); i += 7) {
      Signature bad = good;
      bad.second[i] ^= 0x40U;
      EXPECT_FALSE(signature_holds(suite.key.public_key(), bad.view(), digest));
    }
  }
}

// A checker is used for years: what it said before must not change what it says.
TEST(SignatureChecker, AnswersEachSignatureAloneWhateverWasCheckedBefore) {
  for (const Suite& suite : suites()) {
    SignatureChecker checker(suite.key.public_key());
    for (int round = 0; round < 3; ++round) {
      for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kSha384}) {
        const Digest digest = digest_of("message", algorithm);
        const Signature good = suite.key.sign(suite.scheme, digest);
        Signature bad = good;
        bad.first.back() ^= 1U;
        Signature shorter = good;
        shorter.first.pop_back();
        Signature relabelled = good;
        relabelled.scheme = suite.scheme == SignatureScheme::kRsassa ? SignatureScheme::kRsapss
                                                                     : SignatureScheme::kRsassa;
        EXPECT_TRUE(checker.holds(good.view(), digest));
        EXPECT_FALSE(checker.holds(bad.view(), digest));
        EXPECT_TRUE(checker.holds(good.view(), digest)) << "after a bad one";
        EXPECT_FALSE(checker.holds(shorter.view(), digest));
        Signature of_another_hash = good;
        of_another_hash.hash = HashAlgorithm::kSha512;
        Signature with_more = good;
        with_more.second.push_back(1);
        EXPECT_FALSE(checker.holds(relabelled.view(), digest));
        EXPECT_FALSE(checker.holds(of_another_hash.view(), digest));
        EXPECT_FALSE(checker.holds(with_more.view(), digest));
        EXPECT_FALSE(checker.holds(good.view(), digest_of("massage", algorithm)));
        EXPECT_TRUE(checker.holds(good.view(), digest)) << "after another scheme";
      }
    }
  }
}

// Nearly every TPM's exponent is 65537; the specification allows others.
TEST(SignatureChecker, ChecksKeysOfAnyExponent) {
  for (const std::uint32_t exponent : {3U, 17U, 65'539U}) {
    const EvpPkeyCtx generator(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    const Bignum number(BN_new());
    ASSERT_EQ(BN_set_word(number.get(), exponent), 1);
    ASSERT_EQ(EVP_PKEY_keygen_init(generator.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(generator.get(), number.get()), 1);
    EVP_PKEY* made = nullptr;
    ASSERT_EQ(EVP_PKEY_generate(generator.get(), &made), 1);
    const EvpPkey key(made);
    const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
    ASSERT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
    const Digest digest = digest_of("message");
    Bytes raw(256);
    std::size_t size = raw.size();
    ASSERT_EQ(EVP_PKEY_sign(context.get(), raw.data(), &size, digest.view().data(), 32), 1);
    SignatureChecker checker(
        *PublicKey::rsa(key_number(made, OSSL_PKEY_PARAM_RSA_N, size), exponent));
    const SignatureView signature{SignatureScheme::kRsassa, HashAlgorithm::kSha256, raw, {}};
    EXPECT_TRUE(checker.holds(signature, digest)) << exponent;
    EXPECT_FALSE(checker.holds(signature, digest_of("massage"))) << exponent;
  }
}

// go-attestation: an ECDSA signature with an RSA key and the reverse.
TEST(CheckSignatureCve, GoAttestation_SignatureTypeMustBeTheKeys) {
  const Digest digest = digest_of("message");
  for (const Suite& signer : suites()) {
    const Signature signature = signer.key.sign(signer.scheme, digest);
    for (const SignatureScheme scheme :
         {SignatureScheme::kRsassa, SignatureScheme::kRsapss, SignatureScheme::kEcdsa}) {
      Signature relabelled = signature;
      relabelled.scheme = scheme;
      EXPECT_EQ(signature_holds(signer.key.public_key(), relabelled.view(), digest),
                scheme == signer.scheme);
    }
    for (const Suite& holder : suites()) {
      if (&holder != &signer) {
        EXPECT_FALSE(signature_holds(holder.key.public_key(), signature.view(), digest));
      }
    }
  }
}

TEST(CheckSignature, FailsIfTheDigestIsOfAnotherAlgorithm) {
  for (const Suite& suite : suites()) {
    const Digest digest = digest_of("message");
    Signature signature = suite.key.sign(suite.scheme, digest);
    signature.hash = HashAlgorithm::kSha384;
    EXPECT_FALSE(signature_holds(suite.key.public_key(), signature.view(), digest));
    signature.hash = HashAlgorithm::kSm3_256;
    EXPECT_FALSE(
        signature_holds(suite.key.public_key(), signature.view(), Digest(HashAlgorithm::kSm3_256)));
  }
}

TEST(CheckSignature, RefusesEcdsaNumbersOutOfRange) {
  const SigningKey key = SigningKey::generate(KeyKind::kEcP256);
  const Digest digest = digest_of("message");
  const Signature good = key.sign(SignatureScheme::kEcdsa, digest);
  // The order n of P-256 (SEC 2, 2.4.2): r and s must be below.
  const Bytes order = *from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  for (const Bytes& number : {Bytes{}, Bytes(1, 0), Bytes(32, 0), Bytes(32, 0xFF), order,
                              Bytes(33, 1), Bytes(66, 0xFF), Bytes(1024, 0xFF)}) {
    Signature bad = good;
    bad.first = number;
    EXPECT_FALSE(signature_holds(key.public_key(), bad.view(), digest));
    bad = good;
    bad.second = number;
    EXPECT_FALSE(signature_holds(key.public_key(), bad.view(), digest));
    bad.first = number;
    EXPECT_FALSE(signature_holds(key.public_key(), bad.view(), digest));
  }
}

TEST(CheckSignature, RefusesRsaSignaturesOfAnotherLength) {
  const Suite& suite = suites()[0];
  const Digest digest = digest_of("message");
  const Signature good = suite.key.sign(suite.scheme, digest);
  Signature longer = good;
  longer.first.insert(longer.first.begin(), 0);
  EXPECT_FALSE(signature_holds(suite.key.public_key(), longer.view(), digest));
  Signature shorter = good;
  shorter.first.pop_back();
  EXPECT_FALSE(signature_holds(suite.key.public_key(), shorter.view(), digest));
  Signature both = good;
  both.second = Bytes(1, 1);
  EXPECT_FALSE(signature_holds(suite.key.public_key(), both.view(), digest));
}

// TPM 2.0 Part 1, B.7: some TPMs use the longest salt that fits, some the digest's length.
TEST(CheckSignature, AcceptsAnySaltLengthOfPss) {
  const Suite& suite = suites()[1];
  const Digest digest = digest_of("message");
  for (const int salt : {0, 20, 32, RSA_PSS_SALTLEN_MAX}) {
    const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, suite.key.handle(), nullptr));
    ASSERT_EQ(EVP_PKEY_sign_init(context.get()), 1);
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
    EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), salt);
    Bytes raw(256);
    std::size_t size = raw.size();
    ASSERT_EQ(EVP_PKEY_sign(context.get(), raw.data(), &size, digest.view().data(), 32), 1);
    const SignatureView signature{SignatureScheme::kRsapss, HashAlgorithm::kSha256, raw, {}};
    EXPECT_TRUE(signature_holds(suite.key.public_key(), signature, digest)) << salt;
  }
}

TEST(CheckSignature, ManyThreadsMayUseOneKey) {
  for (const Suite& suite : suites()) {
    const Digest digest = digest_of("message");
    const Signature signature = suite.key.sign(suite.scheme, digest);
    const PublicKey key = suite.key.public_key();
    std::array<std::thread, 4> threads;
    std::array<int, 4> failures{};
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::thread([&, i] {
        for (int round = 0; round < 50; ++round) {
          failures[i] += signature_holds(key, signature.view(), digest) ? 0 : 1;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(failures, (std::array<int, 4>{}));
  }
}

TEST(ReadEcdsaDer, ReadsTheTwoNumbers) {
  const Bytes der = {0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x05};
  SignatureView signature;
  ASSERT_TRUE(read_ecdsa_der(der, signature));
  EXPECT_TRUE(equal(signature.first, Bytes{0x80}));
  EXPECT_TRUE(equal(signature.second, Bytes{0x05}));
}

TEST(ReadEcdsaDer, RefusesEverythingElse) {
  const Bytes good = {0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x05};
  SignatureView signature;
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_ecdsa_der(ByteView(good).first(size), signature)) << size;
  }
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{6}}) {
    Bytes wrong = good;
    wrong[at] ^= 1U;
    EXPECT_FALSE(read_ecdsa_der(wrong, signature)) << at;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(read_ecdsa_der(longer, signature));
}

}  // namespace
}  // namespace quotemill
