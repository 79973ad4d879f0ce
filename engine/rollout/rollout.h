// Rollout: a fleet goes from one set of reference values to another. A pure state machine: each
// function takes a rollout and gives the next one, time is an argument.
//
//   start --> open --deadline--> overdue --promote--> promoted
//               ^------extend-------/  \----abort---> aborted     (both from open, too)
//
// While it is open, the hosts of its open waves may boot what the old set or the new one explains.
// Once it is overdue, only the new set counts for them, until somebody ends or extends it. Hosts of
// waves that were not opened, and all others, are judged as if there were no rollout.
//
// A deadline is store time that never goes back: RolloutClock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/rollout/cohort.h"

namespace quotemill {

// Numbers are stored.
enum class RolloutPhase : std::uint8_t { kOpen = 0, kOverdue = 1, kPromoted = 2, kAborted = 3 };

std::string_view name_of(RolloutPhase phase);  // "open", "overdue", …
std::optional<RolloutPhase> rollout_phase(std::uint64_t number);

struct BaselineRef {
  std::string name;
  std::uint32_t version = 0;

  friend bool operator==(const BaselineRef&, const BaselineRef&) = default;
};

// Of the hosts of a cohort; each is counted once.
struct RolloutCounts {
  std::uint64_t still_old = 0;
  std::uint64_t converged = 0;  // on the new set
  std::uint64_t mixed = 0;      // some of either, nothing else
  std::uint64_t failed = 0;     // booted something else, or failed otherwise
  std::uint64_t silent = 0;     // stale
  std::uint64_t waiting = 0;    // their wave is not open, or not judged since it is
  std::uint64_t gone = 0;       // retired, denied or deleted meanwhile

  friend bool operator==(const RolloutCounts&, const RolloutCounts&) = default;
};

struct RolloutSample {
  WallTime time;
  RolloutCounts counts;

  friend bool operator==(const RolloutSample&, const RolloutSample&) = default;
};

struct Rollout {
  std::uint64_t number = 0;    // 1, 2, … in the order of their start
  std::uint64_t revision = 1;  // + 1 with each change
  std::string name;            // as host names: [a-z0-9._-]{1,64}
  BaselineRef from;
  BaselineRef to;
  std::shared_ptr<const Cohort> cohort;  // never null
  std::uint32_t waves_open = 1;
  std::int64_t wave_every_ms = 0;  // 0: waves are opened by hand
  WallTime started;
  WallTime wave_opened;  // the last one
  WallTime deadline;
  WallTime ended;  // zero: it is not
  WallTime last;   // of its last change: its time does not go back behind it
  RolloutPhase phase = RolloutPhase::kOpen;
  std::string started_by;  // escaped, as is ended_by
  std::string ended_by;
  std::vector<RolloutSample> samples;  // the oldest first

  [[nodiscard]] bool is_live() const {
    return phase == RolloutPhase::kOpen || phase == RolloutPhase::kOverdue;
  }
};

using Rollouts = std::vector<std::shared_ptr<const Rollout>>;

struct RolloutRequest {
  std::string name;
  BaselineRef from;
  BaselineRef to;
  std::vector<CohortMember> cohort;
  std::int64_t wave_every_ms = 0;
  WallTime deadline;
  std::string by;
};

// kConfig for an empty cohort, a deadline that is not in the future, and what else is no rollout;
// kConflict for a name that one has already, or a host that is in another one that is live; kBusy
// if there are too many. `others`: all that there are.
Result<Rollout> start_rollout(const RolloutRequest& request, const Rollouts& others, WallTime now);

struct RolloutExtension {
  std::optional<WallTime> deadline;  // a later one; opens it again if it is overdue
  bool opens_wave = false;
};

// Whoever extends or ends it in the moment of its deadline, or of a wave that is due, finds that
// time has done its part already.

// kConflict if it has ended or there is no further wave; kConfig for a deadline that is not later.
Result<Rollout> extend_rollout(const Rollout& rollout, const RolloutExtension& extension,
                               WallTime now);

// kConflict if it has ended.
Result<Rollout> end_rollout(const Rollout& rollout, RolloutPhase as, const std::string& by,
                            WallTime now);

// What time alone makes of it: waves that are due are opened, then it is overdue. Nullopt: nothing.
std::optional<Rollout> advance_rollout(const Rollout& rollout, WallTime now);

// With one sample more, if it differs from the last one. Of too many every second one is dropped.
std::optional<Rollout> sample_rollout(const Rollout& rollout, const RolloutCounts& counts,
                                      WallTime now);

// What a rollout accepts of a host.
enum class RolloutAccepts : std::uint8_t {
  kNothing,  // it is not for this host, or not now
  kBoth,
  kNew,
};

RolloutAccepts accepts(const Rollout& rollout, const HostUid& host);

// Time of rollouts: wall time as it was at the start of the daemon or at the last change, whichever
// is later, and from there on the boot clock: setting the wall clock neither ends nor prolongs a
// window while the daemon runs, and a restart cannot take it back behind the last change.
class RolloutClock {
 public:
  RolloutClock(Moment now, const Rollouts& rollouts);

  [[nodiscard]] WallTime at(Moment now) const;

 private:
  WallTime wall_;
  BootTime boot_;
};

}  // namespace quotemill
