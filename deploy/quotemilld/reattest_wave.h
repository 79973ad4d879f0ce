// ReattestWaves: challenges to many hosts at a rate, and what comes of them.
//
// Each host is asked once; it has answered when its sequence goes on, whoever asked it. Who has not
// by the deadline is silent, and who was deleted or re-enrolled meanwhile is gone. Times are boot
// time: setting a wall clock moves nothing. A wave is in memory alone: a restart of the daemon ends
// it, and what was asked is answered as ever.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "deploy/quotemilld/challenger.h"
#include "deploy/quotemilld/keep_act.h"
#include "engine/base/result.h"
#include "engine/pipeline/host_table.h"
#include "engine/ports/clock.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

struct WaveRequest {
  std::vector<Host> hosts;       // as they are when it begins
  std::uint64_t rate = 0;        // challenges a second; 0: all at once
  std::int64_t deadline_ms = 0;  // from its beginning
  std::string what;              // the selector, for people
  std::string by;
};

// One wave at a time. Any thread.
class ReattestWaves {
 public:
  // All borrowed. Without `runs_by_itself` whoever owns it calls step().
  ReattestWaves(const HostTable& hosts, Challenger challenge, const Clock& clock,
                bool runs_by_itself = true);
  ~ReattestWaves();
  ReattestWaves(const ReattestWaves&) = delete;
  ReattestWaves& operator=(const ReattestWaves&) = delete;

  // kConflict while one goes on, kNotFound if there are no hosts; kConfig if the deadline is over
  // before all are asked; what `keep` says. Returns its number.
  Result<std::uint64_t> start(WaveRequest request, const KeepAct& keep = {});
  // Nobody more is asked. kNotFound if none goes on.
  Result<void> stop();

  // Asks who is due, and looks who has answered.
  void step();

  // wave (0: none), state (none, running, done, stopped), what, by, hosts, asked, answered,
  // changed, not_connected, gone, silent, elapsed_ms, remaining_ms, changes[]{from, to, hosts},
  // silent_hosts[] (names, at the end).
  [[nodiscard]] transport::Json status() const;

 private:
  enum class State : std::uint8_t { kNone, kRunning, kDone, kStopped };
  enum class Answer : std::uint8_t { kWaiting, kSame, kChanged, kGone };

  struct Asked {
    std::shared_ptr<const HostRecord> record;
    std::uint64_t sequence = 0;
    TrustState before = TrustState::kUnknown;
    TrustState after = TrustState::kUnknown;
    bool is_connected = false;
    Answer answer = Answer::kWaiting;
  };

  [[nodiscard]] std::vector<HostUid> take_due(BootTime now);
  void look_at_answers();
  void look_at(Asked& one) const;

  const HostTable& hosts_;
  const Challenger challenge_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t number_ = 0;
  State state_ = State::kNone;
  WaveRequest request_;
  BootTime begun_;
  BootTime ended_;
  std::vector<Asked> hosts_of_it_;
  std::size_t asked_ = 0;  // the first so many were
  std::thread thread_;
};

}  // namespace quotemill::daemon
