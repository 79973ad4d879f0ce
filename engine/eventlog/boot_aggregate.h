// boot_aggregate: the first entry of a runtime list, by which the kernel ties it to the boot that
// it runs in: a digest of the boot PCRs.
//
// Linux, security/integrity/ima/ima_crypto.c, ima_calc_boot_aggregate_tfm(). Kernels before 5.8
// hash PCR 0 to 7 of the SHA-1 bank, whatever the list's algorithm; later ones take the bank of the
// list's algorithm (else SHA-256, else SHA-1), PCR 0 to 9 of it, and 0 to 7 of SHA-1. Some were
// built in between: both ranges are taken for every bank. The hash is always the bank's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

inline constexpr std::string_view kBootAggregate = "boot_aggregate";

enum class BootAggregateState : std::uint8_t {
  kHolds,     // it is that of the PCR values
  kDiffers,   // it is that of none of them
  kNoValues,  // the values that would tell are not there
  kNoTpm,     // zeros: the kernel found no TPM when IMA started
};

struct BootAggregateCheck {
  BootAggregateState state = BootAggregateState::kNoValues;
  std::uint32_t pcr_count = 0;          // kHolds: PCR 0 to pcr_count - 1 were hashed
  std::optional<Digest> expected = {};  // kDiffers: what the values give today's kernels
};

// The boot aggregate of the first `pcr_count` PCRs; nullopt if a value is not there or the bank
// cannot be hashed.
std::optional<Digest> boot_aggregate(const PcrBank& bank, std::uint32_t pcr_count);

// The digest that an entry of this name lists; nullopt if it is another, or a violation. Whether
// the entry is the list's first is up to the caller.
std::optional<Digest> boot_aggregate_of(const ImaEntry& entry);

// Checks what a list says against PCR values that are proven otherwise.
BootAggregateCheck check_boot_aggregate(const Digest& listed, std::span<const PcrBank> banks);

}  // namespace quotemill
