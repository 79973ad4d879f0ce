#include "transport/wire/log_proof.h"

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/key_agreement.h"

namespace quotemill::transport {
namespace {

constexpr std::string_view kKeyPurpose = "quotemill/1/log-key";
constexpr std::string_view kLogPurpose = "quotemill/1/log";

}  // namespace

Result<Digest> log_proof_key(ByteView own_secret, const CurveKey& other, const CurveKey& host_key,
                             const CurveKey& server_key) {
  const Result<Bytes> shared = agree_x25519(own_secret, other);
  if (!shared) {
    return shared.error();
  }
  ByteWriter purpose;
  purpose.bytes(as_bytes(kKeyPurpose)).bytes(host_key).bytes(server_key);
  return hmac_sha256(*shared, purpose.view());
}

Digest log_proof(const Digest& key, ByteView evidence_item, const LogsMessage& segment) {
  ByteWriter message;
  message.bytes(as_bytes(kLogPurpose))
      .bytes(hash(HashAlgorithm::kSha256, evidence_item).view())
      .u8(static_cast<std::uint8_t>(segment.kind))
      .u64_be(segment.total_bytes)
      .u64_be(segment.offset)
      .bytes(segment.segment);
  return hmac_sha256(key.view(), message.view());
}

}  // namespace quotemill::transport
