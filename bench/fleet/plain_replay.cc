#include "bench/fleet/plain_replay.h"

#include <algorithm>
#include <array>

#include <openssl/sha.h>

#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kSize = SHA256_DIGEST_LENGTH;

Bytes reset_value(std::uint32_t pcr, std::uint8_t locality) {
  const bool is_dynamic = pcr >= 17 && pcr <= 22;
  Bytes value(kSize, is_dynamic ? 0xFF : 0x00);
  value.back() = pcr == 0 ? locality : value.back();
  return value;
}

}  // namespace

PcrBank plain_replay(ByteView log, const PcrSelection& selection) {
  const BootLog boot = read_boot_log(log).log;
  PcrBank pcrs(selection.bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (!selection.has(pcr)) {
      continue;
    }
    Bytes value = reset_value(pcr, boot.startup_locality);
    for (const BootEvent& event : boot.events) {
      if (event.is_measured() && event.pcr == pcr) {
        const ByteView digest = event.digest(selection.bank);
        value.insert(value.end(), digest.begin(), digest.end());
        std::array<std::uint8_t, kSize> extended{};
        SHA256(value.data(), value.size(), extended.data());
        value.assign(extended.begin(), extended.end());
      }
    }
    pcrs.set(pcr, *Digest::from(selection.bank, value));
  }
  return pcrs;
}

}  // namespace quotemill::bench
