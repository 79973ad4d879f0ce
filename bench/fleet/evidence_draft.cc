#include "bench/fleet/evidence_draft.h"

#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/tpm/signature.h"

namespace quotemill::bench {

Bytes EvidenceDraft::attest() const {
  const Bytes encoded_header = header_bytes.value_or(encode_evidence_header(header));
  const Digest qualifying = attest_qualifying_data(nonce, binding, encoded_header);
  const Bytes extra = extra_data.value_or(to_bytes(qualifying.view()));
  const Digest composite =
      quotemill::pcr_digest(selections, quoted, signing_hash).value_or(Digest(signing_hash));
  const Bytes digest = pcr_digest.value_or(to_bytes(composite.view()));
  Quote quote;
  quote.qualified_signer = qualified_signer;
  quote.extra_data = extra;
  quote.clock = clock;
  quote.firmware_version = firmware_version;
  quote.selections = selections;
  quote.pcr_digest = digest;
  Bytes out = encode_quote(quote);
  if (change_attest) {
    change_attest(out);
  }
  return out;
}

Bytes EvidenceDraft::signature() const {
  const Bytes message = attest();
  Bytes out = encode_signature(key.sign(scheme, hash(signing_hash, message)).view());
  if (change_signature) {
    change_signature(out);
  }
  return out;
}

Bytes EvidenceDraft::seal() const {
  const Bytes encoded_header = header_bytes.value_or(encode_evidence_header(header));
  const Bytes attested = attest();
  const Bytes signed_by = signature();
  Evidence evidence;
  evidence.header_bytes = encoded_header;
  evidence.attest = attested;
  evidence.signature = signed_by;
  evidence.pcrs = sent;
  return encode_evidence(evidence);
}

}  // namespace quotemill::bench
