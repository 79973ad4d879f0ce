#include "engine/base/digest.h"

#include <algorithm>

namespace quotemill {
namespace {

constexpr std::array kAlgorithms = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                    HashAlgorithm::kSha384, HashAlgorithm::kSha512,
                                    HashAlgorithm::kSm3_256};

}  // namespace

std::optional<HashAlgorithm> hash_algorithm(std::uint16_t tpm_alg_id) {
  for (const HashAlgorithm algorithm : kAlgorithms) {
    if (static_cast<std::uint16_t>(algorithm) == tpm_alg_id) {
      return algorithm;
    }
  }
  return std::nullopt;
}

std::optional<HashAlgorithm> hash_algorithm_named(std::string_view name) {
  for (const HashAlgorithm algorithm : kAlgorithms) {
    if (name_of(algorithm) == name) {
      return algorithm;
    }
  }
  return std::nullopt;
}

std::string_view name_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return "sha1";
    case HashAlgorithm::kSha256:
      return "sha256";
    case HashAlgorithm::kSha384:
      return "sha384";
    case HashAlgorithm::kSha512:
      return "sha512";
    case HashAlgorithm::kSm3_256:
      return "sm3_256";
  }
  return "unknown";
}

std::optional<Digest> Digest::from(HashAlgorithm algorithm, ByteView value) {
  if (value.size() != digest_size(algorithm)) {
    return std::nullopt;
  }
  Digest digest(algorithm);
  std::copy(value.begin(), value.end(), digest.value_.begin());
  return digest;
}

bool Digest::is_filled_with(std::uint8_t byte) const {
  return quotemill::is_filled_with(view(), byte);
}

}  // namespace quotemill
