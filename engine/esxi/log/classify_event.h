// What one event of ESXi's PCRs is, and how far its digest proves that.
#pragma once

#include <optional>

#include "engine/base/result.h"
#include "engine/esxi/log/esxi_boot.h"
#include "engine/esxi/log/esxi_format.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill {

// `broken`: set if it is a tagged event that cannot be read; the rest is then empty.
// REQUIRES: the event is of one of `pcrs`
EsxiEvent classify(const BootEvent& event, HashAlgorithm bank, const EsxiPcrs& pcrs,
                   const EsxiFormat& format, LogForm form, std::optional<Error>& broken);

// Whether the digest is that of an event's tagged data. `known`: the row of its tag, null if nobody
// has explained it: then it may be a text of the kernel, which is measured with a NUL behind it.
bool is_digest_of(const EsxiTag* known, ByteView digest, HashAlgorithm bank, ByteView data);

// What the text of a kernel's event says, without the NUL.
std::string_view without_nul(std::string_view text);

}  // namespace quotemill
