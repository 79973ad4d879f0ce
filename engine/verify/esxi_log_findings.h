// What an ESXi host's boot log has to say of itself, as findings. Pure; any thread.
#pragma once

#include "engine/esxi/log/esxi_boot.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// That of a signer whose private key is public: a failure whatever a policy allows.
Finding test_key_finding(const EsxiBoot& boot, const EsxiSigner& signer);

// None if the log is no ESXi host's, or in order.
Findings esxi_log_findings(const EsxiBoot& boot);

}  // namespace quotemill
