// Records with every field set, for tests of stores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/ports/records.h"

namespace quotemill::testing {

HostUid sample_uid(std::uint8_t number);
HostRecord sample_host(std::uint8_t number);

// A state with counters, a proof over 24 PCRs, and two findings.
HostState sample_state(std::uint8_t number, std::uint64_t sequence);

// `has_pcr_values`: whether the evidence item carries them, or leans on an earlier one.
HistoryEntry sample_appraisal(std::uint8_t number, std::uint64_t sequence, bool has_pcr_values);

Change sample_change(std::uint64_t sequence, std::uint8_t host);
std::shared_ptr<const Baseline> sample_baseline(const std::string& name, std::uint32_t version);
TokenRecord sample_token(std::uint8_t number);
Blob sample_blob(std::size_t size, std::uint8_t fill);

// A batch with one change only.
CommitBatch change_batch(std::uint64_t sequence, std::uint8_t host);

}  // namespace quotemill::testing
