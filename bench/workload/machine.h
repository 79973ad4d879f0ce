// Machine: a simulated host that booted an image. Knows its log and what its PCRs hold, and answers
// challenges as an agent does.
#pragma once

#include <cstdint>

#include "bench/fleet/signing_host.h"
#include "engine/pipeline/inbox.h"

namespace quotemill::bench {

// When everything of a benchmark happens.
inline constexpr Moment kNow{{1'700'000'000'000}, {500'000}};

class Machine {
 public:
  // `number` as in SigningHost; its log is what its image left.
  Machine(KeyKind kind, unsigned number, Bytes log);

  [[nodiscard]] const SigningHost& host() const { return host_; }

  [[nodiscard]] ByteView log() const { return log_; }

  // Evidence for receipt `sequence` on its way to a verdict: on first contact (or after a reboot),
  // with PCR values and log; and afterwards, while nothing changes, without either.
  [[nodiscard]] Submission first_evidence(std::uint64_t sequence) const;
  [[nodiscard]] Submission unchanged_evidence(std::uint64_t sequence) const;

 private:
  SigningHost host_;
  Bytes log_;
  PcrBank pcrs_;
};

}  // namespace quotemill::bench
