// Inbox: where received evidence waits to become a batch. Bounded in items and bytes; full means
// kBusy at once. Flushes by size or by the age of the oldest item, which is another one at rest:
// batches fill under load, and at rest nobody waits for others that do not come. With enough
// batches on their way (limits::kBatchesAhead) the next one gathers until one of them is through.
// Shared: any thread offers, one thread takes batches.
//
// What is large with its logs (limits::kBatchedItemSizeMax) goes into no batch, which would wait
// for it: it is taken by itself, by other threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
  Moment received;                         // read from the host
  // The earliest that it can have come: it may have waited here since then, or its host been put
  // off. Not after `received`. Left as it is, of no evidence that lags is it certain that it does.
  BootTime waiting_since;
  // It came through a gateway, not on a channel of the host's own: until the host's key proves it,
  // it is nobody's, and no verdict on the host.
  bool carried = false;
  // It found the inbox full before, or was asked for its logs: the inbox keeps room for it.
  bool again = false;
};

class Inbox {
 public:
  // `age_ms_max`: how long the oldest item may wait for others; `rest_ms_max`: the same while no
  // batch is on its way. Behind limits::kBatchesAhead it waits until one of those is through.
  Inbox(std::size_t items_max, std::size_t bytes_max, unsigned age_ms_max,
        unsigned rest_ms_max = 0);

  // kBusy when full, kExpired after close(). The submission is untouched then.
  Result<void> offer(Submission&& submission);

  // Whether an item of so many bytes, without logs, would be taken now; another thread may be
  // faster.
  [[nodiscard]] bool has_room(std::size_t bytes, bool again) const;

  // Blocks until a batch is due; up to limits::kBatchItemsMax items and limits::kBatchBytesMax
  // bytes, in order of arrival. Empty only after close(), when all but large items has been taken.
  // How long each has been inside is observed in `times`, if there is one. For each batch that is
  // not empty, finished() is to be called once. One thread.
  std::vector<Submission> take(DurationHistogram* times = nullptr);

  // A batch that was taken is through. Any thread.
  void finished();

  // Blocks until there is a large item; the oldest. None only after close(), when all have been
  // taken. Any number of threads.
  std::optional<Submission> take_large(DurationHistogram* times = nullptr);

  // Refuses new items; what is inside can still be taken.
  void close();

  [[nodiscard]] std::size_t items_max() const { return items_max_; }

  // Large items included.
  [[nodiscard]] std::size_t depth() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  // A batch in the making: what comes is put where it is taken from.
  struct Gathered {
    std::vector<Submission> items;
    std::vector<Time> since;  // of each
    std::size_t bytes = 0;

    [[nodiscard]] bool is_full() const;
  };

  struct Large {
    Submission submission;
    Time since;
  };

  // What take() sleeps for: it is woken for nothing else.
  enum class Wanted : std::uint8_t {
    kNothing,  // it is awake
    kAny,      // an item
    kDue,      // a full batch, or that another one is through
  };

  // All below with the mutex held.
  [[nodiscard]] bool has_place(bool again) const;
  [[nodiscard]] bool has_room_for(std::size_t bytes, bool is_large) const;
  void gather(Submission&& submission, std::size_t bytes);
  [[nodiscard]] std::optional<Time> due() const;
  void wait_until_due(std::unique_lock<std::mutex>& lock);

  const std::size_t items_max_;
  const std::size_t bytes_max_;
  const unsigned age_ms_max_;
  const unsigned rest_ms_max_;
  mutable std::mutex mutex_;
  std::condition_variable batched_came_;
  std::condition_variable large_came_;
  std::deque<Gathered> batches_;  // all but the last one are full
  std::deque<Large> large_;
  std::size_t items_ = 0;  // in all of them
  std::size_t bytes_ = 0;
  Wanted wanted_ = Wanted::kNothing;
  std::size_t on_their_way_ = 0;  // batches that were taken and are not finished
  bool closed_ = false;
};

}  // namespace quotemill
