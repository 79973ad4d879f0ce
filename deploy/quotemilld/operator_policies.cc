// The verbs about policies.
#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

#include "deploy/quotemilld/all_hosts.h"
#include "deploy/quotemilld/blast.h"
#include "deploy/quotemilld/blast_guard.h"
#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error_of_detail;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

// How many hosts each snapshot is for.
std::unordered_map<const Snapshot*, std::uint64_t> hosts_by_snapshot(const HostTable& hosts,
                                                                     const PolicySet& policies) {
  std::unordered_map<const Snapshot*, std::uint64_t> counts;
  const auto& first = policies.snapshots().front();
  if (first->policy().selector == HostSelector()) {
    // It is for all of them: a fleet under one policy is not counted host by host.
    const std::array<std::size_t, 5> states = hosts.counts();
    counts[first.get()] = std::accumulate(states.begin(), states.end(), std::uint64_t{0});
    return counts;
  }
  for_each_host(hosts, [&](const Host& host) {
    const auto& snapshot =
        policies.snapshot_for(traits_of(*host.record, view_of(host.state->facts)));
    // The hosts of a rollout are their policy's all the same.
    ++counts[snapshot->rollout() ? snapshot->rollout()->before.get() : snapshot.get()];
  });
  return counts;
}

// The record by which the policy is in force; null if it is the configured one.
std::shared_ptr<const PolicyRecord> record_of(
    const std::vector<std::shared_ptr<const PolicyRecord>>& records, const std::string& id) {
  const auto last = std::find_if(records.rbegin(), records.rend(),
                                 [&id](const auto& record) { return record->id == id; });
  return last == records.rend() || (*last)->is_withdrawal() ? nullptr : *last;
}

Json render_record(const PolicyRecord& record) {
  return {{"number", record.number},
          {"id", printable(record.id)},
          {"version", record.version},
          {"withdrawn", record.is_withdrawal()},
          {"time", transport::iso_time(record.applied)},
          {"by", printable(record.by)},
          {"sha256", hash(HashAlgorithm::kSha256, as_bytes(record.text)).hex()}};
}

Json render_policy(const Snapshot& snapshot, const PolicyRecord* record, std::uint64_t hosts) {
  const Policy& policy = snapshot.policy();
  Json baselines = Json::array();
  for (const auto& baseline : snapshot.baselines()) {
    baselines.push_back(transport::render_baseline(*baseline));
  }
  return {{"id", policy.id},
          {"version", policy.version},
          {"priority", policy.priority},
          {"hosts", hosts},
          {"snapshot", to_hex(snapshot.id())},
          {"source", record == nullptr ? "configured" : "applied"},
          {"applied", record == nullptr ? Json(nullptr) : render_record(*record)},
          {"baselines", std::move(baselines)}};
}

}  // namespace

Json OperatorVerbs::policies_json() const {
  const std::shared_ptr<const PolicySet> set = parts_.policies.current();
  const auto records = parts_.policies.records();
  auto hosts = hosts_by_snapshot(parts_.hosts, *set);
  Json list = Json::array();
  std::uint64_t matched = 0;
  std::uint64_t total = 0;
  for (const auto& [snapshot, count] : hosts) {
    total += count;
  }
  for (const auto& snapshot : set->snapshots()) {
    const std::uint64_t count = hosts[snapshot.get()];
    matched += count;
    list.push_back(
        render_policy(*snapshot, record_of(records, snapshot->policy().id).get(), count));
  }
  return {
      {"set", to_hex(set->id())}, {"policies", std::move(list)}, {"unmatched", total - matched}};
}

ControlOutcome OperatorVerbs::policy_list(OperatorArgs& /*args*/, Call /*call*/) {
  return policies_json();
}

