// The public templates of the keys that the agent makes, and where TPMs keep EKs.
//
// Private to transport/agent.
#pragma once

#include <cstdint>

#include <tss2/tss2_tpm2_types.h>

#include "transport/agent/tpm_device.h"

namespace quotemill::agent {

// TCG EK Credential Profile 2.3, Annex B and 2.2.1.4/2.2.1.5 (handles and NV indices).
struct EkProfile {
  TPM2B_PUBLIC public_template;
  std::uint32_t persistent_handle;
  std::uint32_t certificate_index;
};

EkProfile ek_profile(EkKind kind);

TPM2B_PUBLIC ak_template(AkKind kind);

// Whether `found` is a key of this template: everything equal but the key itself (`unique`).
bool follows_template(const TPMT_PUBLIC& found, const TPMT_PUBLIC& expected);

}  // namespace quotemill::agent
