// The verbs that change something.
#include <algorithm>
#include <set>

#include "deploy/quotemilld/acting_registrar.h"
#include "deploy/quotemilld/all_hosts.h"
#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_identity.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/pipeline/reappraisal.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

constexpr std::size_t kReattestMax = 1'000;  // named in one request
constexpr std::size_t kNamesShownMax = 100;
constexpr std::size_t kTokenRandomSize = 20;
constexpr std::uint64_t kMaintenanceMsMax = 30ULL * 24 * 3600 * 1000;
constexpr std::uint64_t kTokenUsesMax = 1'000'000;
constexpr std::uint64_t kTokenTtlMsMax = 366ULL * 24 * 3600 * 1000;

}  // namespace

Registrar& OperatorVerbs::registrar(Call call) {
  return call.is_check ? dry_ : parts_.registrar;
}

void OperatorVerbs::audit(Call call, std::string_view verb, const std::string& who,
                          const std::string& subject, const Error* failure) const {
  if (parts_.audit && !call.is_check) {
    parts_.audit({std::string(verb), who, escaped(subject),
                  failure == nullptr ? "ok" : escaped(failure->to_string())});
  }
}

std::vector<HostUid> OperatorVerbs::all_hosts() const {
  std::vector<HostUid> all;
  for_each_host(parts_.hosts, [&all](const Host& host) { all.push_back(host.record->uid); });
  return all;
}

ControlOutcome OperatorVerbs::ask(std::vector<HostUid> hosts) const {
  const std::vector<HostUid> asked = parts_.challenge(hosts);
  const std::set<HostUid> reached(asked.begin(), asked.end());
  Json missing = Json::array();
  std::size_t missing_count = 0;
  for (const HostUid& uid : hosts) {
    if (reached.count(uid) != 0) {
      continue;
    }
    ++missing_count;
    const std::optional<Host> host = parts_.hosts.find(uid);
    if (host && missing.size() < kNamesShownMax) {
      missing.push_back(escaped(host->record->name));
    }
  }
  return Json{{"asked", reached.size()},
              {"not_connected", missing_count},
              {"not_connected_names", std::move(missing)}};
}

ControlOutcome OperatorVerbs::reattest(OperatorArgs& args, Call call) {
  const std::vector<std::string> names = args.texts("hosts", kReattestMax);
  const bool is_all = args.flag("all");
  const std::string who = args.who();
  if (args.ok() && is_all != names.empty()) {
    args.fail("hosts", "name some, or say all, and not both");
  }
  if (!args.ok()) {
    return args.error();
  }
  std::vector<HostUid> hosts = is_all ? all_hosts() : std::vector<HostUid>();
  for (const std::string& name : names) {
    const std::optional<Host> host = find(name);
    if (!host) {
      return no_such_host(name);  // before anybody is asked
    }
    if (!host->record->may_attest()) {
      return ControlError{ErrorCode::kConflict,
                          escaped(name) + " may not attest: it is " +
                              std::string(name_of(host->record->life_cycle)),
                          {}};
    }
    hosts.push_back(host->record->uid);
  }
  const std::string others =
      names.size() > 1 ? " and " + std::to_string(names.size() - 1) + " more" : std::string();
  if (call.is_check) {
    return Json{{"dry_run", true}, {"hosts", std::set<HostUid>(hosts.begin(), hosts.end()).size()}};
  }
  const AuditAct act{who, "reattest", is_all ? "all hosts" : names.front() + others};
  if (const Result<void> kept = keep_act(call, act); !kept) {
    return control_error(kept.error());
  }
  return ask(std::move(hosts));
}

Result<std::shared_ptr<const HostRecord>> OperatorVerbs::change(Call call, const AuditAct& act,
                                                                IdentityDecision decision) {
  ActingRegistrar acting(registrar(call), {act.who, act.verb, escaped(act.subject)});
  const Result<std::shared_ptr<const HostRecord>> done = acting.change(std::move(decision));
  audit(call, act.verb, act.who, act.subject, done ? nullptr : &done.error());
  return done;
}

ControlOutcome OperatorVerbs::change_host(Call call, std::string_view verb, const std::string& who,
                                          const HostUid& host, IdentityDecision decision) {
  const Result<std::shared_ptr<const HostRecord>> done =
      change(call, {who, std::string(verb), host.hex()}, std::move(decision));
  if (!done) {
    return control_error(done.error());
  }
  if (call.is_check) {
    return Json{{"dry_run", true},
                {"uuid", host.hex()},
                {"name", escaped((*done)->name)},
                {"life_cycle", name_of((*done)->life_cycle)}};
  }
  const std::optional<Host> now = parts_.hosts.find(host);
  return now ? transport::render_host_row(*now) : Json(nullptr);
}

ControlOutcome OperatorVerbs::pending_approve(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string name = args.text_or("name", {});
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<HostUid> uid = HostUid::from_hex(text);
  const std::optional<Host> host = uid ? parts_.hosts.find(*uid) : find_pending(text);
  return host ? change_host(call, "pending.approve", who, host->record->uid,
                            approve_host(host->record->uid, name, who))
              : no_such_host(text);
}

ControlOutcome OperatorVerbs::pending_deny(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<HostUid> uid = HostUid::from_hex(text);
  const std::optional<Host> host = uid ? parts_.hosts.find(*uid) : find_pending(text);
  return host ? change_host(call, "pending.deny", who, host->record->uid,
                            deny_host(host->record->uid, who))
              : no_such_host(text);
}

ControlOutcome OperatorVerbs::retire(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  return host ? change_host(call, "retire", who, host->record->uid,
                            retire_host(host->record->uid, who))
              : no_such_host(text);
}

