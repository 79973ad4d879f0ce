// SeededKeys: the Attestation Keys of a large fleet, the same in every run and in every process.
//
// An RSA key takes some 100 ms to make, so that a fleet of 10,000 would take a quarter of an hour.
// Here keys are made of pairs of a few primes: 150 of them are enough for 11,000 different keys.
// Who has two of these public keys can factor both: they are good for measuring, and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/fleet/signing_key.h"

struct bignum_st;  // BIGNUM

namespace quotemill::bench {

// Not for sharing between threads.
class SeededKeys {
 public:
  explicit SeededKeys(std::uint64_t seed) : seed_(seed) {}

  // Keys of different numbers are different.
  SigningKey rsa2048(std::uint32_t number);
  [[nodiscard]] SigningKey ecdsa_p256(std::uint32_t number) const;

 private:
  const bignum_st* prime(std::size_t index);

  std::uint64_t seed_;
  std::vector<std::shared_ptr<bignum_st>> primes_;
};

}  // namespace quotemill::bench
