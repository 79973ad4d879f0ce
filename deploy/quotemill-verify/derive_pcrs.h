// derive_pcrs(): the PCR values of a quote that came without them.
//
// Such a quote tells only their digest. Values that the logs tell and that have this digest are the
// quoted ones. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/ima_log.h"
#include "engine/tpm/pcr.h"
#include "engine/tpm/quote.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

// What a PCR holds before its first extension, in each byte: PCR 17 to 22 belong to the dynamic
// root of trust.
std::uint8_t reset_byte(std::uint32_t pcr);

// Where values may come from. Borrowed; null if it was not given.
struct PcrSources {
  const BootLog* boot_log = nullptr;
  const ImaLog* ima_log = nullptr;
};

struct DerivedPcrs {
  bool found = false;
  std::vector<PcrBank> banks;  // the quoted values; empty unless found
  Findings findings;           // why they were not found
};

// Takes the boot log as a whole, any beginning of the IMA list (it may have grown since the quote)
// and, where no log tells anything, the reset value. Linear in the list, whose length
// limits::kImaEntriesMax bounds: each entry costs one extension per bank and form, and one digest
// of all values for each way in which the banks may have taken it (two, if one bank is quoted).
DerivedPcrs derive_pcrs(const Quote& quote, HashAlgorithm signing_hash, const PcrSources& sources);

}  // namespace quotemill::offline
