#include "engine/eventlog/replay.h"

#include <array>
#include <cassert>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kDynamicLaunchFirst = 17;  // reset to ones (PFP 1.06, 2.3.1)
constexpr std::uint32_t kDynamicLaunchLast = 22;

using PcrValues = std::array<Digest, limits::kPcrCount>;

// Where a dynamic launch set PCR 17 to 22; all else is as after the reset before it.
PcrValues launched_values(const BootLog& log, HashAlgorithm bank) {
  PcrValues values;
  values.fill(Digest(bank));
  values[0].writable().back() = log.startup_locality;
  return values;
}

PcrValues reset_values(const BootLog& log, HashAlgorithm bank) {
  PcrValues values = launched_values(log, bank);
  for (std::uint32_t pcr = kDynamicLaunchFirst; pcr <= kDynamicLaunchLast; ++pcr) {
    for (std::uint8_t& byte : values[pcr].writable()) {
      byte = 0xFF;
    }
  }
  return values;
}

// `extend_pcr`: (Digest& pcr, ByteView digest)
template <class Extend>
PcrBank replay_with(const BootLog& log, HashAlgorithm bank, PcrValues values,
                    const Extend& extend_pcr) {
  assert(can_hash(bank));
  std::uint32_t extended = 0;
  std::uint32_t unreproduced = 0;
  const std::size_t index = bank_index(bank);
  const std::size_t size = digest_size(bank);
  for (const BootEvent& event : log.events) {
    if (!event.is_measured() || event.pcr >= limits::kPcrCount) {
      continue;
    }
    const std::uint16_t digest_at = event.digest_at[index];
    if (digest_at == BootEvent::kNoDigest) {
      unreproduced |= 1U << event.pcr;
      continue;
    }
    extend_pcr(values[event.pcr], event.digests.subspan(digest_at, size));
    extended |= 1U << event.pcr;
  }
  PcrBank reproduced(PcrSelection{bank, extended & ~unreproduced});
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (reproduced.has(pcr)) {
      reproduced.set(pcr, values[pcr]);
    }
  }
  return reproduced;
}

// Of the PCRs that a dynamic launch sets, those that the log extends and the quote shows.
bool dynamic_pcrs_match(const PcrBank& replayed, const PcrBank& quoted) {
  for (std::uint32_t pcr = kDynamicLaunchFirst; pcr <= kDynamicLaunchLast; ++pcr) {
    if (replayed.has(pcr) && quoted.has(pcr) && !equal(replayed.value(pcr), quoted.value(pcr))) {
      return false;
    }
  }
  return true;
}

}  // namespace

PcrBank replay(const BootLog& log, HashAlgorithm bank) {
  return replay_with(log, bank, reset_values(log, bank), extend);
}

PcrBank replay(const BootLog& log, HashAlgorithm bank, ExtendMemo& memo) {
  return replay_with(log, bank, reset_values(log, bank),
                     [&memo](Digest& pcr, ByteView digest) { memo.extend(pcr, digest); });
}

PcrBank replay_towards(const PcrBank& quoted, const BootLog& log, ExtendMemo* memo) {
  const HashAlgorithm bank = quoted.algorithm();
  PcrBank replayed = memo != nullptr ? replay(log, bank, *memo) : replay(log, bank);
  if (dynamic_pcrs_match(replayed, quoted)) {
    return replayed;
  }
  const PcrBank launched = replay_with(log, bank, launched_values(log, bank), extend);
  for (std::uint32_t pcr = kDynamicLaunchFirst; pcr <= kDynamicLaunchLast; ++pcr) {
    if (launched.has(pcr)) {
      replayed.set(pcr, launched.at(pcr));
    }
  }
  return replayed;
}

bool is_capped(const Digest& replayed, const Digest& quoted) {
  if (!can_hash(replayed.algorithm())) {
    return false;
  }
  Digest capped = replayed;
  extend(capped, Digest(replayed.algorithm()).view());
  return capped == quoted;
}

}  // namespace quotemill
