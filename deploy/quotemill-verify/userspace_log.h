// systemd's userspace event log (/run/log/systemd/tpm2-measure.log): what systemd extended after
// boot, as JSON texts behind ASCII record separators (RFC 7464), each like an event of the TCG
// Canonical Event Log Format (CEL-JSON).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/eventlog/proof/event_proof.h"
#include "engine/tpm/pcr.h"

namespace quotemill::offline {

struct UserspaceRecord {
  // One of the two: an index that systemd extends like a PCR (an NvPCR) is in no quote, so such a
  // record is kept and proves nothing.
  std::optional<std::uint32_t> pcr;
  std::optional<std::uint32_t> nv_index;
  std::vector<Digest> digests;  // of known algorithms, at most one each
  std::string type;             // "phase", "volume-key", "machine-id", …; printable
  std::string text;             // what was measured, as far as systemd tells; printable
  // kDataProven: the text has every digest; else kDigestProven (a key's, or nothing is told).
  // kNotMeasured: not into a PCR.
  ProofClass proof = ProofClass::kDigestProven;
};

// What could be read: `broken` is set if a record is none, and all behind it is left out. systemd
// marks a log whose last record may be missing by the file's sticky bit, which is not seen here.
struct UserspaceLog {
  std::vector<UserspaceRecord> records;  // at most limits::kUserspaceRecordsMax
  std::optional<Error> broken;
};

UserspaceLog decode_userspace_log(ByteView file);

// Goes on extending where the boot log ended: PCRs that it did not extend begin with zeros. A PCR
// is left out if a record has no digest of this bank, or bit n of `unknown` says that the boot log
// did not give its value. REQUIRES: can_hash(pcrs.algorithm())
PcrBank extended(const PcrBank& pcrs, const UserspaceLog& log, std::uint32_t unknown);

}  // namespace quotemill::offline
