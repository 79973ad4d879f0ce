// What the commit stage hands to the store: while nothing happens to hosts, and when they boot.
#pragma once

#include "bench/workload/boot_image.h"
#include "engine/ports/records.h"

namespace quotemill::bench {

// Its own batch for one unchanged quote of each of so many machines of the image.
CommitBatch unchanged_verdicts(const BootImage& image, unsigned hosts);

// Makes of it the next verdict on each host, which says the same.
void advance(CommitBatch& batch);

// The verdicts on so many machines of the image that booted and sent their logs: the first batch of
// a fleet that is kGroups times as large.
class BootedFleet {
 public:
  static constexpr unsigned kGroups = 16;

  BootedFleet(const BootImage& image, unsigned hosts);

  [[nodiscard]] const CommitBatch& batch() const { return batch_; }

  // Its logs told, as those who judged them would have.
  void tell(const LogTeller& teller);

  // Makes of it the same verdicts on the next group of hosts, who booted once more if each group
  // had its turn. What tells them apart is made up: evidence and logs are those of the first group,
  // under other ids.
  void advance();

 private:
  CommitBatch batch_;
  std::uint64_t turn_ = 0;
};

}  // namespace quotemill::bench
