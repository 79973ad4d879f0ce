#include "engine/eventlog/boot_aggregate.h"

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kFirmwarePcrs = 8;
constexpr std::uint32_t kWithBootLoaderPcrs = 10;

// What the kernel of today takes of this bank.
std::uint32_t usual_count(HashAlgorithm bank) {
  return bank == HashAlgorithm::kSha1 ? kFirmwarePcrs : kWithBootLoaderPcrs;
}

}  // namespace

std::optional<Digest> boot_aggregate(const PcrBank& bank, std::uint32_t pcr_count) {
  if (!can_hash(bank.algorithm())) {
    return std::nullopt;
  }
  PcrBank hashed(bank.algorithm());
  for (std::uint32_t pcr = 0; pcr < pcr_count; ++pcr) {
    if (!bank.has(pcr)) {
      return std::nullopt;
    }
    hashed.set(pcr, bank.at(pcr));
  }
  return hashed.composite(bank.algorithm());
}

std::optional<Digest> boot_aggregate_of(const ImaEntry& entry) {
  // What the list shows for another PCR is not measured with it.
  const bool is_measured = entry.pcr == kImaPcr && !entry.is_violation();
  const std::optional<ImaFields> fields = is_measured ? fields_of(entry) : std::nullopt;
  return fields.has_value() && fields->name == kBootAggregate ? fields->file_digest()
                                                              : std::nullopt;
}

BootAggregateCheck check_boot_aggregate(const Digest& listed, std::span<const PcrBank> banks) {
  if (listed.is_filled_with(0)) {
    return {.state = BootAggregateState::kNoTpm};
  }
  BootAggregateCheck check;
  for (const PcrBank& bank : banks) {
    if (bank.algorithm() != listed.algorithm()) {
      continue;
    }
    const std::uint32_t usual = usual_count(bank.algorithm());
    bool complete = true;
    for (const std::uint32_t count : {kFirmwarePcrs, kWithBootLoaderPcrs}) {
      const std::optional<Digest> value = boot_aggregate(bank, count);
      complete = complete && value.has_value();
      if (value == listed) {
        return {.state = BootAggregateState::kHolds, .pcr_count = count};
      }
      if (count == usual) {
        check.expected = value;
      }
    }
    if (complete) {
      check.state = BootAggregateState::kDiffers;
    }
  }
  return check;
}

}  // namespace quotemill
