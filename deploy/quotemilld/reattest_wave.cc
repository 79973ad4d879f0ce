#include "deploy/quotemilld/reattest_wave.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>

#include "deploy/quotemilld/limits.h"
#include "engine/base/text.h"

namespace quotemill::daemon {

using transport::Json;

namespace {

constexpr std::chrono::milliseconds kStep{100};

}  // namespace

ReattestWaves::ReattestWaves(const HostTable& hosts, Challenger challenge, const Clock& clock,
                             bool runs_by_itself)
    : hosts_(hosts), challenge_(std::move(challenge)), clock_(clock) {
  if (!runs_by_itself) {
    return;
  }
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (state_ == State::kRunning) {
        changed_.wait_for(lock, kStep, [this] { return stopping_; });
      } else {
        changed_.wait(lock, [this] { return stopping_ || state_ == State::kRunning; });
      }
      if (!stopping_) {
        lock.unlock();
        step();
        lock.lock();
      }
    }
  });
}

ReattestWaves::~ReattestWaves() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

Result<std::uint64_t> ReattestWaves::start(WaveRequest request, const KeepAct& keep) {
  if (request.hosts.empty()) {
    return Error{ErrorCode::kNotFound, "hosts", 0, "none is selected"};
  }
  const std::int64_t needed_ms =
      request.rate == 0 ? 0
                        : static_cast<std::int64_t>(request.hosts.size() * 1'000 / request.rate);
  if (request.deadline_ms <= needed_ms) {
    return Error{ErrorCode::kConfig, "deadline", 0,
                 "it takes " + std::to_string((needed_ms + 999) / 1'000) + " s to ask " +
                     std::to_string(request.hosts.size()) + " hosts at this rate"};
  }
  std::vector<Asked> hosts;
  hosts.reserve(request.hosts.size());
  for (const Host& host : request.hosts) {
    hosts.push_back({host.record, host.state->sequence, host.state->state, host.state->state});
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kRunning) {
      return Error{ErrorCode::kConflict, "reattest", 0,
                   "a wave goes on: 'reattest --stop' ends it"};
    }
    if (const Result<void> kept = keep ? keep() : Result<void>(); !kept) {
      return kept.error();
    }
    request.hosts.clear();
    request_ = std::move(request);
    hosts_of_it_ = std::move(hosts);
    asked_ = 0;
    begun_ = clock_.now().boot;
    state_ = State::kRunning;
    ++number_;
  }
  changed_.notify_all();
  return number_;
}

Result<void> ReattestWaves::stop() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kRunning) {
    return Error{ErrorCode::kNotFound, "reattest", 0, "no wave goes on"};
  }
  look_at_answers();
  state_ = State::kStopped;
  ended_ = clock_.now().boot;
  return {};
}

void ReattestWaves::step() {
  std::vector<HostUid> due;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kRunning) {
      return;
    }
    number = number_;
    due = take_due(clock_.now().boot);
  }
  // Without the lock: the server may take its time.
  const std::vector<HostUid> connected = due.empty() ? due : challenge_(due);
  const std::set<HostUid> reached(connected.begin(), connected.end());
  const std::lock_guard lock(mutex_);
  if (state_ != State::kRunning || number != number_) {
    return;  // stopped meanwhile
  }
  for (std::size_t i = asked_ - due.size(); i < asked_; ++i) {
    hosts_of_it_[i].is_connected = reached.count(hosts_of_it_[i].record->uid) != 0;
  }
  look_at_answers();
  const BootTime now = clock_.now().boot;
  const bool is_over = now.ms - begun_.ms >= request_.deadline_ms;
  const bool is_answered =
      asked_ == hosts_of_it_.size() &&
      std::none_of(hosts_of_it_.begin(), hosts_of_it_.end(),
                   [](const Asked& one) { return one.answer == Answer::kWaiting; });
  if (is_over || is_answered) {
    state_ = State::kDone;
    ended_ = now;
  }
}

// The next hosts, as many as the rate allows by now.
std::vector<HostUid> ReattestWaves::take_due(BootTime now) {
  std::size_t wanted = hosts_of_it_.size();
  if (request_.rate != 0) {
    const auto elapsed = static_cast<std::uint64_t>(now.ms - begun_.ms);
    wanted = std::min<std::size_t>(wanted, elapsed * request_.rate / 1'000 + 1);
  }
  wanted = std::min(wanted, asked_ + limits::kWaveAtOnceMax);
  std::vector<HostUid> due;
  for (; asked_ < wanted; ++asked_) {
    Asked& one = hosts_of_it_[asked_];
    // What it said before it was asked is no answer.
    if (const std::optional<Host> host = hosts_.find(one.record->uid)) {
      one.sequence = host->state->sequence;
      one.before = host->state->state;
    }
    due.push_back(one.record->uid);
  }
  return due;
}

void ReattestWaves::look_at_answers() {
  for (std::size_t i = 0; i < asked_; ++i) {
    if (hosts_of_it_[i].answer == Answer::kWaiting) {
      look_at(hosts_of_it_[i]);
    }
  }
}

void ReattestWaves::look_at(Asked& one) const {
  const std::optional<Host> host = hosts_.find(one.record->uid);
  if (!host || !host->record->may_attest() || host->record->generation != one.record->generation) {
    one.answer = Answer::kGone;
  } else if (host->state->sequence > one.sequence) {
    one.after = host->state->state;
    one.answer = one.after == one.before ? Answer::kSame : Answer::kChanged;
  }
}

Json ReattestWaves::status() const {
  static constexpr std::array kStates = {"none", "running", "done", "stopped"};
  const std::lock_guard lock(mutex_);
  std::array<std::uint64_t, 4> answers{};
  std::map<std::pair<TrustState, TrustState>, std::uint64_t> changes;
  std::uint64_t not_connected = 0;
  std::uint64_t silent = 0;
  Json names = Json::array();
  const bool is_running = state_ == State::kRunning;
  for (std::size_t i = 0; i < asked_; ++i) {
    const Asked& one = hosts_of_it_[i];
    ++answers.at(static_cast<std::size_t>(one.answer));
    not_connected += one.is_connected ? 0U : 1U;
    if (one.answer == Answer::kChanged) {
      ++changes[{one.before, one.after}];
    }
    if (one.answer == Answer::kWaiting && !is_running) {
      ++silent;
      if (names.size() < limits::kWaveSilentNamesMax) {
        names.push_back(escaped(one.record->name));
      }
    }
  }
  Json shifts = Json::array();
  for (const auto& [shift, hosts] : changes) {
    shifts.push_back(
        {{"from", name_of(shift.first)}, {"to", name_of(shift.second)}, {"hosts", hosts}});
  }
  const std::int64_t elapsed = (is_running ? clock_.now().boot.ms : ended_.ms) - begun_.ms;
  return {
      {"wave", number_},
      {"state", kStates.at(static_cast<std::size_t>(state_))},
      {"what", printable(request_.what)},
      {"by", printable(request_.by)},
      {"hosts", hosts_of_it_.size()},
      {"asked", asked_},
      {"answered", answers[1] + answers[2]},
      {"changed", answers[2]},
      {"not_connected", not_connected},
      {"gone", answers[3]},
      {"waiting", is_running ? answers[0] : 0},
      {"silent", silent},
      {"elapsed_ms", state_ == State::kNone ? 0 : elapsed},
      {"remaining_ms", is_running ? Json(std::max<std::int64_t>(0, request_.deadline_ms - elapsed))
                                  : Json(nullptr)},
      {"changes", std::move(shifts)},
      {"silent_hosts", std::move(names)}};
}

}  // namespace quotemill::daemon
