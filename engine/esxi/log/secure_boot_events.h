// What PCR 7 tells of an ESXi host's boot loader: who let it run, and whether anybody asked.
#pragma once

#include <optional>

#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/proof/proven_log.h"

namespace quotemill {

// nullopt if the event is no authority, or nothing proves it.
std::optional<EsxiAuthority> authority_of(const ProvenLog& log, const BootEvent& event);

// Whether the event may be an authority that is shown as something else: in PCR 7 behind the
// firmware's part (anywhere, if nothing ends that), and neither an authority that is proven nor
// something that lets nothing run.
bool may_hide_authority(const ProvenLog& log, const BootEvent& event);

// Whether the variable SecureBoot is on; nullopt if the event is not about it, or nothing proves
// it.
std::optional<bool> firmware_secure_boot(const ProvenLog& log, const BootEvent& event);

}  // namespace quotemill
