#include "engine/tpm/signature.h"

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/tpm/constants.h"

namespace quotemill {
namespace {

constexpr std::size_t kRsaSignatureSizeMax = 512;  // RSA-4096
constexpr std::size_t kEccParameterSizeMax = 66;   // P-521

std::uint16_t tpm_alg_id(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kRsassa:
      return tpm::kAlgRsassa;
    case SignatureScheme::kRsapss:
      return tpm::kAlgRsapss;
    case SignatureScheme::kEcdsa:
      return tpm::kAlgEcdsa;
  }
  return tpm::kAlgNull;
}

SignatureScheme read_scheme(ByteReader& in) {
  switch (in.u16_be()) {
    case tpm::kAlgRsassa:
      return SignatureScheme::kRsassa;
    case tpm::kAlgRsapss:
      return SignatureScheme::kRsapss;
    case tpm::kAlgEcdsa:
      return SignatureScheme::kEcdsa;
    default:
      in.fail(ErrorCode::kUnsupported);
      return SignatureScheme::kRsassa;
  }
}

HashAlgorithm read_hash(ByteReader& in) {
  const auto algorithm = hash_algorithm(in.u16_be());
  if (!algorithm) {
    in.fail(ErrorCode::kUnsupported);
  }
  return algorithm.value_or(HashAlgorithm::kSha256);
}

}  // namespace

Result<SignatureView> decode_signature(ByteView bytes) {
  if (bytes.size() > limits::kSignatureSizeMax) {
    return Error{ErrorCode::kTooLarge, "TPMT_SIGNATURE"};
  }
  ByteReader in(bytes);
  SignatureView signature;
  signature.scheme = read_scheme(in);  // TPMI_ALG_SIG_SCHEME sigAlg
  signature.hash = read_hash(in);      // TPMI_ALG_HASH       hash
  if (signature.scheme == SignatureScheme::kEcdsa) {
    signature.first = in.sized16_be(kEccParameterSizeMax);   // TPM2B_ECC_PARAMETER signatureR
    signature.second = in.sized16_be(kEccParameterSizeMax);  // TPM2B_ECC_PARAMETER signatureS
  } else {
    signature.first = in.sized16_be(kRsaSignatureSizeMax);  // TPM2B_PUBLIC_KEY_RSA sig
  }
  return in.finish(signature, "TPMT_SIGNATURE");
}

Bytes encode_signature(const SignatureView& signature) {
  ByteWriter out;
  out.u16_be(tpm_alg_id(signature.scheme)).u16_be(static_cast<std::uint16_t>(signature.hash));
  out.sized16_be(signature.first);
  if (signature.scheme == SignatureScheme::kEcdsa) {
    out.sized16_be(signature.second);
  }
  return out.take();
}

}  // namespace quotemill
