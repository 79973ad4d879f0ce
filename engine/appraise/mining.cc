#include "engine/appraise/mining.h"

#include <algorithm>

#include "engine/appraise/compare_references.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/proof/loads_nothing.h"

namespace quotemill {
namespace {

bool is_known(const Snapshot& snapshot, HashAlgorithm bank, std::uint32_t pcr,
              const Digest& digest) {
  const auto& sets = snapshot.reference_sets();
  const auto& boots = snapshot.references();
  return knows_event(sets, digest, pcr) ||
         std::any_of(boots.begin(), boots.end(), [&](const BootReference& boot) {
           const auto sequence = boot.sequence(bank, pcr);
           return std::any_of(sequence.begin(), sequence.end(),
                              [&](const ReferenceDigest& each) { return each.digest == digest; });
         });
}

std::string firmware_of(const BootEvent& event, HashAlgorithm bank) {
  if (!can_hash(bank) || !equal(hash(bank, event.data).view(), event.digest(bank))) {
    return "unproven";
  }
  return describe(event);
}

}  // namespace

MinedBoot mine_boot(const BootLog& log, HashAlgorithm bank, std::uint32_t pcrs,
                    const Snapshot& snapshot) {
  MinedBoot mined;
  for (const BootEvent& event : log.events) {
    if (!event.is_measured() || event.pcr >= limits::kPcrCount) {
      continue;
    }
    if (event.pcr == 0 && event.type == event_type::kSCrtmVersion && mined.firmware.empty()) {
      mined.firmware = firmware_of(event, bank);
    }
    const std::optional<Digest> digest = Digest::from(bank, event.digest(bank));
    if ((pcrs >> event.pcr & 1U) == 0 || !digest || is_known(snapshot, bank, event.pcr, *digest) ||
        loads_nothing(event, bank)) {
      continue;
    }
    mined.unknown.push_back({event.pcr, event.type, *digest, describe(event)});
  }
  return mined;
}

}  // namespace quotemill
