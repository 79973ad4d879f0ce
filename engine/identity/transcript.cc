#include "engine/identity/transcript.h"

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {

ByteView without_tpm2b_length(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint16_t size = in.u16_be();
  return in.ok() && in.remaining() == size ? in.rest() : bytes;
}

Digest enrolment_transcript(const EnrolmentChannel& channel, const EnrolmentKeys& keys,
                            const Credential& credential) {
  ByteWriter out;
  out.bytes(as_bytes("quotemill/1/transcript"));
  out.bytes(channel.server_key).bytes(channel.host_key);
  out.sized16_be(as_bytes(keys.name));
  out.sized16_be(without_tpm2b_length(keys.ek_public));
  out.sized16_be(without_tpm2b_length(keys.ak_public));
  out.bytes(credential.id_object).bytes(credential.encrypted_secret);
  return hash(HashAlgorithm::kSha256, out.view());
}

Digest enrolment_hmac(ByteView secret, const Digest& transcript) {
  return hmac_sha256(secret, transcript.view());
}

Digest enrolment_qualifying_data(const Digest& transcript) {
  return hash(HashAlgorithm::kSha256, {as_bytes("quotemill/1/enrol"), transcript.view()});
}

}  // namespace quotemill
