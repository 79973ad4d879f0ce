// EvidenceDraft: everything that one piece of evidence is made of, before it is signed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bench/fleet/signing_key.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/tpm/quote.h"

namespace quotemill::bench {

// Each field is honest until somebody changes it; seal() signs whatever is there.
struct EvidenceDraft {
  SigningKey key;
  SignatureScheme scheme = SignatureScheme::kEcdsa;
  HashAlgorithm signing_hash = HashAlgorithm::kSha256;

  EvidenceHeader header;
  std::optional<Bytes> header_bytes;  // instead of the encoded header
  Nonce nonce{};
  ChannelBinding binding;

  Bytes qualified_signer;
  std::optional<Bytes> extra_data;  // instead of the qualifying data of all of the above
  ClockInfo clock;
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;  // what the quote says it covers
  std::vector<PcrBank> quoted;           // whose values it digests, in the order of `selections`
  std::optional<Bytes> pcr_digest;       // instead of that digest

  std::function<void(Bytes&)> change_attest;     // before it is signed
  std::function<void(Bytes&)> change_signature;  // afterwards
  std::vector<PcrBank> sent;                     // values beside the quote

  [[nodiscard]] Bytes attest() const;
  [[nodiscard]] Bytes signature() const;
  [[nodiscard]] Bytes seal() const;  // an item, as encode_evidence() writes it
};

}  // namespace quotemill::bench
