// Identifiers of the TPM 2.0 Library Specification, Part 2 (revision 1.59), that we read or write.
#pragma once

#include <cstdint>

namespace quotemill::tpm {

// Table 7, TPM_GENERATED: begins every structure that a TPM signs of itself.
inline constexpr std::uint32_t kGenerated = 0xFF544347;

// Table 28, TPM_RH: the hierarchy of the EK.
inline constexpr std::uint32_t kHandleEndorsement = 0x4000000B;

// Table 19, TPM_ST.
inline constexpr std::uint16_t kStAttestQuote = 0x8018;

// Table 9, TPM_ALG_ID (hash algorithms: engine/base/digest.h).
inline constexpr std::uint16_t kAlgRsa = 0x0001;
inline constexpr std::uint16_t kAlgAes = 0x0006;
inline constexpr std::uint16_t kAlgKeyedHash = 0x0008;
inline constexpr std::uint16_t kAlgNull = 0x0010;
inline constexpr std::uint16_t kAlgRsassa = 0x0014;
inline constexpr std::uint16_t kAlgRsaes = 0x0015;
inline constexpr std::uint16_t kAlgRsapss = 0x0016;
inline constexpr std::uint16_t kAlgOaep = 0x0017;
inline constexpr std::uint16_t kAlgEcdsa = 0x0018;
inline constexpr std::uint16_t kAlgEcdh = 0x0019;
inline constexpr std::uint16_t kAlgEcdaa = 0x001A;
inline constexpr std::uint16_t kAlgEcc = 0x0023;
inline constexpr std::uint16_t kAlgSymCipher = 0x0025;
inline constexpr std::uint16_t kAlgCfb = 0x0043;

// Table 10, TPM_ECC_CURVE.
inline constexpr std::uint16_t kCurveP256 = 0x0003;
inline constexpr std::uint16_t kCurveP384 = 0x0004;
inline constexpr std::uint16_t kCurveP521 = 0x0005;

// Table 31, TPMA_OBJECT.
inline constexpr std::uint32_t kFixedTpm = 1U << 1U;
inline constexpr std::uint32_t kStClear = 1U << 2U;
inline constexpr std::uint32_t kFixedParent = 1U << 4U;
inline constexpr std::uint32_t kSensitiveDataOrigin = 1U << 5U;
inline constexpr std::uint32_t kUserWithAuth = 1U << 6U;
inline constexpr std::uint32_t kAdminWithPolicy = 1U << 7U;
inline constexpr std::uint32_t kNoDa = 1U << 10U;
inline constexpr std::uint32_t kEncryptedDuplication = 1U << 11U;
inline constexpr std::uint32_t kRestricted = 1U << 16U;
inline constexpr std::uint32_t kDecrypt = 1U << 17U;
inline constexpr std::uint32_t kSignEncrypt = 1U << 18U;

// An RSA publicExponent of 0 means 2^16 + 1 (Part 2, table 195).
inline constexpr std::uint32_t kRsaExponentDefault = 65537;

}  // namespace quotemill::tpm
