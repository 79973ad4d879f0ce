// A PublicKey is its numbers, and OpenSSL's object of them comes later or never: whatever it is
// asked must be what OpenSSL says of the same key.
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "engine/crypto/check_signature.h"
#include "engine/crypto/der_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/openssl_values.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/seal.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

using testing::Signature;
using testing::SigningKey;

SigningKey generate_rsa(unsigned bits, std::uint32_t exponent) {
  const EvpPkeyCtx generator(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  const Bignum number(BN_new());
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(BN_set_word(number.get(), exponent), 1);
  EXPECT_EQ(EVP_PKEY_keygen_init(generator.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_keygen_bits(generator.get(), static_cast<int>(bits)), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(generator.get(), number.get()), 1);
  EXPECT_EQ(EVP_PKEY_generate(generator.get(), &key), 1);
  return SigningKey::of(key);
}

Bytes spki_by_openssl(EVP_PKEY* key) {
  return to_der<EVP_PKEY>(i2d_PUBKEY, key);
}

EvpPkey read_by_openssl(const Bytes& spki) {
  const unsigned char* at = spki.data();
  return EvpPkey(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
}

// What OpenSSL says with its own object of the key, which no code of ours has seen.
bool holds_by_openssl(EVP_PKEY* key, const SignatureView& signature, const Digest& digest) {
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool pss = signature.scheme == SignatureScheme::kRsapss;
  EXPECT_EQ(EVP_PKEY_verify_init(context.get()), 1);
  EXPECT_EQ(
      EVP_PKEY_CTX_set_rsa_padding(context.get(), pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
      1);
  EXPECT_EQ(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()), 1);
  return EVP_PKEY_verify(context.get(), signature.first.data(), signature.first.size(),
                         digest.view().data(), digest.view().size()) == 1;
}

Digest digest_of(std::string_view text) {
  return hash(HashAlgorithm::kSha256, as_bytes(text));
}

struct RsaKind {
  unsigned bits;
  std::uint32_t exponent;
};

constexpr RsaKind kRsaKinds[] = {
    {1024, 3},      {1024, 17}, {1024, 65'537}, {1025, 65'537}, {1031, 17},     {1536, 3},
    {2047, 65'537}, {2048, 3},  {2048, 17},     {2048, 65'537}, {3072, 65'537}, {4096, 65'537},
};

TEST(PublicKeyOpenssl, AnRsaKeyOfNumbersIsTheKeyThatOpensslMade) {
  for (const auto& [bits, exponent] : kRsaKinds) {
    const SigningKey made = generate_rsa(bits, exponent);
    const Bytes number = key_number(made.handle(), OSSL_PKEY_PARAM_RSA_N, (bits + 7) / 8);
    const PublicKey key = *PublicKey::rsa(number, exponent);
    EXPECT_EQ(key.bits(), bits);
    EXPECT_EQ(key.modulus(), number);
    EXPECT_EQ(key.exponent(), exponent);
    EXPECT_EQ(key.spki_der(), spki_by_openssl(made.handle())) << bits << " " << exponent;
    EXPECT_EQ(EVP_PKEY_eq(key.handle().get(), made.handle()), 1) << bits << " " << exponent;
    EXPECT_TRUE(key.same_as(made.public_key()));
  }
}

// RSASSA by 65537 is checked by the numbers, all else by OpenSSL's object.
TEST(PublicKeyOpenssl, SignaturesOfAnRsaKeyHoldWhereOpensslSaysSo) {
  std::mt19937 random(20'261'127);
  for (const auto& [bits, exponent] : kRsaKinds) {
    const SigningKey made = generate_rsa(bits, exponent);
    const Bytes number = key_number(made.handle(), OSSL_PKEY_PARAM_RSA_N, (bits + 7) / 8);
    const PublicKey key = *PublicKey::rsa(number, exponent);
    SignatureChecker checker(key);
    int held = 0;
    for (int round = 0; round < 60; ++round) {
      const SignatureScheme scheme =
          random() % 2 == 0 ? SignatureScheme::kRsassa : SignatureScheme::kRsapss;
      const Digest digest = digest_of(std::to_string(round));
      Signature signature = made.sign(scheme, digest);
      if (random() % 2 == 0) {
        signature.first[random() % signature.first.size()] ^=
            static_cast<std::uint8_t>(1U << random() % 8);
      }
      const bool expected = holds_by_openssl(made.handle(), signature.view(), digest);
      EXPECT_EQ(checker.holds(signature.view(), digest), expected) << bits << " " << exponent;
      EXPECT_EQ(signature_holds(key, signature.view(), digest), expected);
      held += expected ? 1 : 0;
    }
    EXPECT_GT(held, 10);
    EXPECT_LT(held, 50);
  }
}

// Numbers that nobody generated as keys: what is accepted, OpenSSL can use.
TEST(PublicKeyOpenssl, AcceptsNumbersBySizeAndParityAndOpensslTakesThemAll) {
  std::mt19937 random(20'261'127);
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 4'000; ++round) {
    // Half of them about the smallest size, or too long.
    Bytes number(round % 2 == 0 ? 127 + random() % 4 : 127 + random() % 390);
    for (std::uint8_t& byte : number) {
      byte = static_cast<std::uint8_t>(random());
    }
    std::fill_n(number.begin(), random() % 3, std::uint8_t{0});
    number[2] = static_cast<std::uint8_t>(number[2] >> random() % 8);
    const auto exponent = static_cast<std::uint32_t>(
        random() % 2 == 0 ? 65'537 : random() % 8 + (random() % 3 << 29U));
    const Bignum value(BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr));
    const bool expected = number.size() <= 512 && BN_num_bits(value.get()) >= 1024 &&
                          BN_is_odd(value.get()) == 1 && exponent >= 3 && exponent % 2 == 1;
    const Result<PublicKey> key = PublicKey::rsa(number, exponent);
    ASSERT_EQ(key.has_value(), expected) << to_hex(number) << " " << exponent;
    if (!key) {
      EXPECT_EQ(key.error().code, ErrorCode::kMalformed);
      ++refused;
      continue;
    }
    ++accepted;
    EXPECT_EQ(key->bits(), static_cast<unsigned>(BN_num_bits(value.get())));
    const Bytes spki = key->spki_der();
    const EvpPkey read = read_by_openssl(spki);
    ASSERT_TRUE(read);
    EXPECT_EQ(spki_by_openssl(read.get()), spki);
    EXPECT_EQ(key_number(read.get(), OSSL_PKEY_PARAM_RSA_N, key->modulus().size()), key->modulus());
    EXPECT_EQ(EVP_PKEY_eq(key->handle().get(), read.get()), 1);
    EXPECT_TRUE(PublicKey::from_spki_der(spki)->same_as(*key));
  }
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 500);
}

TEST(PublicKeyOpenssl, OneNumberMoreOrLessIsAnotherKey) {
  const SigningKey made = SigningKey::generate(KeyKind::kRsa);
  const PublicKey key = made.public_key();
  Bytes other = key.modulus();
  other[100] ^= 1U;
  for (const Result<PublicKey>& next :
       {PublicKey::rsa(other, 65'537), PublicKey::rsa(key.modulus(), 65'539)}) {
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->same_as(key));
    EXPECT_EQ(EVP_PKEY_eq(next->handle().get(), key.handle().get()), 0);
    EXPECT_NE(next->spki_der(), key.spki_der());
  }
}

