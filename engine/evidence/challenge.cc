#include "engine/evidence/challenge.h"

#include "engine/crypto/hash.h"
#include "engine/evidence/nonce_key.h"

namespace quotemill {
namespace {

constexpr std::string_view kAttestPurpose = "quotemill/1/attest";

std::array<std::uint8_t, 4> big_endian(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
          static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

}  // namespace

Nonce preissued_nonce(const EpochKey& key, const HostUid& host, std::uint32_t generation,
                      std::uint64_t sequence) {
  return NonceKey(key).preissued(host, generation, sequence);
}

Digest attest_qualifying_data(const Nonce& nonce, const ChannelBinding& binding,
                              ByteView header_bytes) {
  const Digest header = hash(HashAlgorithm::kSha256, header_bytes);
  const std::array<std::uint8_t, 4> generation = big_endian(binding.generation);
  return hash(HashAlgorithm::kSha256,
              {as_bytes(kAttestPurpose), nonce, binding.host.view(), generation, binding.host_key,
               binding.server_key, header.view()});
}

}  // namespace quotemill
