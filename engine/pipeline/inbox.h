// Inbox: where received evidence waits to become a batch. Bounded in items and bytes; full means
// kBusy at once. Flushes by size or by the age of the oldest item, so that batches fill under load
// and latency stays low at rest. Shared: any thread offers, one thread takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/result.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/host_record.h"
#include "engine/pipeline/stage_times.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// One item of evidence on its way to a verdict. Owns its bytes.
struct Submission {
  Bytes item;      // as encode_evidence() writes it; may be malformed: that is judged, too
  Bytes boot_log;  // if it was asked for (kNeedLog) and came
  LogForm boot_log_form = LogForm::kAsSent;
  // The runtime list from byte `runtime_from` on, if that was asked for and came.
  std::optional<std::uint64_t> runtime_from;
  Bytes runtime_list;
  // Decided before judging: kLogWithheld (asked for, did not come in time) or kQuoteNonceReused
  // (other evidence for the sequence just used). The verdict is failed with this finding.
  std::optional<FindingCode> foregone;
  std::shared_ptr<const HostRecord> host;  // whose channel it came on
  Challenge challenge;                     // the open one, which it answers
  Moment received;
  // It came through a gateway, not on a channel of the host's own: until the host's key proves it,
  // it is nobody's, and no verdict on the host.
  bool carried = false;
};

class Inbox {
 public:
  // `age_ms_max`: how long the oldest item may wait for others.
  Inbox(std::size_t items_max, std::size_t bytes_max, unsigned age_ms_max);

  // kBusy when full, kExpired after close(). The submission is untouched then.
  Result<void> offer(Submission&& submission);

  // Blocks until a batch is due; up to limits::kBatchItemsMax items, in order of arrival. Empty
  // only after close(), when all has been taken. How long each has been inside is observed in
  // `times`, if there is one.
  std::vector<Submission> take(DurationHistogram* times = nullptr);

  // Refuses new items; what is inside can still be taken.
  void close();

  [[nodiscard]] std::size_t depth() const;

 private:
  const std::size_t items_max_;
  const std::size_t bytes_max_;
  const unsigned age_ms_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;

  struct Waiting {
    Submission submission;
    std::chrono::steady_clock::time_point since;
  };

  std::deque<Waiting> items_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace quotemill
