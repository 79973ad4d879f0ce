// appraise_esxi: what an ESXi host booted against the policy's rules for it ([esxi]). Pure.
//
// Nothing is believed of a log that breaks the order in which ESXi measures, or of PCRs that no
// quote proved: then one finding says so, as severe as the strictest of the rules.
#pragma once

#include "engine/claims/secure_boot.h"
#include "engine/esxi/image/software_memo.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// `proven_pcrs`: bits, those that a quote proved. `memo`: of the calling thread; null: nothing is
// remembered. Nothing is found if the policy has no rules for ESXi.
Findings appraise_esxi(const EsxiBoot& boot, const SecureBootClaim& secure_boot,
                       std::uint32_t proven_pcrs, const Snapshot& snapshot, SoftwareMemo* memo);

// The boot's modules, as inference takes them. Borrows the log.
std::vector<MeasuredModule> measured_modules(const EsxiBoot& boot);

// What the host booted, by the images that the snapshot knows. `memo`: as above.
// REQUIRES: is_in_order(boot); snapshot.images()
SoftwareReport esxi_software(const EsxiBoot& boot, const Snapshot& snapshot, SoftwareMemo* memo);

}  // namespace quotemill
