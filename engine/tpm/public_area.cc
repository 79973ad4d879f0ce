#include "engine/tpm/public_area.h"

#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/key_name.h"
#include "engine/tpm/constants.h"

namespace quotemill {
namespace {

constexpr const char* kContext = "TPMT_PUBLIC";
constexpr std::size_t kRsaModulusSizeMax = 512;
constexpr std::size_t kEccParameterSizeMax = 66;  // P-521
constexpr unsigned kRsaBitsMin = 2048;            // of a key that is accepted

// What is read before the key can be made of it.
struct Parameters {
  std::uint16_t symmetric_bits = 0;
  bool scheme_set = false;
  SignatureScheme scheme = SignatureScheme::kRsassa;
  HashAlgorithm scheme_hash = HashAlgorithm::kSha256;
};

HashAlgorithm read_hash(ByteReader& in) {
  const auto algorithm = hash_algorithm(in.u16_be());
  if (!algorithm || !can_hash(*algorithm)) {
    in.fail(ErrorCode::kUnsupported);
  }
  return algorithm.value_or(HashAlgorithm::kSha256);
}

// TPMT_SYM_DEF_OBJECT (Part 2, 11.1.7): AES in CFB, or none.
std::uint16_t read_symmetric(ByteReader& in) {
  const std::uint16_t algorithm = in.u16_be();  // TPMI_ALG_SYM_OBJECT algorithm
  if (algorithm == tpm::kAlgNull) {
    return 0;
  }
  const std::uint16_t bits = in.u16_be();  // TPMU_SYM_KEY_BITS keyBits
  const std::uint16_t mode = in.u16_be();  // TPMU_SYM_MODE     mode
  if (algorithm != tpm::kAlgAes || mode != tpm::kAlgCfb ||
      (bits != 128 && bits != 192 && bits != 256)) {
    in.fail(ErrorCode::kUnsupported);
  }
  return bits;
}

// TPMT_RSA_SCHEME or TPMT_ECC_SCHEME (Part 2, 11.2.4.2 and 11.2.5.6): a signing scheme, or none.
void read_scheme(ByteReader& in, std::uint16_t type, Parameters& out) {
  const std::uint16_t scheme = in.u16_be();
  if (scheme == tpm::kAlgNull) {
    return;
  }
  out.scheme_set = true;
  if (type == tpm::kAlgRsa && scheme == tpm::kAlgRsassa) {
    out.scheme = SignatureScheme::kRsassa;
  } else if (type == tpm::kAlgRsa && scheme == tpm::kAlgRsapss) {
    out.scheme = SignatureScheme::kRsapss;
  } else if (type == tpm::kAlgEcc && scheme == tpm::kAlgEcdsa) {
    out.scheme = SignatureScheme::kEcdsa;
  } else {
    in.fail(ErrorCode::kUnsupported);
  }
  out.scheme_hash = read_hash(in);  // TPMI_ALG_HASH hashAlg
}

KeyKind read_curve(ByteReader& in) {
  switch (in.u16_be()) {
    case tpm::kCurveP256:
      return KeyKind::kEcP256;
    case tpm::kCurveP384:
      return KeyKind::kEcP384;
    case tpm::kCurveP521:
      return KeyKind::kEcP521;
    default:
      in.fail(ErrorCode::kUnsupported);
      return KeyKind::kEcP256;
  }
}

// TPMS_RSA_PARMS (Part 2, 12.2.3.5) and TPM2B_PUBLIC_KEY_RSA.
Result<PublicKey> read_rsa(ByteReader& in, Parameters& parameters) {
  parameters.symmetric_bits = read_symmetric(in);              // TPMT_SYM_DEF_OBJECT symmetric
  read_scheme(in, tpm::kAlgRsa, parameters);                   // TPMT_RSA_SCHEME     scheme
  const std::uint16_t bits = in.u16_be();                      // TPMI_RSA_KEY_BITS   keyBits
  const std::uint32_t exponent = in.u32_be();                  // UINT32              exponent
  const ByteView modulus = in.sized16_be(kRsaModulusSizeMax);  // TPM2B_PUBLIC_KEY_RSA unique
  if (!in.ok() || in.remaining() != 0) {
    return in.finish(0, kContext).error();
  }
  Result<PublicKey> key =
      PublicKey::rsa(modulus, exponent == 0 ? tpm::kRsaExponentDefault : exponent);
  if (key && key->bits() != bits) {
    return Error{ErrorCode::kMalformed, "TPMS_RSA_PARMS.keyBits"};
  }
  return key;
}

// TPMS_ECC_PARMS (Part 2, 12.2.3.6) and TPMS_ECC_POINT.
Result<PublicKey> read_ecc(ByteReader& in, Parameters& parameters, Bytes& x_as_sent) {
  parameters.symmetric_bits = read_symmetric(in);  // TPMT_SYM_DEF_OBJECT symmetric
  read_scheme(in, tpm::kAlgEcc, parameters);       // TPMT_ECC_SCHEME     scheme
  const KeyKind curve = read_curve(in);            // TPMI_ECC_CURVE      curveID
  if (in.u16_be() != tpm::kAlgNull) {              // TPMT_KDF_SCHEME     kdf
    in.fail(ErrorCode::kUnsupported);
  }
  const ByteView x = in.sized16_be(kEccParameterSizeMax);  // TPM2B_ECC_PARAMETER unique.x
  const ByteView y = in.sized16_be(kEccParameterSizeMax);  // TPM2B_ECC_PARAMETER unique.y
  if (!in.ok() || in.remaining() != 0) {
    return in.finish(0, kContext).error();
  }
  x_as_sent = to_bytes(x);
  return PublicKey::ec(curve, x, y);
}

// The words of `missing`, joined, as a refusal; nothing if there are none.
class Refusal {
 public:
  void unless(bool condition, std::string_view problem) {
    if (!condition) {
      detail_ += detail_.empty() ? "" : ", ";
      detail_ += problem;
    }
  }

