// SecureBootClaim: whether Secure Boot was on, in which mode, and the argument for it.
//
// It is proven only if PCR 7 tells one consistent story: one separator; before it nothing but known
// events whose data was measured, one SecureBoot variable among them; after it no configuration. So
// neither relabelled nor appended events make it (GO-2026-6893): the separator is found by its
// digest, and what stands behind it is not the firmware's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/claims/ground.h"
#include "engine/claims/signature_databases.h"

namespace quotemill {

enum class SecureBootMode : std::uint8_t { kUnknown, kSetup, kAudit, kUser, kDeployed };

std::string_view name_of(SecureBootMode mode);  // "setup", "audit", "user", "deployed", "unknown"

struct SecureBootClaim {
  std::optional<bool> enabled;  // as the log says; counts only with ground.standing kProven
  SecureBootMode mode = SecureBootMode::kUnknown;
  Ground ground;
  std::vector<std::string> argument;  // sentences, in the order of the boot
};

SecureBootClaim claim_secure_boot(const ProvenLog& log, const SignatureDatabases& databases);

}  // namespace quotemill
