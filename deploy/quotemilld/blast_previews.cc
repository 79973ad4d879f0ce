#include "deploy/quotemilld/blast_previews.h"

#include <array>
#include <utility>

#include "deploy/quotemilld/give_way.h"

namespace quotemill::daemon {

using transport::Json;

BlastPreviews::~BlastPreviews() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

// REQUIRES: the mutex
bool BlastPreviews::is_of(const BlastQuestion& question) const {
  const bool is_same =
      request_ == question.request && now_ == question.now->id() && then_ == question.then->id();
  switch (state_) {
    case State::kRunning:
      return is_same;
    case State::kDone:
      // Who was answered at once and asks again wants to know how it is by now.
      return is_same && was_put_off_ && Clock::now() - over_ <= pace_.kept;
    case State::kNone:
    case State::kAbandoned:
      return false;
  }
  return false;
}

Result<std::optional<Blast>> BlastPreviews::ask(const BlastQuestion& question) {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return state_ != State::kRunning; };
  if (!is_of(question)) {
    if (!ended_.wait_for(lock, pace_.at_once, is_over)) {
      return Error{ErrorCode::kBusy, "preview", 0,
                   "the hosts that another change hits are being counted; try again in a moment"};
    }
    begin(question);
  }
  asked_ = Clock::now();
  const std::uint64_t number = number_;
  if (!ended_.wait_for(lock, pace_.at_once, is_over)) {
    was_put_off_ = true;
    return std::optional<Blast>();
  }
  if (number != number_ || !blast_) {
    return Error{ErrorCode::kBusy, "preview", 0, "was ended by another operator; try again"};
  }
  return blast_;
}

// REQUIRES: the mutex, and that none is running
void BlastPreviews::begin(const BlastQuestion& question) {
  if (thread_.joinable()) {
    thread_.join();  // it has ended, and needs the mutex no more
  }
  ++number_;
  state_ = State::kRunning;
  was_put_off_ = false;
  request_ = question.request;
  now_ = question.now->id();
  then_ = question.then->id();
  blast_.reset();
  hosts_ = done_ = 0;
  begun_ = asked_ = Clock::now();
  stop_ = false;
  thread_ = std::thread([this, question] { run(question); });
}

void BlastPreviews::run(const BlastQuestion& question) {
  give_way();
  std::optional<Blast> blast = count_(
      question, [this](std::uint64_t done, std::uint64_t hosts) { return goes_on(done, hosts); });
  const std::lock_guard lock(mutex_);
  state_ = blast ? State::kDone : State::kAbandoned;
  blast_ = std::move(blast);
  over_ = Clock::now();
  ended_.notify_all();
}

bool BlastPreviews::goes_on(std::uint64_t done, std::uint64_t hosts) {
  const std::lock_guard lock(mutex_);
  done_ = done;
  hosts_ = hosts;
  return !stop_ && Clock::now() - asked_ <= pace_.patience;
}

Result<void> BlastPreviews::stop() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kRunning) {
    return Error{ErrorCode::kNotFound, "preview", 0, "none is counted"};
  }
  stop_ = true;
  return {};
}

Json BlastPreviews::status() {
  static constexpr std::array kStates = {"none", "running", "done", "abandoned"};
  const std::lock_guard lock(mutex_);
  asked_ = Clock::now();
  const Clock::time_point until = state_ == State::kRunning ? asked_ : over_;
  const std::int64_t elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - begun_).count();
  const double rate =
      elapsed > 0 ? static_cast<double>(done_) * 1e3 / static_cast<double>(elapsed) : 0;
  const std::uint64_t left = hosts_ > done_ ? hosts_ - done_ : 0;
  return {{"preview", number_},
          {"state", kStates.at(static_cast<std::size_t>(state_))},
          {"hosts", hosts_},
          {"done", state_ == State::kDone ? hosts_ : done_},
          {"per_second", static_cast<std::uint64_t>(rate)},
          {"elapsed_ms", elapsed},
          {"remaining_ms",
           state_ == State::kRunning && rate > 0
               ? Json(static_cast<std::uint64_t>(static_cast<double>(left) * 1e3 / rate))
               : Json(nullptr)}};
}

}  // namespace quotemill::daemon
