#include "transport/agent/key_templates.h"

#include <algorithm>
#include <span>

#include "engine/base/bytes.h"

namespace quotemill::agent {
namespace {

// Annex B.3.1, PolicyA: TPM2_PolicySecret(TPM_RH_ENDORSEMENT), SHA-256.
constexpr std::array<std::uint8_t, 32> kPolicyA{
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
    0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA};

// Annex B.6.5, PolicyB: PolicyA or the policy of an NV index, SHA-384.
constexpr std::array<std::uint8_t, 48> kPolicyB384{
    0xB2, 0x6E, 0x7D, 0x28, 0xD1, 0x1A, 0x50, 0xBC, 0x53, 0xD8, 0x82, 0xBC, 0xF5, 0xFD, 0x3A, 0x1A,
    0x07, 0x41, 0x48, 0xBB, 0x35, 0xD3, 0xB4, 0xE4, 0xCB, 0x1C, 0x0A, 0xD9, 0xBD, 0xE4, 0x19, 0xCA,
    0xCB, 0x47, 0xBA, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0F, 0x9F, 0xC0, 0x00, 0xF3, 0xF8, 0x0E, 0x12};

constexpr TPMA_OBJECT kLowRange = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                  TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
                                  TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
constexpr TPMA_OBJECT kHighRange = kLowRange | TPMA_OBJECT_USERWITHAUTH;

void set_policy(TPMT_PUBLIC& area, ByteView policy) {
  area.authPolicy.size = static_cast<UINT16>(policy.size());
  std::copy(policy.begin(), policy.end(), std::begin(area.authPolicy.buffer));
}

void set_aes_cfb(TPMT_SYM_DEF_OBJECT& symmetric, TPMI_AES_KEY_BITS bits) {
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = bits;
  symmetric.mode.aes = TPM2_ALG_CFB;
}

void set_ecc(TPMT_PUBLIC& area, TPMI_ECC_CURVE curve) {
  area.type = TPM2_ALG_ECC;
  TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_NULL;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = curve;
  ecc.kdf.scheme = TPM2_ALG_NULL;
}

void set_rsa2048(TPMT_PUBLIC& area) {
  area.type = TPM2_ALG_RSA;
  TPMS_RSA_PARMS& rsa = area.parameters.rsaDetail;
  rsa.symmetric.algorithm = TPM2_ALG_NULL;
  rsa.scheme.scheme = TPM2_ALG_NULL;
  rsa.keyBits = 2048;
  rsa.exponent = 0;
}

// L-1: `unique` is 256 zero bytes, which is part of what the key is derived from.
TPM2B_PUBLIC ek_rsa2048() {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kLowRange;
  set_policy(area, kPolicyA);
  set_rsa2048(area);
  set_aes_cfb(area.parameters.rsaDetail.symmetric, 128);
  area.unique.rsa.size = 256;
  return out;
}

// L-2: `unique` is 32 zero bytes for either coordinate.
TPM2B_PUBLIC ek_ecc_p256() {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = kLowRange;
  set_policy(area, kPolicyA);
  set_ecc(area, TPM2_ECC_NIST_P256);
  set_aes_cfb(area.parameters.eccDetail.symmetric, 128);
  area.unique.ecc.x.size = 32;
  area.unique.ecc.y.size = 32;
  return out;
}

// H-3: `unique` is empty.
TPM2B_PUBLIC ek_ecc_p384() {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA384;
  area.objectAttributes = kHighRange;
  set_policy(area, kPolicyB384);
  set_ecc(area, TPM2_ECC_NIST_P384);
  set_aes_cfb(area.parameters.eccDetail.symmetric, 256);
  return out;
}

bool same_symmetric(const TPMT_SYM_DEF_OBJECT& left, const TPMT_SYM_DEF_OBJECT& right) {
  return left.algorithm == right.algorithm && left.keyBits.aes == right.keyBits.aes &&
         left.mode.aes == right.mode.aes;
}

bool same_parameters(const TPMT_PUBLIC& left, const TPMT_PUBLIC& right) {
  if (left.type == TPM2_ALG_RSA) {
    const TPMS_RSA_PARMS& a = left.parameters.rsaDetail;
    const TPMS_RSA_PARMS& b = right.parameters.rsaDetail;
    // Some TPMs write the default exponent out.
    const auto exponent = [](const TPMS_RSA_PARMS& rsa) {
      return rsa.exponent == 0 ? 65537U : rsa.exponent;
    };
    return same_symmetric(a.symmetric, b.symmetric) && a.scheme.scheme == b.scheme.scheme &&
           a.keyBits == b.keyBits && exponent(a) == exponent(b);
  }
  const TPMS_ECC_PARMS& a = left.parameters.eccDetail;
  const TPMS_ECC_PARMS& b = right.parameters.eccDetail;
  return same_symmetric(a.symmetric, b.symmetric) && a.scheme.scheme == b.scheme.scheme &&
         a.curveID == b.curveID && a.kdf.scheme == b.kdf.scheme;
}

}  // namespace

std::string_view name_of(EkKind kind) {
  switch (kind) {
    case EkKind::kRsa2048:
      return "rsa2048";
    case EkKind::kEccP256:
      return "ecc_p256";
    case EkKind::kEccP384:
      return "ecc_p384";
  }
  return "";
}

std::string_view name_of(AkKind kind) {
  switch (kind) {
    case AkKind::kRsassa2048:
      return "rsassa2048";
    case AkKind::kRsapss2048:
      return "rsapss2048";
    case AkKind::kEcdsaP256:
      return "ecdsa_p256";
  }
  return "";
}

std::optional<EkKind> ek_kind_named(std::string_view name) {
  for (const EkKind kind : {EkKind::kRsa2048, EkKind::kEccP256, EkKind::kEccP384}) {
    if (name == name_of(kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

std::optional<AkKind> ak_kind_named(std::string_view name) {
  for (const AkKind kind : {AkKind::kRsassa2048, AkKind::kRsapss2048, AkKind::kEcdsaP256}) {
    if (name == name_of(kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

EkProfile ek_profile(EkKind kind) {
  switch (kind) {
    case EkKind::kRsa2048:
      return {ek_rsa2048(), 0x81010001, 0x01C00002};
    case EkKind::kEccP256:
      return {ek_ecc_p256(), 0x81010002, 0x01C0000A};
    case EkKind::kEccP384:
      return {ek_ecc_p384(), 0x81010016, 0x01C00016};
  }
  return {ek_rsa2048(), 0x81010001, 0x01C00002};
}

TPM2B_PUBLIC ak_template(AkKind kind) {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
                          TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                          TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;
  switch (kind) {
    case AkKind::kRsassa2048:
      set_rsa2048(area);
      area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
      area.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
      break;
    case AkKind::kRsapss2048:
      set_rsa2048(area);
      area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSAPSS;
      area.parameters.rsaDetail.scheme.details.rsapss.hashAlg = TPM2_ALG_SHA256;
      break;
    case AkKind::kEcdsaP256:
      set_ecc(area, TPM2_ECC_NIST_P256);
      area.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
      area.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
      break;
  }
  return out;
}

bool follows_template(const TPMT_PUBLIC& found, const TPMT_PUBLIC& expected) {
  const auto policy = [](const TPMT_PUBLIC& area) {
    return ByteView(area.authPolicy.buffer, area.authPolicy.size);
  };
  return found.type == expected.type && found.nameAlg == expected.nameAlg &&
         found.objectAttributes == expected.objectAttributes &&
         equal(policy(found), policy(expected)) && same_parameters(found, expected);
}

}  // namespace quotemill::agent