ControlOutcome OperatorVerbs::policy_show(OperatorArgs& args, Call /*call*/) {
  const std::string id = args.text("id");
  const std::uint64_t number = args.number_or("number", 0, INT64_MAX);
  if (!args.ok()) {
    return args.error();
  }
  const auto records = parts_.policies.records();
  if (number != 0) {
    const auto found = std::find_if(records.begin(), records.end(), [&](const auto& record) {
      return record->number == number && record->id == id;
    });
    if (found == records.end()) {
      return ControlError{
          ErrorCode::kNotFound,
          "policy " + escaped(id) + " was not applied as number " + std::to_string(number),
          "'quotemill policy history' lists the numbers"};
    }
    Json out = render_record(**found);
    out["text"] = (*found)->text;
    return out;
  }
  const std::shared_ptr<const PolicySet> set = parts_.policies.current();
  const std::shared_ptr<const Snapshot> snapshot = set->find(id);
  if (!snapshot) {
    return ControlError{ErrorCode::kNotFound, "no policy " + escaped(id) + " is in force",
                        "'quotemill policy list' shows those that are"};
  }
  const std::shared_ptr<const PolicyRecord> record = record_of(records, id);
  Json out =
      render_policy(*snapshot, record.get(), hosts_by_snapshot(parts_.hosts, *set)[snapshot.get()]);
  out["text"] = record ? Json(record->text) : Json(nullptr);
  return out;
}

ControlOutcome OperatorVerbs::policy_history(OperatorArgs& args, Call /*call*/) {
  const std::string id = args.text_or("id", {});
  if (!args.ok()) {
    return args.error();
  }
  Json list = Json::array();
  for (const auto& record : parts_.policies.records()) {
    if (id.empty() || record->id == id) {
      list.push_back(render_record(*record));
    }
  }
  return Json{{"history", std::move(list)}};
}

ControlOutcome OperatorVerbs::policy_apply(OperatorArgs& args, Call call) {
  PolicyRequest request;
  request.apply = args.texts("texts", limits::kPolicyTextsMax);
  request.may_go_back = args.flag("force");
  const bool is_confirmed = args.flag("confirmed");
  request.by = args.who();
  if (!args.ok()) {
    return args.error();
  }
  return change_policies(call, "policy.apply", request, is_confirmed);
}

ControlOutcome OperatorVerbs::policy_withdraw(OperatorArgs& args, Call call) {
  PolicyRequest request;
  request.withdraw = {args.text("id")};
  const bool is_confirmed = args.flag("confirmed");
  request.by = args.who();
  if (!args.ok()) {
    return args.error();
  }
  return change_policies(call, "policy.withdraw", request, is_confirmed);
}

ControlOutcome OperatorVerbs::change_policies(Call call, std::string_view verb,
                                              const PolicyRequest& request, bool is_confirmed) {
  Result<PolicyChange> planned = parts_.policies.plan(request, parts_.clock.now().wall);
  if (!planned) {
    return control_error_of_detail(planned.error());
  }
  Json out = Json::object();
  const BlastGuard guard(parts_.policies, is_confirmed);
  if (!is_confirmed) {
    if (std::optional<ControlOutcome> instead = tell_blast(call, planned->set, out)) {
      return *std::move(instead);
    }
  }
  std::string subject;
  Json changed = Json::array();
  for (const auto& record : planned->records) {
    subject +=
        (subject.empty() ? "" : ", ") + record->id + " version " + std::to_string(record->version);
    changed.push_back(render_record(*record));
  }
  out["changed"] = std::move(changed);
  out["set"] = to_hex(planned->set->id());
  if (call.is_check) {
    out["dry_run"] = true;
    return out;
  }
  if (planned->records.empty()) {
    return out;
  }
  // Planned once more, where nothing can come between.
  const Result<std::shared_ptr<const HostRecord>> done =
      change(call, {request.by, std::string(verb), subject},
             [&](const RegistryView& view) -> Result<IdentityUpdate> {
               if (const Result<void> same = guard.check(); !same) {
                 return same.error();
               }
               Result<PolicyChange> again = parts_.policies.plan(request, view.now.wall);
               if (!again) {
                 return again.error();
               }
               IdentityUpdate update;
               update.policies = *std::move(again);
               return update;
             });
  if (!done) {
    return control_error_of_detail(done.error());
  }
  return out;
}

}  // namespace quotemill::daemon
