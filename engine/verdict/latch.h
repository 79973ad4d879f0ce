// Latches: what was found once and must be seen by an operator. A policy says which codes latch
// ([latch] findings); what is found under one of them holds the host's state, although later
// evidence is clean, until somebody acknowledges it.
//
// As with any alarm that latches: what is acknowledged while it is still being found holds nothing
// any more, and is forgotten when it is not found again; found anew after that, it latches anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/time.h"
#include "engine/verdict/verdict.h"

namespace quotemill {

inline constexpr std::size_t kLatchesMax = 64;        // bound: of a host, some 0.3 kB each
inline constexpr std::size_t kLatchesOfCodeMax = 8;   // bound: of one code
inline constexpr std::size_t kLatchSubjectMax = 400;  // bound: of a sentence within another one

struct Latch {
  Finding finding;             // as it was found first, with the worst severity since
  WallTime since;              // store time
  std::uint64_t sequence = 0;  // of the attestation that found it
  bool is_acknowledged = false;

  friend bool operator==(const Latch&, const Latch&) = default;
};

// Of one host, in the order in which they were found.
struct Latches {
  std::vector<Latch> all;
  bool is_full = false;  // more was found than is kept: the host's history has it

  friend bool operator==(const Latches&, const Latches&) = default;
};

// Whether findings of this code can latch: those that attestations make.
bool can_latch(FindingCode code);

// What a host's latches are after one more verdict, null for none; `before` itself if nothing
// changed. `codes` are those of the policy; findings that are only told (info) do not latch.
std::shared_ptr<const Latches> latched(std::shared_ptr<const Latches> before,
                                       const Verdict& verdict, std::span<const FindingCode> codes,
                                       WallTime now, std::uint64_t sequence);

// The verdict as the latches hold it: latch.held for each that is not acknowledged and that the
// verdict does not find itself, and the state that follows. What an earlier call had added goes
// first. REQUIRES: a verdict that decide() made
Verdict held(Verdict verdict, const Latches* latches);

// After an operator has acknowledged those of `code`, or all; `verdict` is the host's last one, and
// tells which are still being found. nullopt if there is nothing to acknowledge.
struct Acknowledgement {
  std::shared_ptr<const Latches> latches;  // null: none is left
  Findings acknowledged;
};

std::optional<Acknowledgement> acknowledge(const Latches* latches, std::optional<FindingCode> code,
                                           const Verdict& verdict);

// Those that latch come first, in else unchanged order: bounds that keep the worst findings must
// not push them out behind others of the same severity.
void put_latching_first(Findings& findings, std::span<const FindingCode> codes);

}  // namespace quotemill
