// Folds a log's digests into the PCR values that its quote must show.
#pragma once

#include <cstdint>

#include "engine/base/digest.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/extend_memo.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

// The values of the PCRs that the log extends in `bank` (the result's mask says which), beginning
// with zeros (ones for PCR 17 to 22; PCR 0 begins with the startup locality). Events without a
// digest of this bank leave the PCR out of the mask: it is not reproduced. REQUIRES: can_hash(bank)
PcrBank replay(const BootLog& log, HashAlgorithm bank);

// The same, with what other logs' replays have computed already.
PcrBank replay(const BootLog& log, HashAlgorithm bank, ExtendMemo& memo);

// The same, for a quote of these values. A dynamic launch sets PCR 17 to 22 to zeros, all at once
// and by hardware alone (TPM 2.0 Part 1, 17.7; ESXi before 7.0.3 with TXT): if the log does not
// give what is quoted of them from ones, they begin with zeros. `memo`: may be null.
PcrBank replay_towards(const PcrBank& quoted, const BootLog& log, ExtendMemo* memo);

// Whether `quoted` is `replayed` and one extend of zeros more: so Windows caps a bank that its log
// does not go on telling. A log that gives the one does not prove the other.
bool is_capped(const Digest& replayed, const Digest& quoted);

}  // namespace quotemill
