// Values of simulated hosts that are the same in every run.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/crypto/hash.h"

namespace quotemill::bench {

// An array of bytes, at most 32, that differs with the number and the purpose.
template <class Array>
Array filled(unsigned number, std::string_view purpose) {
  const Digest digest =
      hash(HashAlgorithm::kSha256, as_bytes(std::string(purpose) + std::to_string(number)));
  Array out{};
  std::copy_n(digest.view().begin(), out.size(), out.begin());
  return out;
}

}  // namespace quotemill::bench
