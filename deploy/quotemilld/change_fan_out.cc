#include "deploy/quotemilld/change_fan_out.h"

namespace quotemill::daemon {

void ChangeFanOut::publish(std::string_view stream_id, std::span<const Change> changes) {
  publisher_->publish(stream_id, changes);
  for (const Change& change : changes) {
    note(change);
  }
  const std::lock_guard lock(mutex_);
  for (const Change& change : changes) {
    count(change);
  }
  // Without changes there may be acts: somebody may wait for those.
  if (control_ != nullptr) {
    control_->notify();
  }
  if (sinks_ != nullptr && !changes.empty()) {
    sinks_->notify();
  }
}

void ChangeFanOut::wake(transport::ControlServer* control) {
  const std::lock_guard lock(mutex_);
  control_ = control;
}

void ChangeFanOut::wake_sinks(SinkFan* sinks) {
  const std::lock_guard lock(mutex_);
  sinks_ = sinks;
}

ChangeTally ChangeFanOut::tally() const {
  const std::lock_guard lock(mutex_);
  return tally_;
}

void ChangeFanOut::count(const Change& change) {
  ++tally_.edges.at(static_cast<std::size_t>(change.previous))
        .at(static_cast<std::size_t>(change.current));
  if (!change.reasons.empty()) {
    ++tally_.reasons[change.reasons.front().code];  // sorted: the worst comes first
  }
}

void ChangeFanOut::note(const Change& change) {
  const bool is_bad = change.current != TrustState::kTrusted &&
                      change.current != TrustState::kUnknown && !change.in_maintenance;
  // Its reasons are sorted: the worst comes first.
  const Finding* why = change.reasons.empty() ? nullptr : &change.reasons.front();
  const std::string code = why == nullptr ? std::string() : std::string(name_of(why->code));
  const std::optional<std::uint64_t> held_back =
      lines_[std::string(name_of(change.current)) + " " + code].allow(change.time.ms);
  if (!held_back) {
    return;
  }
  log_.write(is_bad ? program::LogLevel::kWarn : program::LogLevel::kInfo,
             "trust changed" + transport::held_back_words(*held_back),
             {{"host", change.host_name},
              {"from", std::string(name_of(change.previous))},
              {"to", std::string(name_of(change.current))},
              {"maintenance", change.in_maintenance ? "yes" : "no"},
              {"code", code},
              {"why", why == nullptr ? std::string() : message_of(*why)}});
}

}  // namespace quotemill::daemon
