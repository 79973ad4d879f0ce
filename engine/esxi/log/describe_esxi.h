// What an ESXi host's log tells, for people and for JSON: printable, secrets left out.
#pragma once

#include <string>

#include "engine/esxi/log/esxi_boot.h"
#include "engine/eventlog/decode/decode_event.h"

namespace quotemill {

// One event: kind "esxi_module", ..., its fields, and what is wrong with its data.
DecodedEvent describe(const EsxiEvent& event);

// The whole boot: "layout", "modules", "versions", "signers", ....
Fields describe(const EsxiBoot& boot);

// "a module behind the first signer"; "the data is not what was measured in sha1". One line.
std::string describe(const EsxiProblem& problem);

}  // namespace quotemill
