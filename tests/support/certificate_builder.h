// Certificates of tests: a CA, an EK certificate, and each way in which one can be wrong.
#pragma once

#include <string>

#include "engine/crypto/certificate.h"
#include "tests/support/signing_key.h"

namespace quotemill::testing {

// 2025-01-01T00:00:00Z, when the certificates below are valid unless told otherwise.
inline constexpr WallTime kTestTime{1'735'689'600'000};
inline constexpr std::int64_t kDayMs = 86'400'000;

struct CertificateSpec {
  std::string common_name = "";  // empty: an empty subject, as EK certificates have
  bool ca = false;
  bool critical_tcg_san = false;    // subjectAltName with TPM maker, model, version; critical
  bool unknown_critical = false;    // a critical extension that nobody knows
  std::string extended_usage = "";  // an OID in digits: EK certificates have 2.23.133.8.1
  WallTime not_before{kTestTime.ms - 365 * kDayMs};
  WallTime not_after{kTestTime.ms + 365 * kDayMs};
  bool sign_with_md5 = false;
};

// A certificate for `subject`, signed by `issuer_key` in the name of `issuer`.
Certificate issue(const CertificateSpec& spec, const PublicKey& subject,
                  const SigningKey& issuer_key, const Certificate& issuer);

Certificate self_signed(const CertificateSpec& spec, const SigningKey& key);

std::string to_pem(const Certificate& certificate);

}  // namespace quotemill::testing
