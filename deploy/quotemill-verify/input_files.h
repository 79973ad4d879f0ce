// The files that quote tools write, decoded: keys, signatures, PCR values.
//
// Only reading a file does I/O; every decoder is a pure function of its bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/crypto/check_signature.h"
#include "engine/crypto/public_key.h"
#include "engine/tpm/pcr.h"
#include "engine/tpm/public_area.h"

namespace quotemill::offline {

// A whole file of at most `size_max` bytes; the Error's detail names the file.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t size_max);

// The key of a quote, as far as its file tells.
struct AttestationKey {
  PublicKey key;
  std::optional<PublicArea> area;  // set if the file is a TPM's own structure
  bool from_certificate = false;   // an X.509 certificate, whose chain is not checked here
};

// PEM ("PUBLIC KEY" or "CERTIFICATE"), DER of the same, TPM2B_PUBLIC or TPMT_PUBLIC
// (tpm2_readpublic -f pem|der|tss|tpmt).
Result<AttestationKey> decode_attestation_key(ByteView file);

// A signature file as every signature that it may be: TPMT_SIGNATURE is one; plain files
// (tpm2_quote -f plain: the bytes of RSA, DER of ECDSA) name neither scheme nor hash, so that the
// key's own scheme, SHA-256 and then the other hashes are candidates.
struct SignatureCandidates {
  std::vector<SignatureView> views;  // borrow the file
  bool plain = false;                // scheme and hash are guesses until one holds
};

// `file` must outlive the result. kMalformed if it can be none.
Result<SignatureCandidates> decode_signature_file(ByteView file, const AttestationKey& key);

// PCR values: the file of `tpm2_quote -o` (TPML_PCR_SELECTION, then TPML_DIGESTs, as little-endian
// C structures), lines `sha256:7 <hex>`, or the YAML of tpm2_pcrread. A value that is named twice,
// a bank of an unknown algorithm or a value of another size is refused.
Result<std::vector<PcrBank>> decode_pcr_file(ByteView file);

}  // namespace quotemill::offline
