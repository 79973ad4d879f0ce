#include "bench/fleet/measure.h"

#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {

Result<void> check_reset(agent::TpmDevice& tpm, HashAlgorithm bank) {
  const Result<std::vector<PcrBank>> pcrs = tpm.read_pcrs({{bank, 1}});
  if (!pcrs) {
    return pcrs.error();
  }
  if (!pcrs->front().at(0).is_filled_with(0)) {
    return Error{ErrorCode::kConflict, "TPM", 0,
                 "PCR 0 is extended already: restart the TPM before the next boot"};
  }
  return {};
}

Result<void> measure(agent::TpmDevice& tpm, ByteView log) {
  const BootLogReading reading = read_boot_log(log);
  if (reading.broken) {
    return *reading.broken;
  }
  for (const BootEvent& event : reading.log.events) {
    if (!event.is_measured()) {
      continue;
    }
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : reading.log.banks) {
      const std::optional<Digest> digest = Digest::from(bank, event.digest(bank));
      if (digest) {
        digests.push_back(*digest);
      }
    }
    const Result<void> extended = tpm.extend(event.pcr, digests);
    if (!extended) {
      return extended;
    }
  }
  return {};
}

}  // namespace quotemill::bench
