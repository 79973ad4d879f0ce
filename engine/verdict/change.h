// Change: a host's trust changed. One record per edge, never per attestation; it leaves on the
// stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/digest.h"
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
  std::int64_t policy_version = 0;  // 0: not known
  std::string rollout;              // that the host was judged under; empty: none
  SnapshotId snapshot{};
  Digest evidence;  // SHA-256 of the evidence item; zeros if time alone made the change
  BootId boot_id{};
  std::uint32_t reset_count = 0;
  std::uint32_t restart_count = 0;
  bool in_maintenance = false;  // the host was: nobody is to be woken by it
  // host_sequence of the change that began the loss of trust which this one begins, goes on with or
  // ends; 0: there is none, or nobody knows when it began.
  std::uint64_t trust_lost = 0;
  Digest chain_before;  // id_of() the change before it in the stream; zeros for the first
};

// The change between two states of one host, if there is one. Sequences, name, EK, policy, rollout,
// maintenance and chain are the caller's to fill.
std::optional<Change> compare(const HostState& previous, const HostState& current);

// Whether a loss of trust is over with it: the host is trusted again, or its life has ended. A host
// that is unknown is not trusted again.
bool ends_loss(const Change& change);

// The change's link in the chain of the stream: SHA-256("quotemill/1/change" ‖ chain_before ‖
// be64 sequence ‖ 16 bytes host ‖ be64 host_sequence ‖ be64 time ‖ u8 previous ‖ u8 current ‖
// evidence ‖ snapshot ‖ be32 count of reasons, of each be32 code and u8 severity). One that is
// taken out, put in or altered in these breaks the chain behind it.
Digest id_of(const Change& change);

}  // namespace quotemill
