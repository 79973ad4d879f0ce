// Completeness: whether a claim of "all there are" holds against a log that relabels its events.
//
// The TPM proves digests, not types and labels. Who writes the log can show an event that he would
// rather hide under another type, another label or other data, and append one that looks better. A
// rule about each of something ("no other authority", "no other parameter") therefore asks here
// first.
#pragma once

#include <functional>
#include <string>

#include "engine/eventlog/proof/proven_log.h"

namespace quotemill {

// Why PCR 7 may hold an authority or an SBAT level that the claims do not show; empty: it does not.
std::string doubt_in_authorities(const ProvenLog& log);

// Why a kernel may have got parameters that the claims do not show (PCR 8: GRUB; PCR 12:
// systemd-stub); empty: it did not. `is_known`: whether the event's digest is of something that is
// known not to be a command line, such as the host's credentials.
std::string doubt_in_command_lines(const ProvenLog& log,
                                   const std::function<bool(const BootEvent&)>& is_known);

}  // namespace quotemill