  [[nodiscard]] Result<void> result(const char* context) const {
    if (detail_.empty()) {
      return {};
    }
    return Error{ErrorCode::kDenied, context, 0, detail_};
  }

 private:
  std::string detail_;
};

// What EKs and AKs have in common.
void check_origin(const PublicArea& area, Refusal& refusal) {
  refusal.unless(area.has(tpm::kRestricted), "not restricted");
  refusal.unless(area.has(tpm::kFixedTpm), "not fixedTPM");
  refusal.unless(area.has(tpm::kFixedParent), "not fixedParent");
  refusal.unless(area.has(tpm::kSensitiveDataOrigin), "not sensitiveDataOrigin");
  const bool strong = area.key.kind() == KeyKind::kRsa ? area.key.bits() >= kRsaBitsMin
                                                       : area.key.kind() != KeyKind::kEcP521;
  refusal.unless(strong, "key " + area.key.name() + " is not accepted");
}

std::uint16_t scheme_id(const PublicArea& area) {
  if (!area.scheme_set) {
    return tpm::kAlgNull;
  }
  switch (area.scheme) {
    case SignatureScheme::kRsassa:
      return tpm::kAlgRsassa;
    case SignatureScheme::kRsapss:
      return tpm::kAlgRsapss;
    case SignatureScheme::kEcdsa:
      return tpm::kAlgEcdsa;
  }
  return tpm::kAlgNull;
}

std::uint16_t curve_id(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcP256:
      return tpm::kCurveP256;
    case KeyKind::kEcP384:
      return tpm::kCurveP384;
    case KeyKind::kEcP521:
      return tpm::kCurveP521;
    case KeyKind::kRsa:
      break;
  }
  return 0;
}

void write_symmetric_and_scheme(ByteWriter& out, const PublicArea& area) {
  if (area.symmetric_bits == 0) {
    out.u16_be(tpm::kAlgNull);
  } else {
    out.u16_be(tpm::kAlgAes).u16_be(area.symmetric_bits).u16_be(tpm::kAlgCfb);
  }
  out.u16_be(scheme_id(area));
  if (area.scheme_set) {
    out.u16_be(static_cast<std::uint16_t>(area.scheme_hash));
  }
}

}  // namespace

Bytes PublicArea::name() const {
  ByteWriter out;
  out.u16_be(static_cast<std::uint16_t>(name_algorithm));
  return out.bytes(hash(name_algorithm, encoded).view()).take();
}

Bytes PublicArea::qualified_name(ByteView parent) const {
  ByteWriter out;
  out.u16_be(static_cast<std::uint16_t>(name_algorithm));
  return out.bytes(hash(name_algorithm, {parent, name()}).view()).take();
}

Bytes endorsement_qualified_name(const PublicArea& area) {
  return area.qualified_name(ByteWriter().u32_be(tpm::kHandleEndorsement).view());
}

