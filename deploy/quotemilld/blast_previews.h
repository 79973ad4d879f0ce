// BlastPreviews: the blast of a change, counted in the background for whoever asks for the change.
//
// Of a small fleet the answer is there at once. Of a large one the operator is told that hosts are
// being counted, follows it, and asks for the change again, which then finds the answer. So nothing
// is ever changed for somebody who has gone; and what nobody asks about any more is not counted to
// its end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "deploy/quotemilld/blast_survey.h"
#include "engine/base/result.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// What is asked: equal questions have one answer.
struct BlastQuestion {
  std::string request;  // what is to be done
  std::shared_ptr<const PolicySet> now;
  std::shared_ptr<const PolicySet> then;
};

// One at a time. Any thread.
class BlastPreviews {
 public:
  struct Pace {
    std::chrono::milliseconds at_once{1'000};    // an answer that takes no longer is given at once
    std::chrono::milliseconds patience{10'000};  // without anybody who asks
    std::chrono::milliseconds kept{60'000};      // an answer, for who was told to wait for it
  };

  // Counts on the thread that calls it: blast_of().
  using Count =
      std::function<std::optional<Blast>(const BlastQuestion&, const SurveyProgress& goes_on)>;

  BlastPreviews(Count count, Pace pace) : count_(std::move(count)), pace_(pace) {}

  // Ends what is counted.
  ~BlastPreviews();
  BlastPreviews(const BlastPreviews&) = delete;
  BlastPreviews& operator=(const BlastPreviews&) = delete;

  // The answer; nullopt while it is counted: ask status() until it is not, and then this once more.
  // kBusy while another question is counted.
  Result<std::optional<Blast>> ask(const BlastQuestion& question);

  // kNotFound if nothing is counted.
  Result<void> stop();

  // preview (0: none), state (none, running, done, abandoned), hosts, done, per_second, elapsed_ms,
  // remaining_ms.
  [[nodiscard]] transport::Json status();

 private:
  using Clock = std::chrono::steady_clock;

  enum class State : std::uint8_t { kNone, kRunning, kDone, kAbandoned };

  [[nodiscard]] bool is_of(const BlastQuestion& question) const;
  void begin(const BlastQuestion& question);
  void run(const BlastQuestion& question);
  bool goes_on(std::uint64_t done, std::uint64_t hosts);

  const Count count_;
  const Pace pace_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t number_ = 0;
  State state_ = State::kNone;
  bool was_put_off_ = false;  // somebody was told to ask again
  std::string request_;
  SnapshotId now_{};
  SnapshotId then_{};
  std::optional<Blast> blast_;
  std::uint64_t hosts_ = 0;
  std::uint64_t done_ = 0;
  Clock::time_point begun_;
  Clock::time_point asked_;
  Clock::time_point over_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quotemill::daemon
