// HostRows: a store whose hosts can be read nearly as they are stored. For start-up: a million
// hosts differ in little, and building each one's record and state in full is most of the work.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/ports/history.h"

namespace quotemill {

// A host's state as a row has it. What many hosts have in common is built once for many rows, and
// is then the same object.
struct StateRow {
  using Id = std::array<std::uint8_t, 32>;  // a SHA-256

  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;
  TrustState state = TrustState::kUnknown;
  WallTime since;
  std::shared_ptr<const Verdict> verdict;  // but for its times
  WallTime fresh_from;
  WallTime valid_until;
  WallTime judged;
  std::optional<CounterRecord> counters;
  std::shared_ptr<const BootProof>
      proof;  // but for its generation, resetCount and log; may be null
  std::uint32_t proof_generation = 0;
  std::uint32_t proof_reset_count = 0;
  Id proof_log{};
  std::shared_ptr<const RuntimeProof> runtime;  // the host's own; may be null
  std::shared_ptr<const FactsRecord> facts;
  Id evidence{};
  ByteView receipt;
  std::optional<WallTime> nonce_issued;
  WallTime nonce_deadline;
  std::uint64_t host_changes = 0;
  std::uint64_t trust_lost = 0;
};

// A host with a state; neither latches nor anything else that is rare. Texts and bytes are
// borrowed.
struct HostRow {
  HostUid uid;
  std::uint32_t generation = 0;
  std::string_view name;
  LifeCycle life_cycle = LifeCycle::kPending;
  ByteView ek_public;
  ByteView ek_certificate_sha256;  // empty: none
  WallTime ek_certificate_not_after;
  std::string_view ek_sha256;
  ByteView ak_public;
  CurveKey curve_key{};
  WallTime enrolled;
  WallTime expires;
  std::shared_ptr<const HostRecord> common;  // its admitted_by, note and labels; no more of it
  StateRow state;
};

class HostRows : public History {
 public:
  // As History::for_each_host_of(). What is stored in the plainest form is shown to `take` first,
  // which returns whether it took it, and must have copied what it keeps. All others are given to
  // `visit`. A row that cannot be read is an Error, as it is there.
  virtual Result<void> for_each_host_row(
      std::uint32_t part, std::uint32_t parts, const std::function<bool(const HostRow& row)>& take,
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit)
      const = 0;
};

}  // namespace quotemill