TEST(PublicKeyOpenssl, AnEcKeyOfNumbersIsTheKeyThatOpensslMade) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    // Some begin with zeros, which the key has however it was given.
    bool zeros_of_x = false;
    bool zeros_of_y = false;
    for (int round = 0; round < 5'000 && !(zeros_of_x && zeros_of_y); ++round) {
      const SigningKey made = SigningKey::generate(kind);
      const std::size_t size = (static_cast<std::size_t>(EVP_PKEY_get_bits(made.handle())) + 7) / 8;
      const Bytes x = key_number(made.handle(), OSSL_PKEY_PARAM_EC_PUB_X, size);
      const Bytes y = key_number(made.handle(), OSSL_PKEY_PARAM_EC_PUB_Y, size);
      const PublicKey key = *PublicKey::ec(kind, x, y);
      EXPECT_EQ(key.x(), x);
      EXPECT_EQ(key.y(), y);
      EXPECT_EQ(key.spki_der(), spki_by_openssl(made.handle()));
      EXPECT_EQ(EVP_PKEY_eq(key.handle().get(), made.handle()), 1);
      EXPECT_TRUE(PublicKey::ec(kind, der::digits_of(x), der::digits_of(y))->same_as(key));
      zeros_of_x = zeros_of_x || x[0] == 0;
      zeros_of_y = zeros_of_y || y[0] == 0;
    }
    EXPECT_TRUE(zeros_of_x && zeros_of_y);
  }
}