std::string key_type_of(ByteView tpmt_public) {
  ByteReader in(tpmt_public);
  const std::uint16_t type = in.u16_be();  // TPMI_ALG_PUBLIC type
  read_hash(in);                           // TPMI_ALG_HASH   nameAlg
  in.u32_be();                             // TPMA_OBJECT     objectAttributes
  in.sized16_be(kDigestSizeMax);           // TPM2B_DIGEST    authPolicy
  read_symmetric(in);                      // TPMT_SYM_DEF_OBJECT symmetric
  Parameters parameters;
  read_scheme(in, type, parameters);  // TPMT_RSA_SCHEME or TPMT_ECC_SCHEME
  std::string name;
  if (type == tpm::kAlgRsa) {
    name = key_name(KeyKind::kRsa, in.u16_be());  // TPMI_RSA_KEY_BITS
  } else if (type == tpm::kAlgEcc) {
    name = key_name(read_curve(in), 0);  // TPMI_ECC_CURVE
  }
  return in.ok() ? name : std::string();
}

std::string PublicArea::key_sha256_hex() const {
  return hash(HashAlgorithm::kSha256, key.spki_der()).hex();
}

Result<PublicArea> decode_tpmt_public(ByteView bytes) {
  if (bytes.size() > limits::kPublicSizeMax) {
    return Error{ErrorCode::kTooLarge, kContext};
  }
  ByteReader in(bytes);
  const std::uint16_t type = in.u16_be();  // TPMI_ALG_PUBLIC type
  if (type != tpm::kAlgRsa && type != tpm::kAlgEcc) {
    in.fail(ErrorCode::kUnsupported);
  }
  const HashAlgorithm name_algorithm = read_hash(in);          // TPMI_ALG_HASH   nameAlg
  const std::uint32_t attributes = in.u32_be();                // TPMA_OBJECT     objectAttributes
  const ByteView auth_policy = in.sized16_be(kDigestSizeMax);  // TPM2B_DIGEST    authPolicy
  Parameters parameters;
  Bytes x;
  Result<PublicKey> key =
      type == tpm::kAlgRsa ? read_rsa(in, parameters) : read_ecc(in, parameters, x);
  if (!key) {
    return key.error();
  }
  return PublicArea{.encoded = to_bytes(bytes),
                    .name_algorithm = name_algorithm,
                    .attributes = attributes,
                    .auth_policy = to_bytes(auth_policy),
                    .symmetric_bits = parameters.symmetric_bits,
                    .scheme_set = parameters.scheme_set,
                    .scheme = parameters.scheme,
                    .scheme_hash = parameters.scheme_hash,
                    .key = std::move(*key),
                    .ecc_x = std::move(x)};
}

Result<PublicArea> decode_tpm2b_public(ByteView bytes) {
  ByteReader in(bytes);
  const ByteView area = in.sized16_be(limits::kPublicSizeMax);  // UINT16 size, TPMT_PUBLIC
  const Result<ByteView> whole = in.finish(area, "TPM2B_PUBLIC");
  if (!whole) {
    return whole.error();
  }
  return decode_tpmt_public(*whole);
}

Bytes encode_tpmt_public(const PublicArea& area) {
  const bool rsa = area.key.kind() == KeyKind::kRsa;
  ByteWriter out;
  out.u16_be(rsa ? tpm::kAlgRsa : tpm::kAlgEcc);
  out.u16_be(static_cast<std::uint16_t>(area.name_algorithm)).u32_be(area.attributes);
  out.sized16_be(area.auth_policy);
  write_symmetric_and_scheme(out, area);
  if (rsa) {
    const std::uint32_t exponent = area.key.exponent();
    out.u16_be(static_cast<std::uint16_t>(area.key.bits()));
    out.u32_be(exponent == tpm::kRsaExponentDefault ? 0 : exponent);
    return out.sized16_be(area.key.modulus()).take();
  }
  out.u16_be(curve_id(area.key.kind())).u16_be(tpm::kAlgNull);
  return out.sized16_be(area.key.x()).sized16_be(area.key.y()).take();
}

Result<void> check_attestation_key(const PublicArea& area) {
  Refusal refusal;
  check_origin(area, refusal);
  refusal.unless(area.has(tpm::kSignEncrypt), "cannot sign");
  refusal.unless(!area.has(tpm::kDecrypt), "may decrypt");
  refusal.unless(area.scheme_set, "no signing scheme");
  refusal.unless(area.scheme_hash != HashAlgorithm::kSha1, "signs with sha1");
  return refusal.result("attestation key");
}

Result<void> check_endorsement_key(const PublicArea& area) {
  Refusal refusal;
  check_origin(area, refusal);
  refusal.unless(area.has(tpm::kDecrypt), "cannot decrypt");
  refusal.unless(!area.has(tpm::kSignEncrypt), "may sign");
  refusal.unless(area.symmetric_bits != 0, "no AES");
  return refusal.result("endorsement key");
}

}  // namespace quotemill