ControlOutcome OperatorVerbs::restore(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string name = args.text_or("name", {});
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find_ended(text);
  return host ? change_host(call, "restore", who, host->record->uid,
                            restore_host(host->record->uid, name, who))
              : no_such_host(text);
}

ControlOutcome OperatorVerbs::label(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const LabelChange labels{args.texts_by_name("set", limits::kLabelsMax),
                           args.texts("remove", limits::kLabelsMax)};
  const std::string who = args.who();
  if (labels.set.empty() && labels.remove.empty()) {
    args.fail("set", "is empty, and so is remove");
  }
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  // What it would come to, before it is done.
  const auto labelled = dry_.change(label_host(host->record->uid, labels));
  const Json move = labelled && *labelled ? policy_move(*host, *labelled) : Json(nullptr);
  ControlOutcome outcome =
      change_host(call, "label", who, host->record->uid, label_host(host->record->uid, labels));
  if (auto* json = std::get_if<Json>(&outcome); json != nullptr && json->is_object()) {
    (*json)["policy_move"] = move;
  }
  return outcome;
}

Json OperatorVerbs::policy_move(const Host& host,
                                const std::shared_ptr<const HostRecord>& then) const {
  const std::shared_ptr<const PolicySet> policies = parts_.policies.current();
  const HostFacts facts = view_of(host.state->facts);
  const auto before = policies->snapshot_for(traits_of(*host.record, facts));
  const auto after = policies->snapshot_for(traits_of(*then, facts));
  if (before == after) {
    return nullptr;
  }
  ExtendMemo extends;
  const Reappraisal judged = quotemill::reappraise(
      {then, host.state}, {*policies, parts_.server_key, parts_.keys, parts_.history, extends});
  return {
      {"from", before->policy().id},
      {"to", after->policy().id},
      {"state", name_of(host.state->state)},
      {"state_then", judged.kind == ReappraisalKind::kVerdict ? Json(name_of(judged.verdict.state))
                                                              : Json(nullptr)}};
}

ControlOutcome OperatorVerbs::maintenance(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::uint64_t for_ms = args.number_or("for_ms", 3'600'000, kMaintenanceMsMax);
  const std::string who = args.who();
  if (for_ms == 0) {
    args.fail("for_ms", "is 0");
  }
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  return change_host(call, "maintenance", who, host->record->uid,
                     begin_maintenance(host->record->uid, static_cast<std::int64_t>(for_ms), who));
}

ControlOutcome OperatorVerbs::maintenance_end(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  return host ? change_host(call, "maintenance.end", who, host->record->uid,
                            end_maintenance(host->record->uid))
              : no_such_host(text);
}

ControlOutcome OperatorVerbs::acknowledge(OperatorArgs& args, Call call) {
  const std::string text = args.text("host");
  const std::string finding = args.text_or("finding", {});
  const std::string reason = args.text_or("reason", {});
  const std::uint64_t seen = args.number_or("seen", UINT64_MAX, UINT64_MAX);
  const std::string who = args.who();
  const std::optional<FindingCode> code = finding_code_named(finding);
  if (!finding.empty() && !code) {
    const std::string_view near = nearest_finding_name(finding);
    args.fail("finding",
              "is no code of a finding" +
                  (near.empty() ? std::string() : "; did you mean " + std::string(near) + "?"));
  }
  if (reason.size() > limits::kReasonSizeMax) {
    args.fail("reason", "has more than " + std::to_string(limits::kReasonSizeMax) + " characters");
  }
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  const HostUid& uid = host->record->uid;
  Findings acknowledged;
  const AuditAct act{who, "acknowledge",
                     uid.hex() + (finding.empty() ? " all" : " " + finding) +
                         (seen == UINT64_MAX ? "" : " seen up to " + std::to_string(seen)) +
                         (reason.empty() ? "" : ": " + reason)};
  if (const auto done = change(call, act, acknowledge_host(uid, code, seen, acknowledged)); !done) {
    return control_error(done.error(),
                         "'quotemill host " + escaped(host->record->name) + "' shows what latched");
  }
  Json list = Json::array();
  for (const Finding& one : acknowledged) {
    list.push_back(transport::render_finding(one));
  }
  const std::optional<Host> now = parts_.hosts.find(uid);
  return Json{{"uuid", uid.hex()},
              {"name", escaped(host->record->name)},
              {"dry_run", call.is_check},
              {"state", name_of((now ? *now : *host).state->state)},
              {"acknowledged", std::move(list)}};
}

ControlOutcome OperatorVerbs::token_create(OperatorArgs& args, Call call) {
  const std::uint64_t uses = args.number_or("count", 1, kTokenUsesMax);
  const std::uint64_t ttl_ms = args.number_or("ttl_ms", 3'600'000, kTokenTtlMsMax);
  const std::string who = args.who();
  if (uses == 0 || ttl_ms == 0) {
    args.fail(uses == 0 ? "count" : "ttl_ms", "is 0");
  }
  if (!args.ok()) {
    return args.error();
  }
  const Result<Bytes> random = random_bytes(kTokenRandomSize);
  if (!random) {
    return control_error(random.error());
  }
  const std::string text = "qmt_" + to_hex(*random);
  TokenRecord token{
      hash(HashAlgorithm::kSha256, as_bytes(text)), static_cast<std::uint32_t>(uses), {}, {}};
  const Result<std::shared_ptr<const HostRecord>> kept =
      change(call, {who, "token.create", token.id.hex()},
             add_token(token, static_cast<std::int64_t>(ttl_ms)));
  if (!kept) {
    return control_error(kept.error());
  }
  Json out = transport::render_token(token, token.created);
  if (call.is_check) {
    out["dry_run"] = true;
    out.erase("id");  // the real one will have another
    return out;
  }
  out["token"] = text;  // shown this once
  return out;
}

}  // namespace quotemill::daemon
