// Challenges: nonces, and what a quote's qualifying data must be.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/evidence/evidence.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

using Nonce = std::array<std::uint8_t, 32>;
using EpochKey = std::array<std::uint8_t, 32>;

// The challenge that a host's next evidence must answer. One is open per host at a time; a newer
// one voids it.
struct Challenge {
  NonceKind kind = NonceKind::kInteractive;
  Nonce nonce{};
  // A pre-issued nonce may have been made with the epoch key before the current one.
  std::optional<Nonce> alternative;
  std::uint64_t sequence = 0;  // of the receipt it leads to
  BootTime issued;             // evidence age counts from here
  BootTime deadline;           // answered later, it is an Error, never a verdict
  WallTime issued_wall;
  std::vector<PcrSelection> selections;
};

// The nonce that receipt `sequence` - 1 carried: HMAC-SHA-256(key, "quotemill/nonce/1" ‖ uid ‖
// be32 generation ‖ be64 sequence). Nothing is stored per nonce; single use is the sequence.
Nonce preissued_nonce(const EpochKey& key, const HostUid& host, std::uint32_t generation,
                      std::uint64_t sequence);

// Which host, over which channel: what the qualifying data binds a quote to beside the nonce.
struct ChannelBinding {
  HostUid host;
  std::uint32_t generation = 0;
  CurveKey host_key{};
  CurveKey server_key{};
};

// SHA-256("quotemill/1/attest" ‖ nonce ‖ uid ‖ be32 generation ‖ host key ‖ server key ‖
// SHA-256(header)): fixed lengths, purpose first.
Digest attest_qualifying_data(const Nonce& nonce, const ChannelBinding& binding,
                              ByteView header_bytes);

}  // namespace quotemill
