// Change: a host's trust changed. One record per edge, never per attestation; it leaves on the
// stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

struct Change {
  std::uint64_t sequence = 0;  // in the outbox, contiguous, from 1; given by the commit stage
  std::uint64_t host_sequence = 0;
  HostUid host;
  std::string host_name;
  std::string ek_sha256;
  WallTime time;
  TrustState previous = TrustState::kUnknown;
  TrustState current = TrustState::kUnknown;
  Findings reasons;  // what makes the current state; empty for trusted
  std::string policy_id;
  SnapshotId snapshot{};
  Digest evidence;  // SHA-256 of the evidence item; zeros if time alone made the change
  BootId boot_id{};
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool in_maintenance = false;  // the host was: nobody is to be woken by it
};

// The change between two states of one host, if there is one. Sequences, name, EK, policy and
// maintenance are the caller's to fill.
std::optional<Change> compare(const HostState& previous, const HostState& current);

}  // namespace quotemill
