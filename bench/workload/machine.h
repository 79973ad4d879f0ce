// Machine: a simulated host that booted an image. Knows its log and what its PCRs hold, and answers
// challenges as an agent does.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/fleet/signing_host.h"
#include "bench/workload/boot_image.h"
#include "engine/pipeline/inbox.h"

namespace quotemill::bench {

// When everything of a benchmark happens.
inline constexpr Moment kNow{{1'700'000'000'000}, {500'000}};

class Machine {
 public:
  // Machine `number` of the image. Many share a key where there are more of them than that.
  Machine(KeyKind kind, unsigned number, const BootImage& image);

  [[nodiscard]] const HostRecord& record() const { return host_.record(); }

  // Evidence on its way to a verdict: for the first receipt, with PCR values and log; and for the
  // second one, as nothing has changed, without either.
  [[nodiscard]] Submission first_evidence() const;
  [[nodiscard]] Submission unchanged_evidence() const;

 private:
  [[nodiscard]] Submission answer(const Challenge& challenge, bool with_pcrs) const;

  SigningHost host_;
  Bytes log_;
  PcrBank pcrs_;
};

// Machines 0 to `count` - 1 of the image.
std::vector<Machine> boot_machines(KeyKind kind, const BootImage& image, unsigned count);

// Of each, for its first receipt and the one after that.
std::vector<Submission> first_evidence(const std::vector<Machine>& machines);
std::vector<Submission> unchanged_evidence(const std::vector<Machine>& machines);

}  // namespace quotemill::bench
