// The verbs about rollouts.
#include <algorithm>

#include "deploy/quotemilld/blast_guard.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "engine/base/text.h"
#include "engine/rollout/limits.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlOutcome;
using transport::Json;

namespace {

constexpr std::size_t kNamedHostsMax = 10'000;  // in one request
constexpr std::size_t kNamesMax = 1'000;        // of each kind, in an answer

Json render_counts(const RolloutCounts& counts) {
  return {{"old", counts.still_old}, {"new", counts.converged}, {"mixed", counts.mixed},
          {"failed", counts.failed}, {"silent", counts.silent}, {"waiting", counts.waiting},
          {"gone", counts.gone}};
}

Json render_ref(const BaselineRef& ref) {
  return {{"name", ref.name}, {"version", ref.version}};
}

Json moment_or_null(WallTime time) {
  return time.ms == 0 ? Json(nullptr) : transport::iso_time(time);
}

Json render_rollout(const Rollout& rollout) {
  return {{"name", rollout.name},
          {"phase", name_of(rollout.phase)},
          {"from", render_ref(rollout.from)},
          {"to", render_ref(rollout.to)},
          {"hosts", rollout.cohort->members().size()},
          {"waves", rollout.cohort->waves()},
          {"waves_open", rollout.waves_open},
          {"wave_every_ms", rollout.wave_every_ms},
          {"started", transport::iso_time(rollout.started)},
          {"started_by", rollout.started_by},
          {"deadline", transport::iso_time(rollout.deadline)},
          {"ended", moment_or_null(rollout.ended)},
          {"ended_by", rollout.ended_by}};
}

LabelPattern label_pattern(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals == std::string::npos
             ? LabelPattern{text, "*"}
             : LabelPattern{text.substr(0, equals), text.substr(equals + 1)};
}

// Whether the rollout is for any of the hosts that it names.
bool is_used(const PolicySet& then, const Rollout& rollout, const HostTable& hosts) {
  const auto& members = rollout.cohort->members();
  return std::any_of(members.begin(), members.end(), [&](const CohortMember& member) {
    const std::optional<Host> host = hosts.find(member.host);
    if (!host || member.wave != 0) {
      return false;
    }
    const auto& snapshot = then.snapshot_for(traits_of(*host->record, view_of(host->state->facts)));
    return snapshot->rollout() != nullptr;
  });
}

}  // namespace

// "for_ms" from now, or "deadline_ms", a moment of the wall clock; zero if neither is there.
WallTime OperatorVerbs::rollout_deadline(OperatorArgs& args) const {
  constexpr std::uint64_t kMax = INT64_MAX / 4;
  const std::uint64_t for_ms = args.number_or("for_ms", 0, limits::kRolloutMsMax);
  const std::uint64_t at_ms = args.number_or("deadline_ms", 0, kMax);
  const Moment now = parts_.clock.now();
  const std::int64_t time = rollout_clock_.at(now).ms;
  if (for_ms != 0) {
    return {time + static_cast<std::int64_t>(for_ms)};
  }
  return {at_ms == 0 ? 0 : time + static_cast<std::int64_t>(at_ms) - now.wall.ms};
}

ControlOutcome OperatorVerbs::rollout_start(OperatorArgs& args, Call call) {
  RolloutRequest request;
  request.name = args.text("name");
  const Result<std::shared_ptr<const Baseline>> from = baseline_named(args, "from", "from_version");
  const Result<std::shared_ptr<const Baseline>> to = baseline_named(args, "to", "to_version");
  CohortRequest cohort;
  cohort.hosts = args.texts("hosts", kNamedHostsMax);
  cohort.selector.names = args.texts("names", limits::kRolloutWavesMax);
  for (const std::string& label : args.texts("labels", limits::kRolloutWavesMax)) {
    cohort.selector.labels.push_back(label_pattern(label));
  }
  cohort.waves = args.texts("waves", limits::kRolloutWavesMax);
  request.wave_every_ms =
      static_cast<std::int64_t>(args.number_or("wave_every_ms", 0, limits::kRolloutMsMax));
  request.deadline = rollout_deadline(args);
  const bool is_all = args.flag("all");
  const bool is_confirmed = args.flag("confirmed");
  request.by = args.who();
  if (args.ok() && cohort.hosts.empty() && cohort.selector == HostSelector{} && !is_all) {
    args.fail("hosts", "is empty, and there are no names, labels, or all");
  }
  if (args.ok() && (!from || !to)) {
    return control_error(from ? to.error() : from.error());
  }
  if (!args.ok()) {
    return args.error();
  }
  request.from = {(*from)->name, (*from)->version};
  request.to = {(*to)->name, (*to)->version};
  Result<std::vector<CohortMember>> members = plan_cohort(cohort, parts_.hosts);
  if (!members) {
    return control_error(members.error());
  }
  request.cohort = *std::move(members);
  return begin_rollout(call, request, is_confirmed);
}

