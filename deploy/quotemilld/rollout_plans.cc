#include "deploy/quotemilld/rollout_plans.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "deploy/quotemilld/acting_registrar.h"
#include "deploy/quotemilld/all_hosts.h"
#include "deploy/quotemilld/baseline_plans.h"
#include "engine/base/text.h"
#include "engine/rollout/limits.h"

namespace quotemill::daemon {
namespace {

Error refused(ErrorCode code, std::string detail) {
  return {code, "rollout", 0, std::move(detail)};
}

Result<std::vector<HostUid>> named_hosts(const std::vector<std::string>& names,
                                         const HostTable& hosts) {
  std::vector<HostUid> found;
  for (const std::string& name : names) {
    std::optional<Host> host = hosts.find_by_name(name);
    if (const std::optional<HostUid> uid = HostUid::from_hex(name); !host && uid) {
      host = hosts.find(*uid);
    }
    if (!host || !host->record->may_attest()) {
      return refused(ErrorCode::kNotFound, "there is no host " + escaped(name, 64));
    }
    found.push_back(host->record->uid);
  }
  return found;
}

std::vector<HostUid> selected_hosts(const HostSelector& selector, const HostTable& hosts) {
  std::vector<HostUid> found;
  for_each_host(hosts, [&](const Host& host) {
    if (selector.matches_identity(traits_of(*host.record, {}))) {
      found.push_back(host.record->uid);
    }
  });
  return found;
}

// "5", or "10%" of `all`, rounded up.
Result<std::size_t> wave_size(const std::string& text, std::size_t all) {
  const bool is_share = !text.empty() && text.back() == '%';
  const char* const end = text.data() + text.size() - (is_share ? 1 : 0);
  std::size_t number = 0;
  const auto [rest, wrong] = std::from_chars(text.data(), end, number);
  if (wrong != std::errc() || rest != end || number == 0 ||
      number > (is_share ? 100 : limits::kRolloutHostsMax)) {
    return refused(ErrorCode::kConfig,
                   "'" + escaped(text, 16) + "' is no size of a wave: a number of hosts, or 10%");
  }
  return is_share ? std::max<std::size_t>(1, (all * number + 99) / 100) : number;
}

// The one of this name and version; null if there is none, or it is retired.
std::shared_ptr<const Baseline> usable(const PoliciesInForce& policies, const BaselineRef& wanted) {
  Result<std::shared_ptr<const Baseline>> found =
      find_baseline(policies, wanted.name, wanted.version);
  return found && !(*found)->is_retired() ? *found : nullptr;
}

std::string title_of(const BaselineRef& ref) {
  return ref.name + " version " + std::to_string(ref.version);
}

// Changes one rollout by what `next` makes of it as it is then; nothing if it makes nothing.
template <class Next>
Result<void> go_on(const PoliciesInForce& policies, Registrar& registrar, const std::string& name,
                   Next next) {
  const auto done = registrar.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    const Result<std::shared_ptr<const Rollout>> rollout = find_rollout(policies, name);
    if (!rollout) {
      return rollout.error();
    }
    if (std::optional<Rollout> changed = next(**rollout)) {
      update.rollout = std::make_shared<const Rollout>(*std::move(changed));
    }
    return update;
  });
  return done ? Result<void>() : done.error();
}

std::string what_time_did(const Rollout& before, const Rollout& after) {
  std::string text = before.name;
  if (after.waves_open != before.waves_open) {
    text += ": wave " + std::to_string(after.waves_open) + " is open";
  }
  return after.phase == before.phase ? text : text + ": its deadline has passed";
}

}  // namespace

