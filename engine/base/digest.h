// Digest: a hash algorithm and the value it gave, stored inline (no allocation).
//
// The algorithms are those a TPM 2.0 can bank PCRs with (TCG Algorithm Registry, table 3). SM3 is
// recognised so that logs which carry it can be read; nothing here computes it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill {

// The values are TPM_ALG_ID.
enum class HashAlgorithm : std::uint16_t {
  kSha1 = 0x0004,
  kSha256 = 0x000B,
  kSha384 = 0x000C,
  kSha512 = 0x000D,
  kSm3_256 = 0x0012,
};

inline constexpr std::size_t kDigestSizeMax = 64;

// The algorithm of a TPM_ALG_ID; nullopt if it is none of ours.
std::optional<HashAlgorithm> hash_algorithm(std::uint16_t tpm_alg_id);

// The algorithm called `name` by name_of(); nullopt otherwise.
std::optional<HashAlgorithm> hash_algorithm_named(std::string_view name);

// Size of a digest, in bytes.
constexpr std::size_t digest_size(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return 20;
    case HashAlgorithm::kSha256:
    case HashAlgorithm::kSm3_256:
      return 32;
    case HashAlgorithm::kSha384:
      return 48;
    case HashAlgorithm::kSha512:
      return 64;
  }
  return 0;
}

// "sha1", "sha256", "sha384", "sha512", "sm3_256": the names of banks in all output.
std::string_view name_of(HashAlgorithm algorithm);

class Digest {
 public:
  Digest() : Digest(HashAlgorithm::kSha256) {}

  // All zeros: what a PCR holds before it is extended.
  explicit Digest(HashAlgorithm algorithm) : algorithm_(algorithm) {}

  // nullopt unless `value` has the algorithm's size.
  static std::optional<Digest> from(HashAlgorithm algorithm, ByteView value);

  [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }

  [[nodiscard]] ByteView view() const { return {value_.data(), digest_size(algorithm_)}; }

  [[nodiscard]] std::span<std::uint8_t> writable() {
    return {value_.data(), digest_size(algorithm_)};
  }

  [[nodiscard]] std::string hex() const { return to_hex(view()); }

  [[nodiscard]] bool is_filled_with(std::uint8_t byte) const;

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  HashAlgorithm algorithm_;
  std::array<std::uint8_t, kDigestSizeMax> value_{};  // bytes beyond the size stay zero
};

}  // namespace quotemill
