// Records with every field set, for tests of stores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/ports/records.h"

namespace quotemill::testing {

HostUid sample_uid(std::uint8_t number);
HostRecord sample_host(std::uint8_t number);
// That its record names: bytes that are no certificate.
EkCertificate sample_ek_certificate(std::uint8_t number);

// A state with counters, a proof over 24 PCRs, and two findings.
HostState sample_state(std::uint8_t number, std::uint64_t sequence);

// `has_pcr_values`: whether the evidence item carries them, or leans on an earlier one.
HistoryEntry sample_appraisal(std::uint8_t number, std::uint64_t sequence, bool has_pcr_values);

// A host that is fine and attests every minute: its state after `sequence`, and the appraisal.
// Those of consecutive sequences differ only in what a reaffirmation may change.
constexpr std::int64_t kSampleStepMs = 60'000;
WallTime sample_time(std::uint64_t sequence);
HostState sample_trusted_state(std::uint8_t number, std::uint64_t sequence);
HistoryEntry sample_trusted_appraisal(std::uint8_t number, std::uint64_t sequence);

// Its record and an edge: state and appraisal in full.
CommitBatch edge_batch(std::uint8_t number, std::uint64_t sequence);
Reaffirmation sample_reaffirmation(std::uint8_t number, std::uint64_t sequence);
// The reaffirmation of one host alone.
CommitBatch reaffirmed_batch(std::uint8_t number, std::uint64_t sequence);

Change sample_change(std::uint64_t sequence, std::uint8_t host);
std::shared_ptr<const Baseline> sample_baseline(const std::string& name, std::uint32_t version);
// Of the file sample_reference_text().
std::shared_ptr<const Baseline> sample_imported_baseline(const std::string& name,
                                                         std::uint32_t version);
std::string sample_reference_text();
TokenRecord sample_token(std::uint8_t number);
std::shared_ptr<const PolicyRecord> sample_policy(std::uint64_t number, const std::string& id);
// By the SHA-256 of its size and filling.
BootLogRecord sample_boot_log(std::size_t size, std::uint8_t fill);

// A batch with one change only.
CommitBatch change_batch(std::uint64_t sequence, std::uint8_t host);

}  // namespace quotemill::testing
