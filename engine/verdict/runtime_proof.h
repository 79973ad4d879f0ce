// RuntimeProof: how far a host's runtime list (IMA) was proven by quotes of PCR 10, and what was
// found in it. While boot, PCR 10 and rules stay the same and nothing listed is unproven, its
// findings stand; else what is behind `list.proven_size` is asked for.
#pragma once

#include <cstdint>

#include "engine/eventlog/ima_state.h"
#include "engine/evidence/evidence.h"
#include "engine/verdict/finding.h"

namespace quotemill {

struct RuntimeProof {
  // The boot it belongs to. A kernel that was started by another one may begin a new list.
  std::uint32_t generation = 0;
  std::uint32_t reset_count = 0;
  BootId boot_id{};
  Digest rules;  // Snapshot::runtime_id(): under others the list is read anew
  Digest pcr;    // PCR 10 of the last quote that proved a beginning of the list
  ImaState list;
  // Of all proven entries, the severest limits::kFindingsMax: a file that ran has run until the
  // next boot.
  Findings findings;
};

}  // namespace quotemill
