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

PcrValues reset_values(const BootLog& log, HashAlgorithm bank) {
  PcrValues values;
  values.fill(Digest(bank));
  for (std::uint32_t pcr = kDynamicLaunchFirst; pcr <= kDynamicLaunchLast; ++pcr) {
    for (std::uint8_t& byte : values[pcr].writable()) {
      byte = 0xFF;
    }
  }
  values[0].writable().back() = log.startup_locality;
  return values;
}

// `extend_pcr`: (Digest& pcr, ByteView digest)
template <class Extend>
PcrBank replay_with(const BootLog& log, HashAlgorithm bank, const Extend& extend_pcr) {
  assert(can_hash(bank));
  PcrValues values = reset_values(log, bank);
  std::uint32_t extended = 0;
  std::uint32_t unreproduced = 0;
  for (const BootEvent& event : log.events) {
    if (!event.is_measured() || event.pcr >= limits::kPcrCount) {
      continue;
    }
    const ByteView digest = event.digest(bank);
    if (digest.empty()) {
      unreproduced |= 1U << event.pcr;
      continue;
    }
    extend_pcr(values[event.pcr], digest);
    extended |= 1U << event.pcr;
  }
  PcrBank reproduced(bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (((extended & ~unreproduced) >> pcr & 1U) != 0) {
      reproduced.set(pcr, values[pcr]);
    }
  }
  return reproduced;
}

}  // namespace

PcrBank replay(const BootLog& log, HashAlgorithm bank) {
  return replay_with(log, bank, extend);
}

PcrBank replay(const BootLog& log, HashAlgorithm bank, ExtendMemo& memo) {
  return replay_with(log, bank,
                     [&memo](Digest& pcr, ByteView digest) { memo.extend(pcr, digest); });
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