ControlOutcome OperatorVerbs::begin_rollout(Call call, const RolloutRequest& request,
                                            bool is_confirmed) {
  const auto plan = [&](WallTime now) -> Result<std::shared_ptr<const Rollout>> {
    for (const BaselineRef& ref : {request.from, request.to}) {
      const auto found = find_baseline(parts_.policies, ref.name, ref.version);
      if (!found || (*found)->is_retired()) {
        return Error{ErrorCode::kConflict, "rollout", 0, ref.name + " is retired"};
      }
    }
    if (const auto in_force = find_baseline(parts_.policies, request.from.name, 0);
        !in_force || (*in_force)->version != request.from.version) {
      return Error{ErrorCode::kConflict, "rollout", 0,
                   request.from.name + " is in force in another version"};
    }
    Result<Rollout> started = start_rollout(request, parts_.policies.rollouts(), now);
    return started ? Result<std::shared_ptr<const Rollout>>(
                         std::make_shared<const Rollout>(*std::move(started)))
                   : started.error();
  };
  return change_rollout(
      call, {request.by, "rollout.start", request.name}, is_confirmed,
      [&](WallTime now) -> Result<Promotion> {
        Result<std::shared_ptr<const Rollout>> rollout = plan(now);
        if (!rollout) {
          return rollout.error();
        }
        if (!is_used(*parts_.policies.with({}, {*rollout}), **rollout, parts_.hosts)) {
          return Error{ErrorCode::kConflict, "rollout", 0,
                       "no policy of these hosts names " + request.from.name};
        }
        return Promotion{*std::move(rollout), nullptr, nullptr};
      });
}

ControlOutcome OperatorVerbs::change_rollout(
    Call call, const AuditAct& act, bool is_confirmed,
    const std::function<Result<Promotion>(WallTime now)>& plan) {
  Result<Promotion> planned = plan(rollout_clock_.at(parts_.clock.now()));
  if (!planned) {
    audit(call, act.verb, act.who, act.subject, &planned.error());
    return control_error(planned.error());
  }
  Json out = Json::object();
  const BlastGuard guard(parts_.policies, is_confirmed);
  if (!is_confirmed) {
    std::vector<std::shared_ptr<const Baseline>> baselines;
    if (planned->baseline) {
      baselines = {planned->baseline, planned->retired};
    }
    const auto then = parts_.policies.with(baselines, {planned->rollout});
    if (std::optional<ControlOutcome> instead = tell_blast(call, then, out)) {
      return *std::move(instead);
    }
  }
  // Planned once more, where nothing can come between.
  const Result<std::shared_ptr<const HostRecord>> done =
      change(call, act, [&](const RegistryView& view) -> Result<IdentityUpdate> {
        if (const Result<void> same = guard.check(); !same) {
          return same.error();
        }
        planned = plan(rollout_clock_.at(view.now));
        if (!planned) {
          return planned.error();
        }
        IdentityUpdate update;
        update.rollout = planned->rollout;
        update.baseline = planned->baseline;
        update.replaced = planned->retired;
        return update;
      });
  if (!done) {
    return control_error(done.error());
  }
  out.update(render_rollout(*planned->rollout));
  if (planned->baseline) {
    out["baseline"] = transport::render_baseline(*planned->baseline);
  }
  if (call.is_check) {
    out["dry_run"] = true;
  }
  return out;
}

