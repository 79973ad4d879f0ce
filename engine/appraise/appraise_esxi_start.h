// What started an ESXi host, and who vouched for it, against the policy's rules ([esxi]): Secure
// Boot and its authorities, the boot loader or launch, the signers of modules. Pure.
//
// A genuine log's digests can be written into ESXi's PCRs by any system that was started instead:
// what ties them to ESXi is that its boot loader ran, and nothing that is not known before it.
#pragma once

#include "engine/claims/secure_boot.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// Whether Secure Boot was on, and how far that is proven. Whose keys the firmware trusts is no part
// of it: their certificates are read for people, which takes longer than all else of a log.
SecureBootClaim esxi_secure_boot(const ProvenLog& log);

// `proven_pcrs`: bits, those that a quote proved. REQUIRES: is_in_order(boot)
Findings appraise_esxi_start(const EsxiBoot& boot, const SecureBootClaim& secure_boot,
                             std::uint32_t proven_pcrs, const Snapshot& snapshot);

}  // namespace quotemill
