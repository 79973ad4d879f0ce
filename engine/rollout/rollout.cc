#include "engine/rollout/rollout.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/rollout/limits.h"

namespace quotemill {
namespace {

Error refused(ErrorCode code, std::string why) {
  return {code, "rollout", 0, std::move(why)};
}

WallTime time_of(const Rollout& rollout, WallTime now) {
  return std::max(rollout.last, now);
}

Rollout next_of(const Rollout& rollout, WallTime now) {
  Rollout next = rollout;
  ++next.revision;
  next.last = time_of(rollout, now);
  return next;
}

Result<void> check_deadline(WallTime deadline, WallTime now) {
  if (deadline <= now) {
    return refused(ErrorCode::kConfig, "its deadline is not in the future");
  }
  return deadline.ms - now.ms <= limits::kRolloutMsMax
             ? Result<void>()
             : refused(ErrorCode::kConfig, "its deadline is more than a year away");
}

Result<void> check_beside(const RolloutRequest& request, const Cohort& cohort,
                          const Rollouts& others) {
  std::size_t live = 0;
  for (const auto& other : others) {
    if (other->name == request.name) {
      return refused(ErrorCode::kConflict, request.name + " was started before: give another name");
    }
    if (!other->is_live()) {
      continue;
    }
    ++live;
    if (const std::optional<HostUid> shared = cohort.shared_with(*other->cohort)) {
      return refused(ErrorCode::kConflict,
                     "host " + shared->hex() + " is in rollout " + other->name + " already");
    }
  }
  return live < limits::kRolloutsLiveMax && others.size() < limits::kRolloutsMax
             ? Result<void>()
             : refused(ErrorCode::kBusy, "there are too many rollouts");
}

void open_wave(Rollout& rollout, WallTime at) {
  ++rollout.waves_open;
  rollout.wave_opened = at;
}

bool has_due_wave(const Rollout& rollout, WallTime now) {
  return rollout.wave_every_ms > 0 && rollout.waves_open < rollout.cohort->waves() &&
         now.ms - rollout.wave_opened.ms >= rollout.wave_every_ms;
}

// Every second one, the newest always.
void thin_out(std::vector<RolloutSample>& samples) {
  std::vector<RolloutSample> kept;
  for (std::size_t i = samples.size() % 2 == 0 ? 1 : 0; i < samples.size(); i += 2) {
    kept.push_back(samples[i]);
  }
  samples = std::move(kept);
}

// Time first: what an operator does to a rollout does not depend on whether anybody had looked at
// its deadline by then.
Rollout as_of(const Rollout& rollout, WallTime now) {
  return advance_rollout(rollout, now).value_or(rollout);
}

}  // namespace

std::string_view name_of(RolloutPhase phase) {
  switch (phase) {
    case RolloutPhase::kOpen:
      return "open";
    case RolloutPhase::kOverdue:
      return "overdue";
    case RolloutPhase::kPromoted:
      return "promoted";
    case RolloutPhase::kAborted:
      return "aborted";
  }
  return "";
}

std::optional<RolloutPhase> rollout_phase(std::uint64_t number) {
  return number <= static_cast<std::uint64_t>(RolloutPhase::kAborted)
             ? std::optional(static_cast<RolloutPhase>(number))
             : std::nullopt;
}

Result<Rollout> start_rollout(const RolloutRequest& request, const Rollouts& others, WallTime now) {
  if (!is_host_name(request.name)) {
    return refused(ErrorCode::kConfig, "its name is not of the form [a-z0-9._-]{1,64}");
  }
  if (request.from == request.to) {
    return refused(ErrorCode::kConfig, "the new set is the old one");
  }
  if (request.wave_every_ms < 0 || request.wave_every_ms > limits::kRolloutMsMax) {
    return refused(ErrorCode::kConfig, "waves cannot follow at such an interval");
  }
  if (Result<void> valid = check_deadline(request.deadline, now); !valid) {
    return valid.error();
  }
  Result<Cohort> cohort = Cohort::create(request.cohort);
  if (!cohort) {
    return cohort.error();
  }
  if (Result<void> valid = check_beside(request, *cohort, others); !valid) {
    return valid.error();
  }
  Rollout rollout;
  rollout.number = others.empty() ? 1 : others.back()->number + 1;
  rollout.name = request.name;
  rollout.from = request.from;
  rollout.to = request.to;
  rollout.cohort = std::make_shared<const Cohort>(*std::move(cohort));
  rollout.wave_every_ms = request.wave_every_ms;
  rollout.started = rollout.wave_opened = rollout.last = now;
  rollout.deadline = request.deadline;
  rollout.started_by = request.by;
  return rollout;
}

Result<Rollout> extend_rollout(const Rollout& before, const RolloutExtension& extension,
                               WallTime now) {
  const Rollout rollout = as_of(before, now);
  if (!rollout.is_live()) {
    return refused(ErrorCode::kConflict,
                   rollout.name + " is " + std::string(name_of(rollout.phase)) + " already");
  }
  if (!extension.deadline && !extension.opens_wave) {
    return refused(ErrorCode::kConfig, "give a later deadline, or open a wave");
  }
  Rollout next = next_of(rollout, now);
  if (extension.deadline) {
    if (Result<void> valid = check_deadline(*extension.deadline, next.last); !valid) {
      return valid.error();
    }
    if (*extension.deadline <= rollout.deadline) {
      return refused(ErrorCode::kConfig, "the deadline is not later than the one it has");
    }
    next.deadline = *extension.deadline;
    next.phase = RolloutPhase::kOpen;
  }
  if (extension.opens_wave) {
    if (next.phase == RolloutPhase::kOverdue) {
      return refused(ErrorCode::kConflict, "it is overdue: give it a later deadline, too");
    }
    if (next.waves_open == next.cohort->waves()) {
      return refused(ErrorCode::kConflict, "all waves are open");
    }
    open_wave(next, next.last);
  }
  return next;
}

Result<Rollout> end_rollout(const Rollout& before, RolloutPhase as, const std::string& by,
                            WallTime now) {
  const Rollout rollout = as_of(before, now);
  if (!rollout.is_live()) {
    return refused(ErrorCode::kConflict,
                   rollout.name + " is " + std::string(name_of(rollout.phase)) + " already");
  }
  Rollout next = next_of(rollout, now);
  next.phase = as;
  next.ended = next.last;
  next.ended_by = by;
  return next;
}

std::optional<Rollout> advance_rollout(const Rollout& rollout, WallTime now) {
  const WallTime time = time_of(rollout, now);
  if (rollout.phase != RolloutPhase::kOpen) {
    return std::nullopt;
  }
  // A wave that was due before the deadline counts as opened then, however late anybody looks.
  const WallTime until = std::min(time, rollout.deadline);
  Rollout next = next_of(rollout, now);
  while (has_due_wave(next, until)) {
    open_wave(next, {next.wave_opened.ms + next.wave_every_ms});
  }
  if (time >= rollout.deadline) {
    next.phase = RolloutPhase::kOverdue;
  }
  const bool is_changed = next.phase != rollout.phase || next.waves_open != rollout.waves_open;
  return is_changed ? std::optional(std::move(next)) : std::nullopt;
}

std::optional<Rollout> sample_rollout(const Rollout& rollout, const RolloutCounts& counts,
                                      WallTime now) {
  if (!rollout.is_live() || (!rollout.samples.empty() && rollout.samples.back().counts == counts)) {
    return std::nullopt;
  }
  Rollout next = next_of(rollout, now);
  next.samples.push_back({next.last, counts});
  if (next.samples.size() > limits::kRolloutSamplesMax) {
    thin_out(next.samples);
  }
  return next;
}

RolloutAccepts accepts(const Rollout& rollout, const HostUid& host) {
  if (!rollout.is_live()) {
    return RolloutAccepts::kNothing;
  }
  const std::optional<std::uint32_t> wave = rollout.cohort->wave_of(host);
  if (!wave || *wave >= rollout.waves_open) {
    return RolloutAccepts::kNothing;
  }
  return rollout.phase == RolloutPhase::kOpen ? RolloutAccepts::kBoth : RolloutAccepts::kNew;
}

RolloutClock::RolloutClock(Moment now, const Rollouts& rollouts)
    : wall_(now.wall), boot_(now.boot) {
  for (const auto& rollout : rollouts) {
    wall_ = std::max(wall_, rollout->last);
  }
}

WallTime RolloutClock::at(Moment now) const {
  return {wall_.ms + std::max<std::int64_t>(0, now.boot.ms - boot_.ms)};
}

}  // namespace quotemill