ControlOutcome OperatorVerbs::rollout_extend(OperatorArgs& args, Call call) {
  const std::string name = args.text("name");
  const WallTime deadline = rollout_deadline(args);
  RolloutExtension extension;
  extension.opens_wave = args.flag("wave");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (deadline.ms != 0) {
    extension.deadline = deadline;
  }
  std::string subject = name;
  if (extension.deadline) {
    subject += ": deadline " + transport::iso_time(deadline).get<std::string>();
  }
  if (extension.opens_wave) {
    subject += ": next wave";
  }
  // Nobody gets worse by more time, or by a wave.
  return change_rollout(
      call, {who, "rollout.extend", subject}, true, [&](WallTime now) -> Result<Promotion> {
        const auto rollout = find_rollout(parts_.policies, name);
        if (!rollout) {
          return rollout.error();
        }
        Result<Rollout> next = extend_rollout(**rollout, extension, now);
        if (!next) {
          return next.error();
        }
        return Promotion{std::make_shared<const Rollout>(*std::move(next)), nullptr, nullptr};
      });
}

ControlOutcome OperatorVerbs::rollout_promote(OperatorArgs& args, Call call) {
  const std::string name = args.text("name");
  const bool is_confirmed = args.flag("confirmed");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  return change_rollout(call, {who, "rollout.promote", name}, is_confirmed,
                        [&](WallTime now) -> Result<Promotion> {
                          const auto rollout = find_rollout(parts_.policies, name);
                          return rollout ? plan_promotion(**rollout, parts_.policies, who, now)
                                         : Result<Promotion>(rollout.error());
                        });
}

ControlOutcome OperatorVerbs::rollout_abort(OperatorArgs& args, Call call) {
  const std::string name = args.text("name");
  const bool is_confirmed = args.flag("confirmed");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  return change_rollout(
      call, {who, "rollout.abort", name}, is_confirmed, [&](WallTime now) -> Result<Promotion> {
        const auto rollout = find_rollout(parts_.policies, name);
        if (!rollout) {
          return rollout.error();
        }
        Result<Rollout> next = end_rollout(**rollout, RolloutPhase::kAborted, who, now);
        if (!next) {
          return next.error();
        }
        return Promotion{std::make_shared<const Rollout>(*std::move(next)), nullptr, nullptr};
      });
}

ControlOutcome OperatorVerbs::rollout_status(OperatorArgs& args, Call /*call*/) {
  const std::string name = args.text("name");
  const std::size_t names_max = args.number_or("names", 20, kNamesMax);
  if (!args.ok()) {
    return args.error();
  }
  const auto rollout = find_rollout(parts_.policies, name);
  if (!rollout) {
    return control_error(rollout.error());
  }
  const RolloutReport report = report_of(**rollout, parts_.hosts, names_max);
  Json out = render_rollout(**rollout);
  out["counts"] = render_counts(report.counts);
  Json waves = Json::array();
  for (const RolloutCounts& counts : report.by_wave) {
    waves.push_back(render_counts(counts));
  }
  out["by_wave"] = std::move(waves);
  Json names = Json::object();
  for (std::size_t i = 0; i < report.names.size(); ++i) {
    names[std::string(name_of(static_cast<Convergence>(i)))] = report.names[i];
  }
  out["names"] = std::move(names);
  Json samples = Json::array();
  for (const RolloutSample& sample : (*rollout)->samples) {
    samples.push_back(
        {{"time", transport::iso_time(sample.time)}, {"counts", render_counts(sample.counts)}});
  }
  out["samples"] = std::move(samples);
  return out;
}

ControlOutcome OperatorVerbs::rollout_list(OperatorArgs& /*args*/, Call /*call*/) {
  Json list = Json::array();
  for (const auto& rollout : parts_.policies.rollouts()) {
    list.push_back(render_rollout(*rollout));
  }
  return Json{{"rollouts", std::move(list)}};
}

}  // namespace quotemill::daemon