Result<std::vector<CohortMember>> plan_cohort(const CohortRequest& request,
                                              const HostTable& hosts) {
  Result<std::vector<HostUid>> found = request.hosts.empty()
                                           ? selected_hosts(request.selector, hosts)
                                           : named_hosts(request.hosts, hosts);
  if (!found) {
    return found.error();
  }
  std::vector<std::size_t> sizes;
  for (const std::string& wave : request.waves) {
    const Result<std::size_t> size = wave_size(wave, found->size());
    if (!size) {
      return size.error();
    }
    sizes.push_back(*size);
  }
  return in_waves(*found, sizes);
}

Result<std::shared_ptr<const Rollout>> find_rollout(const PoliciesInForce& policies,
                                                    const std::string& name) {
  for (const auto& rollout : policies.rollouts()) {
    if (rollout->name == name) {
      return rollout;
    }
  }
  return refused(ErrorCode::kNotFound, "there is no rollout " + escaped(name, 64));
}

Result<Promotion> plan_promotion(const Rollout& rollout, const PoliciesInForce& policies,
                                 const std::string& by, WallTime now) {
  Result<Rollout> ended = end_rollout(rollout, RolloutPhase::kPromoted, by, now);
  if (!ended) {
    return ended.error();
  }
  const std::shared_ptr<const Baseline> to = usable(policies, rollout.to);
  const std::shared_ptr<const Baseline> from = usable(policies, {rollout.from.name, 0});
  if (!to) {
    return refused(ErrorCode::kConflict, title_of(rollout.to) + " was retired meanwhile");
  }
  if (!from || from->version != rollout.from.version) {
    return refused(
        ErrorCode::kConflict,
        title_of(rollout.from) + " is not in force any more: another version is, or none");
  }
  Result<BaselinePlan> retired = plan_retirement(*from, by, now);
  if (!retired) {
    return retired.error();
  }
  BaselinePlan next;
  next.baseline = *to;
  next.baseline.name = from->name;
  if (Result<void> numbered = number_plan(next, policies, now); !numbered) {
    return numbered.error();
  }
  return Promotion{std::make_shared<const Rollout>(*std::move(ended)),
                   std::make_shared<const Baseline>(std::move(next.baseline)),
                   std::make_shared<const Baseline>(std::move(retired->baseline))};
}

RolloutReport report_of(const Rollout& rollout, const HostTable& hosts, std::size_t names_max) {
  RolloutReport report;
  report.by_wave.resize(rollout.cohort->waves());
  for (const CohortMember& member : rollout.cohort->members()) {
    const std::optional<Host> host = hosts.find(member.host);
    const Convergence kind =
        convergence_of(rollout, member.wave, host ? host->record.get() : nullptr,
                       host ? host->state.get() : nullptr);
    count(kind, report.counts);
    count(kind, report.by_wave.at(member.wave));
    auto& names = report.names.at(static_cast<std::size_t>(kind));
    if (names.size() < names_max) {
      names.push_back(host ? escaped(host->record->name) : member.host.hex());
    }
  }
  return report;
}

Result<void> keep_rollouts(const HostTable& hosts, const PoliciesInForce& policies,
                           Registrar& registrar, const RolloutClock& clock, Moment now) {
  const WallTime time = clock.at(now);
  for (const auto& rollout : policies.rollouts()) {
    if (const std::optional<Rollout> due = advance_rollout(*rollout, time)) {
      ActingRegistrar acting(registrar,
                             {"quotemill", "rollout.advance", what_time_did(*rollout, *due)});
      const Result<void> done =
          go_on(policies, acting, rollout->name,
                [time](const Rollout& current) { return advance_rollout(current, time); });
      if (!done) {
        return done;
      }
    }
    if (!rollout->is_live()) {
      continue;
    }
    const RolloutCounts counts = report_of(*rollout, hosts, 0).counts;
    if (sample_rollout(*rollout, counts, time)) {
      const Result<void> done =
          go_on(policies, registrar, rollout->name,
                [&](const Rollout& current) { return sample_rollout(current, counts, time); });
      if (!done) {
        return done;
      }
    }
  }
  return {};
}

}  // namespace quotemill::daemon
