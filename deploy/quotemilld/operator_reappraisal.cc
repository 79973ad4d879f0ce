// The verbs about many hosts at once: re-appraisal of what is stored, and waves of challenges.
#include <algorithm>

#include "deploy/quotemilld/all_hosts.h"
#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/text.h"
#include "transport/control/control_error.h"

namespace quotemill::daemon {

using transport::control_error_of_detail;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

constexpr std::uint64_t kRateMax = 1'000'000;  // challenges a second
constexpr std::uint64_t kDeadlineMsMax = 7ULL * 24 * 3600 * 1000;
constexpr std::int64_t kAnswerMs =
    60'000;  // for the last one that is asked, if no deadline is given

ControlError not_here() {
  return {ErrorCode::kUnsupported, "this daemon cannot do that", {}};
}

std::string subject_of(const std::string& selector) {
  return selector.empty() ? "all hosts" : escaped(selector);
}

}  // namespace

Result<void> OperatorVerbs::keep_act(Call call, const AuditAct& act) {
  const auto kept = change(call, act, [](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.is_act_alone = true;
    return update;
  });
  return kept ? Result<void>() : kept.error();
}

ControlOutcome OperatorVerbs::stopped_outcome(Call call, const AuditAct& act,
                                              const Result<void>& stopped, Json status) {
  if (!stopped) {
    audit(call, act.verb, act.who, act.subject, &stopped.error());
    return control_error_of_detail(stopped.error());
  }
  const Result<void> kept = keep_act(call, act);
  return kept ? ControlOutcome(std::move(status)) : control_error_of_detail(kept.error());
}

Result<std::vector<Host>> OperatorVerbs::selected_hosts(const std::string& selector) const {
  const Result<HostSelector> wanted =
      selector.empty() ? Result<HostSelector>(HostSelector()) : parse_selector(selector);
  if (!wanted) {
    return wanted.error();
  }
  std::vector<Host> hosts;
  for_each_host(parts_.hosts, [&](Host& host) {
    if (wanted->matches(traits_of(*host.record, view_of(host.state->facts)))) {
      hosts.push_back(std::move(host));
    }
  });
  return hosts;
}

ControlOutcome OperatorVerbs::reappraise(OperatorArgs& args, Call call) {
  RunRequest request;
  request.kind = call.is_check ? RunKind::kWhatIf : RunKind::kReal;
  request.selector = args.text_or("hosts", {});
  request.signatures =
      args.flag("signatures") ? StoredSignatures::kChecked : StoredSignatures::kBelieved;
  PolicyRequest wanted;
  wanted.apply = args.texts("texts", limits::kPolicyTextsMax);
  wanted.may_go_back = true;
  request.by = wanted.by = args.who();
  if (!call.is_check && !wanted.apply.empty()) {
    args.fail("texts", "are for what would be: policies are applied first (policy.apply)");
  }
  if (!args.ok()) {
    return args.error();
  }
  if (parts_.runs == nullptr) {
    return not_here();
  }
  if (call.is_check) {
    const Result<PolicyChange> planned = parts_.policies.plan(wanted, parts_.clock.now().wall);
    if (!planned) {
      return control_error_of_detail(planned.error());
    }
    request.policies = planned->set;
  }
  const Result<std::uint64_t> run = parts_.runs->start(request, [&]() -> Result<void> {
    return call.is_check ? Result<void>()
                         : keep_act(call, {request.by, "reappraise", subject_of(request.selector)});
  });
  return run ? ControlOutcome(Json{{"run", *run}}) : control_error_of_detail(run.error());
}

ControlOutcome OperatorVerbs::reappraise_status(OperatorArgs& /*args*/, Call /*call*/) {
  return parts_.runs == nullptr ? ControlOutcome(not_here()) : parts_.runs->status();
}

ControlOutcome OperatorVerbs::reappraise_stop(OperatorArgs& args, Call call) {
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (parts_.runs == nullptr) {
    return not_here();
  }
  const Result<void> stopped = parts_.runs->interrupt();
  return stopped_outcome(call, {who, "reappraise.stop", ""}, stopped, parts_.runs->status());
}

ControlOutcome OperatorVerbs::reappraise_resume(OperatorArgs& args, Call call) {
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (parts_.runs == nullptr) {
    return not_here();
  }
  const Result<std::uint64_t> run = parts_.runs->resume([&] {
    return keep_act(call, {who, "reappraise.resume", ""});
  });
  return run ? ControlOutcome(Json{{"run", *run}}) : control_error_of_detail(run.error());
}

ControlOutcome OperatorVerbs::wave(OperatorArgs& args, Call call) {
  WaveRequest request;
  request.what = args.text_or("hosts", {});
  request.rate = args.number_or("rate", 0, kRateMax);
  request.deadline_ms = static_cast<std::int64_t>(args.number_or("deadline_ms", 0, kDeadlineMsMax));
  request.by = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (parts_.waves == nullptr) {
    return not_here();
  }
  Result<std::vector<Host>> hosts = selected_hosts(request.what);
  if (!hosts) {
    return control_error_of_detail(hosts.error());
  }
  if (call.is_check) {
    return Json{{"dry_run", true}, {"hosts", hosts->size()}};
  }
  if (request.deadline_ms == 0) {
    const std::uint64_t per_second = std::max<std::uint64_t>(request.rate, 1);
    request.deadline_ms =
        kAnswerMs +
        (request.rate == 0 ? 0 : static_cast<std::int64_t>(hosts->size() * 1'000 / per_second));
  }
  const AuditAct act{request.by, "reattest.wave", subject_of(request.what)};
  request.hosts = *std::move(hosts);
  const Result<std::uint64_t> started =
      parts_.waves->start(std::move(request), [&] { return keep_act(call, act); });
  if (!started) {
    audit(call, act.verb, act.who, act.subject, &started.error());
    return control_error_of_detail(started.error());
  }
  return Json{{"wave", *started}};
}

ControlOutcome OperatorVerbs::wave_status(OperatorArgs& /*args*/, Call /*call*/) {
  return parts_.waves == nullptr ? ControlOutcome(not_here()) : parts_.waves->status();
}

ControlOutcome OperatorVerbs::wave_stop(OperatorArgs& args, Call call) {
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  if (parts_.waves == nullptr) {
    return not_here();
  }
  const Result<void> stopped = parts_.waves->stop();
  return stopped_outcome(call, {who, "reattest.wave.stop", ""}, stopped, parts_.waves->status());
}

}  // namespace quotemill::daemon
