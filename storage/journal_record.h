// Journal record: the reaffirmations of one commit, in one value of the `journal` family.
//
// An entry is all that a reaffirmation changes: with the host's state row as it was at the last
// edge, it gives the state and the appraisal again, byte for byte. It counts its run from the
// beginning, so that the newest entry of a host replaces all older ones. Layout, little-endian:
//
//   u8 version (1)   u32 entries; per entry
//     u8[16] host   u32 generation   u64 sequence
//     u64 first sequence, u64 interactive, i64 longest gap ms     of the run, with this one
//     i64 store time   i64 judged   i64 fresh from   i64 valid until   (ms since 1970)
//     u8 flags (bit 0: TPM clock, bit 1: nonce issued, bit 2: boot log)   u8 nonce kind
//     u64 TPM clock, i64 received                                  if flagged
//     i64 nonce issued                                             if flagged
//     i64 nonce deadline   u8[32] nonce   u8[32] SHA-256 of the evidence
//     u8[32] id of the boot log                                    if flagged
//     u32 size, receipt    u32 size, evidence item
//
// Not Protocol Buffers, as the other records are: this one is written for every attestation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/result.h"
#include "engine/ports/records.h"
#include "storage/history_run.h"

namespace quotemill::storage {

// One entry, read; the views borrow the record.
struct JournalEntry {
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;
  RunSoFar run;
  WallTime time;
  WallTime judged;
  WallTime fresh_from;
  WallTime valid_until;

  struct Heartbeat {
    std::uint64_t clock_ms = 0;
    WallTime received;
  };

  std::optional<Heartbeat> heartbeat;  // absent: the state has no counters
  std::optional<WallTime> nonce_issued;
  WallTime nonce_deadline;
  NonceKind nonce_kind = NonceKind::kInteractive;
  Nonce nonce{};
  Digest evidence;
  Digest boot_log;  // zeros if none
  ByteView receipt;
  ByteView evidence_item;
};

// Writes records, one after another, into the same memory.
class JournalRecordWriter {
 public:
  // An empty record that `entries` will be added to.
  void begin(std::size_t entries);

  // `run`: what it belongs to, with this one. REQUIRES: its digests are SHA-256
  void add(const Reaffirmation& reaffirmation, const RunSoFar& run);

  // Borrowed until begin().
  [[nodiscard]] std::string_view view() const { return as_text(out_.view()); }

 private:
  ByteWriter out_;
};

// The record of commit `number`, which names it in the Error: kStorage if it is damaged,
// kUnsupported if it is of a newer version.
Result<std::vector<JournalEntry>> decode_journal_record(std::uint64_t number,
                                                        std::string_view value);

// The state after the entry, made from the one that it reaffirmed.
void apply(const JournalEntry& entry, HostState& state);

// The appraisal, without its run; `state` is the one after it.
HistoryEntry appraisal_of(const JournalEntry& entry, const HostState& state);

}  // namespace quotemill::storage
