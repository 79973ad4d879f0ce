#include "engine/evidence/nonce_key.h"

#include <algorithm>
#include <string_view>

#include "engine/base/byte_writer.h"

namespace quotemill {
namespace {

constexpr std::string_view kPurpose = "quotemill/nonce/1";

}  // namespace

Nonce NonceKey::preissued(const HostUid& host, std::uint32_t generation,
                          std::uint64_t sequence) const {
  ByteWriter message;
  message.bytes(as_bytes(kPurpose)).bytes(host.view()).u32_be(generation).u64_be(sequence);
  const Digest mac = key_.mac(message.view());
  Nonce nonce{};
  std::copy(mac.view().begin(), mac.view().end(), nonce.begin());
  return nonce;
}

}  // namespace quotemill
