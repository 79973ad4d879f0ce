#include "bench/fleet/seeded_keys.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kPrimeSize = 128;
constexpr unsigned kExponent = 65'537;

template <class T>
T* must(T* value, const char* what) {
  if (value == nullptr) {
    std::fprintf(stderr, "OpenSSL refused: %s\n", what);
    std::abort();
  }
  return value;
}

void must_be(bool condition, const char* what) {
  must(condition ? what : nullptr, what);
}

using Number = std::shared_ptr<BIGNUM>;

Number number_of(BIGNUM* value) {
  return {must(value, "number"), BN_clear_free};
}

Number fresh_number() {
  return number_of(BN_new());
}

using Scratch = std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)>;

Scratch scratch() {
  return {must(BN_CTX_new(), "scratch"), BN_CTX_free};
}

// `size` bytes that depend on nothing but the arguments.
Bytes drawn(std::uint64_t seed, const std::string& purpose, std::size_t size) {
  Bytes out;
  for (unsigned block = 0; out.size() < size; ++block) {
    const std::string text = std::to_string(seed) + "/" + purpose + "/" + std::to_string(block);
    const Digest digest = hash(HashAlgorithm::kSha256, as_bytes(text));
    out.insert(out.end(), digest.view().begin(), digest.view().end());
  }
  out.resize(size);
  return out;
}

Number read_number(const Bytes& bytes) {
  return number_of(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// The first prime p from a drawn number upwards whose p - 1 the exponent does not divide.
Number find_prime(std::uint64_t seed, std::size_t index) {
  Bytes start = drawn(seed, "prime " + std::to_string(index), kPrimeSize);
  start.front() |= 0xC0U;  // the product of two has 2048 bits
  start.back() |= 1U;
  Number candidate = read_number(start);
  const Scratch room = scratch();
  while (BN_check_prime(candidate.get(), room.get(), nullptr) != 1 ||
         BN_mod_word(candidate.get(), kExponent) == 1) {
    must_be(BN_add_word(candidate.get(), 2) == 1, "next candidate");
  }
  return candidate;
}

// The pair of primes of key `number`: (1, 0), (2, 0), (2, 1), (3, 0), ...
std::pair<std::size_t, std::size_t> pair_of(std::uint32_t number) {
  std::size_t high = 1;
  std::size_t rest = number;
  while (rest >= high) {
    rest -= high;
    ++high;
  }
  return {high, rest};
}

class KeyBuilder {
 public:
  explicit KeyBuilder(const char* type)
      : type_(type), builder_(must(OSSL_PARAM_BLD_new(), "builder"), OSSL_PARAM_BLD_free) {}

  // The number is kept.
  void add(const char* name, const Number& number) {
    must_be(OSSL_PARAM_BLD_push_BN(builder_.get(), name, number.get()) == 1, name);
    numbers_.push_back(number);
  }

  void add(const char* name, const Bytes& bytes) {
    must_be(OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, bytes.data(), bytes.size()) == 1,
            name);
  }

  void add(const char* name, const char* text) {
    must_be(OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1, name);
  }

  [[nodiscard]] SigningKey build() const {
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
        must(OSSL_PARAM_BLD_to_param(builder_.get()), "parameters"), OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        must(EVP_PKEY_CTX_new_from_name(nullptr, type_, nullptr), type_), EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    must_be(EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) == 1,
            "key");
    return SigningKey::of(key);
  }

 private:
  const char* type_;
  std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder_;
  std::vector<Number> numbers_;
};

Number less_one(const BIGNUM* value) {
  Number out = number_of(BN_dup(value));
  must_be(BN_sub_word(out.get(), 1) == 1, "less one");
  return out;
}

Number remainder(const Number& value, const Number& modulus, BN_CTX* room) {
  Number out = fresh_number();
  must_be(BN_mod(out.get(), value.get(), modulus.get(), room) == 1, "remainder");
  return out;
}

}  // namespace

const bignum_st* SeededKeys::prime(std::size_t index) {
  while (primes_.size() <= index) {
    primes_.push_back(find_prime(seed_, primes_.size()));
  }
  return primes_[index].get();
}

SigningKey SeededKeys::rsa2048(std::uint32_t number) {
  const auto [high, low] = pair_of(number);
  const Number p = number_of(BN_dup(prime(high)));
  const Number q = number_of(BN_dup(prime(low)));
  const Number p1 = less_one(p.get());
  const Number q1 = less_one(q.get());
  const Scratch room = scratch();
  const Number modulus = fresh_number();
  const Number order = fresh_number();
  const Number exponent = fresh_number();
  must_be(BN_mul(modulus.get(), p.get(), q.get(), room.get()) == 1 &&
              BN_mul(order.get(), p1.get(), q1.get(), room.get()) == 1 &&
              BN_set_word(exponent.get(), kExponent) == 1,
          "modulus");
  const Number secret = number_of(BN_mod_inverse(nullptr, exponent.get(), order.get(), room.get()));
  KeyBuilder builder("RSA");
  builder.add(OSSL_PKEY_PARAM_RSA_N, modulus);
  builder.add(OSSL_PKEY_PARAM_RSA_E, exponent);
  builder.add(OSSL_PKEY_PARAM_RSA_D, secret);
  builder.add(OSSL_PKEY_PARAM_RSA_FACTOR1, p);
  builder.add(OSSL_PKEY_PARAM_RSA_FACTOR2, q);
  builder.add(OSSL_PKEY_PARAM_RSA_EXPONENT1, remainder(secret, p1, room.get()));
  builder.add(OSSL_PKEY_PARAM_RSA_EXPONENT2, remainder(secret, q1, room.get()));
  builder.add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
              number_of(BN_mod_inverse(nullptr, q.get(), p.get(), room.get())));
  return builder.build();
}

SigningKey SeededKeys::ecdsa_p256(std::uint32_t number) const {
  // 31 bytes: below the group's order, whatever they are.
  const Number secret = read_number(drawn(seed_, "p256 " + std::to_string(number), 31));
  const std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group(
      must(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "P-256"), EC_GROUP_free);
  const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(
      must(EC_POINT_new(group.get()), "point"), EC_POINT_free);
  const Scratch room = scratch();
  must_be(EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, room.get()) == 1,
          "point");
  Bytes encoded(65);
  must_be(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                             encoded.data(), encoded.size(), room.get()) == encoded.size(),
          "point");
  KeyBuilder builder("EC");
  builder.add(OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1");
  builder.add(OSSL_PKEY_PARAM_PUB_KEY, encoded);
  builder.add(OSSL_PKEY_PARAM_PRIV_KEY, secret);
  return builder.build();
}

}  // namespace quotemill::bench