// The first use of a key of numbers, by two threads at once: none waits for or changes the other's.
TEST(PublicKeyStress, ThreadsMayMeetAtTheFirstUseOfAKey) {
  const SigningKey made = SigningKey::generate(KeyKind::kRsa);
  const Bytes number = made.public_key().modulus();
  const Digest digest = digest_of("message");
  const Signature good = made.sign(SignatureScheme::kRsapss, digest);
  const Signature plain = made.sign(SignatureScheme::kRsassa, digest);
  constexpr std::size_t kThreads = 2;
  std::vector<PublicKey> keys;
  for (int round = 0; round < 300; ++round) {
    keys.push_back(*PublicKey::rsa(number, 65'537));
  }
  std::atomic<std::size_t> arrived = 0;
  std::array<int, kThreads> wrong{};
  std::vector<std::jthread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t round = 0; round < keys.size(); ++round) {
        const PublicKey key = keys[round];
        ++arrived;
        while (arrived < kThreads * (round + 1)) {  // whoever waits must not sleep, or none meet
        }
        wrong[thread] += signature_holds(key, good.view(), digest) ? 0 : 1;
        wrong[thread] += SignatureChecker(key).holds(plain.view(), digest) ? 0 : 1;
        wrong[thread] += SignatureChecker(key).holds(good.view(), digest_of("massage")) ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, (std::array<int, kThreads>{}));
}

// Certificates' keys are used again and again, by many.
TEST(PublicKeyOpenssl, AKeyThatOpensslReadKeepsItsObjectAndItsCopiesShareIt) {
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256}) {
    const PublicKey key = SigningKey::generate(kind).public_key();  // by its SubjectPublicKeyInfo
    const PublicKey copy = key;
    ASSERT_NE(key.handle(), nullptr);
    EXPECT_EQ(key.handle(), copy.handle());
  }
}

// While it lives OpenSSL finds no algorithm, as if memory lacked.
class NoAlgorithms {
 public:
  NoAlgorithms() { EXPECT_EQ(EVP_set_default_properties(nullptr, "provider=nobody"), 1); }

  ~NoAlgorithms() { EXPECT_EQ(EVP_set_default_properties(nullptr, ""), 1); }

  NoAlgorithms(const NoAlgorithms&) = delete;
  NoAlgorithms& operator=(const NoAlgorithms&) = delete;
};

TEST(PublicKeyOpenssl, AKeyThatOpensslCannotMakeHoldsNothingAndIsTriedAgain) {
  const SigningKey made = SigningKey::generate(KeyKind::kRsa);
  const PublicKey key = *PublicKey::rsa(made.public_key().modulus(), 65'537);
  const Digest digest = digest_of("message");
  const Signature pss = made.sign(SignatureScheme::kRsapss, digest);
  const Signature plain = made.sign(SignatureScheme::kRsassa, digest);
  SignatureChecker checker(key);
  {
    const NoAlgorithms none;
    EXPECT_EQ(key.handle(), nullptr);
    EXPECT_EQ(context_of(key), nullptr);
    EXPECT_FALSE(signature_holds(key, pss.view(), digest));
    EXPECT_FALSE(signature_holds(key, plain.view(), digest));
    EXPECT_FALSE(checker.holds(pss.view(), digest));
    EXPECT_FALSE(checker.holds(plain.view(), digest_of("massage")));
    EXPECT_FALSE(encrypt_oaep(key, HashAlgorithm::kSha256, "label", Bytes(16, 1)));
    EXPECT_FALSE(agree_once(key));
    EXPECT_FALSE(PublicKey::from_spki_der(key.spki_der()));
    // What names the key needs nobody.
    EXPECT_EQ(key.spki_der(), spki_by_openssl(made.handle()));
    EXPECT_TRUE(key.same_as(*PublicKey::rsa(key.modulus(), 65'537)));
  }
  EXPECT_TRUE(signature_holds(key, pss.view(), digest));
  EXPECT_TRUE(signature_holds(key, plain.view(), digest));
  EXPECT_TRUE(checker.holds(pss.view(), digest));
  EXPECT_TRUE(
      encrypt_oaep(key, HashAlgorithm::kSha256, std::string_view("label\0", 6), Bytes(16, 1)));
}

// Nothing would be shown to be on its curve.
TEST(PublicKeyOpenssl, APointThatOpensslCannotReadIsNoKey) {
  const PublicKey key = SigningKey::generate(KeyKind::kEcP256).public_key();
  const NoAlgorithms none;
  EXPECT_FALSE(PublicKey::ec(KeyKind::kEcP256, key.x(), key.y()));
}

}  // namespace
}  // namespace quotemill
