// OperatorVerbs: what operators can ask of the daemon over its control socket.
//
//   status                                    counts per state, inbox, store, policy, counters
//   hosts     {after, limit, state}           a page of hosts, by name; ESXi hosts with attestation
//   host      {host}                          everything about one; a name or a uid; esxi{…} of an
//                                             ESXi host (esxi_hosts.h)
//   history   {host, before, limit, since_ms, until_ms, state}   its appraisals, newest first
//   changes   {from, limit, wait_ms, stream}  the outbox; waits for the next one
//                                             (operator_stream.cc)
//   preview.status, preview.stop              the hosts that a change would hit, being counted: the
//                                             change is asked for again then (blast_previews.h)
//   reattest  {hosts | all}                   challenge them now
//   reattest.wave {hosts (a selector), rate, deadline_ms}, reattest.wave.status, reattest.wave.stop
//   reappraise {hosts (a selector), signatures}, reappraise.check {the same, texts}: a what-if,
//     reappraise.status, reappraise.stop, reappraise.resume     (operator_reappraisal.cc)
//   baseline.list, baseline.show {name, version, from}, baseline.diff {from, from_version, to,
//     to_version}, baseline.export {name, version, offset}       (operator_baselines.cc)
//   baseline.capture {host, name, confirmed}, baseline.retire {name, version, confirmed}
//   image.list, image.approve {name, version, confirmed}       (operator_images.cc)
//   upload {sha256, size, offset, hex}        a file in parts, for
//   baseline.import {upload, name, version, format, file, confirmed}
//   policy.list, policy.show {id, number}, policy.history {id}
//   policy.apply {texts, force, confirmed}, policy.withdraw {id, confirmed}
//   rollout.start {name, from, from_version, to, to_version, hosts[] | names[], labels[] | all,
//     waves[], wave_every_ms, for_ms | deadline_ms, confirmed}, rollout.status {name, names},
//   rollout.extend {name, for_ms | deadline_ms, wave}, rollout.promote {name, confirmed},
//   rollout.abort {name, confirmed}, rollout.list           (operator_rollouts.cc)
//   mine {pcrs[], limit}, mine.promote {group, pcrs[], name, version, confirmed}
//                                             (operator_mining.cc)
//   pending.list, pending.approve {host, name}, pending.deny {host}
//   retire {host}, restore {host, name}, hosts.ended    (retired and denied ones)
//   label {host, set{}, remove[]}, maintenance {host, for_ms}, maintenance.end {host}
//   acknowledge {host, finding, reason, seen} lets go of what latched, up to an attestation
//   token.create {count, ttl_ms}, token.list
//   audit.list {from, limit, wait_ms, stream}, audit.verify    the trail of all that was changed
//   host.at {host, time_ms}                   what was known of it at a moment
//   host.bundle {host, time_ms}               the last appraisal until then, with all it rests on
//   store.check, backup {folder}
//   inventory.import {upload}, inventory.list {after}, inventory.remove {host}
//                                             hosts that are expected (operator_inventory.h)
//   hosts.import {hosts, check}               identities that no TPM proved (operator_import.h)
//
// Those that change something take "operator", the name for the record; whoever may enter the
// socket's folder is one. Answers are rendered by transport/render.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/quotemilld/baseline_plans.h"
#include "deploy/quotemilld/blast_previews.h"
#include "deploy/quotemilld/challenger.h"
#include "deploy/quotemilld/dry_registrar.h"
#include "deploy/quotemilld/fleet_run.h"
#include "deploy/quotemilld/operator_args.h"
#include "deploy/quotemilld/reattest_wave.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "deploy/quotemilld/uploads.h"
#include "engine/pipeline/counters.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/image_times.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/policies_in_force.h"
#include "engine/pipeline/registrar.h"
#include "engine/ports/clock.h"
#include "engine/ports/history.h"
#include "engine/ports/outbox.h"
#include "engine/ports/store_care.h"
#include "transport/control/control_server.h"

namespace quotemill::daemon {

// One line for the audit log. The texts are escaped.
struct OperatorAct {
  std::string verb;
  std::string who;
  std::string subject;  // a host's uid, a baseline's name, a token's id
  std::string outcome;  // "ok", or the error
};

// All borrowed; they outlive the OperatorVerbs.
struct OperatorParts {
  const HostTable& hosts;
  Registrar& registrar;
  const History& history;
  const StoreCare& store;
  const PoliciesInForce& policies;
  KeyCache& keys;
  const CurveKey& server_key;
  const Inbox& inbox;
  const PipelineCounters& counters;
  Challenger challenge;
  const Clock& clock;
  // Called for everything that changes something; any thread. May be empty.
  std::function<void(const OperatorAct&)> audit = {};
  // The counters of the endpoints, for status; any thread. May be empty.
  std::function<transport::Json()> endpoints = {};
  // The text of the policy that the configuration names.
  std::string configured_policy = {};
  FleetRuns* runs = nullptr;           // null: none can be started
  ReattestWaves* waves = nullptr;      // null: as well
  const Outbox* outbox = nullptr;      // null: all changes and acts are of the present stream
  const ImageTimes* images = nullptr;  // null: nobody knows when hosts attested to them
  BlastPreviews::Pace pace = {};       // of what is counted before a change is made
};

class OperatorVerbs final : public transport::ControlHandler {
 public:
  explicit OperatorVerbs(OperatorParts parts);

  // All verbs, those that only check included.
  static std::vector<std::string_view> verb_names();

  // By several workers at once.
  transport::ControlOutcome handle(const transport::ControlRequest& request) override;

 private:
  using Outcome = transport::ControlOutcome;

  struct Call {
    bool is_final = false;
    bool is_check = false;  // "retire.check": what "retire" would come to, with nothing changed
    const transport::ControlRequest& request;
  };

  using Verb = Outcome (OperatorVerbs::*)(OperatorArgs& args, Call call);

  struct Entry {
    std::string_view name;
    Verb verb;
    bool is_check = false;
  };

  static const std::vector<Entry>& verbs();

  Outcome status(OperatorArgs& args, Call call);
  Outcome hosts(OperatorArgs& args, Call call);
  Outcome hosts_ended(OperatorArgs& args, Call call);
  Outcome host(OperatorArgs& args, Call call);
  Outcome history(OperatorArgs& args, Call call);
  Outcome changes(OperatorArgs& args, Call call);
  Outcome preview_status(OperatorArgs& args, Call call);
  Outcome preview_stop(OperatorArgs& args, Call call);
  Outcome reattest(OperatorArgs& args, Call call);
  Outcome baseline_capture(OperatorArgs& args, Call call);
  Outcome baseline_list(OperatorArgs& args, Call call);
  Outcome baseline_import(OperatorArgs& args, Call call);
  Outcome baseline_retire(OperatorArgs& args, Call call);
  Outcome baseline_show(OperatorArgs& args, Call call);
  Outcome baseline_diff(OperatorArgs& args, Call call);
  Outcome baseline_export(OperatorArgs& args, Call call);
  Outcome image_list(OperatorArgs& args, Call call);
  Outcome image_approve(OperatorArgs& args, Call call);
  Outcome upload(OperatorArgs& args, Call call);
  Outcome policy_list(OperatorArgs& args, Call call);
  Outcome policy_show(OperatorArgs& args, Call call);
  Outcome policy_history(OperatorArgs& args, Call call);
  Outcome policy_apply(OperatorArgs& args, Call call);
  Outcome policy_withdraw(OperatorArgs& args, Call call);
  Outcome rollout_start(OperatorArgs& args, Call call);
  Outcome rollout_extend(OperatorArgs& args, Call call);
  Outcome rollout_promote(OperatorArgs& args, Call call);
  Outcome rollout_abort(OperatorArgs& args, Call call);
  Outcome rollout_status(OperatorArgs& args, Call call);
  Outcome rollout_list(OperatorArgs& args, Call call);
  Outcome mine_groups(OperatorArgs& args, Call call);
  Outcome mine_promote(OperatorArgs& args, Call call);
  Outcome pending_list(OperatorArgs& args, Call call);
  Outcome pending_approve(OperatorArgs& args, Call call);
  Outcome pending_deny(OperatorArgs& args, Call call);
  Outcome retire(OperatorArgs& args, Call call);
  Outcome restore(OperatorArgs& args, Call call);
  Outcome label(OperatorArgs& args, Call call);
  Outcome maintenance(OperatorArgs& args, Call call);
  Outcome maintenance_end(OperatorArgs& args, Call call);
  Outcome acknowledge(OperatorArgs& args, Call call);
  Outcome token_create(OperatorArgs& args, Call call);
  Outcome token_list(OperatorArgs& args, Call call);
  Outcome host_at(OperatorArgs& args, Call call);
  Outcome host_bundle(OperatorArgs& args, Call call);
  Outcome store_check(OperatorArgs& args, Call call);
  Outcome backup(OperatorArgs& args, Call call);
  Outcome audit_list(OperatorArgs& args, Call call);
  Outcome audit_check(OperatorArgs& args, Call call);
  Outcome inventory_import(OperatorArgs& args, Call call);
  Outcome inventory_list(OperatorArgs& args, Call call);
  Outcome inventory_remove(OperatorArgs& args, Call call);
  Outcome hosts_import(OperatorArgs& args, Call call);
  Outcome reappraise(OperatorArgs& args, Call call);
  Outcome reappraise_status(OperatorArgs& args, Call call);
  Outcome reappraise_stop(OperatorArgs& args, Call call);
  Outcome reappraise_resume(OperatorArgs& args, Call call);
  Outcome wave(OperatorArgs& args, Call call);
  Outcome wave_status(OperatorArgs& args, Call call);
  Outcome wave_stop(OperatorArgs& args, Call call);

  // The host of a name or uid; a pending one by its name only if no other has it.
  [[nodiscard]] std::optional<Host> find(const std::string& text) const;
  [[nodiscard]] std::optional<Host> find_pending(std::string_view name) const;
  // A retired or denied host of this name or uid, if there is but one.
  [[nodiscard]] std::optional<Host> find_ended(const std::string& text) const;
  [[nodiscard]] transport::ControlError no_such_host(const std::string& text) const;
  [[nodiscard]] std::vector<HostUid> all_hosts() const;
  // The SHA-256 that the argument "upload" names a file by; the argument is marked as wrong if not.
  [[nodiscard]] static std::optional<Digest> upload_named(OperatorArgs& args);
  // The baseline that two arguments name.
  [[nodiscard]] Result<std::shared_ptr<const Baseline>> baseline_named(OperatorArgs& args,
                                                                       const char* name,
                                                                       const char* version) const;
  // from and to (policies), state and state_then (by its last evidence; null if that cannot tell)
  // of a host whose record becomes another one; null if its policy stays.
  [[nodiscard]] transport::Json policy_move(const Host& host,
                                            const std::shared_ptr<const HostRecord>& then) const;
  // Says what the plan would do to the hosts, and does it unless it is a check or must be
  // confirmed.
  Outcome change_baselines(Call call, const AuditAct& act, BaselinePlan plan, bool is_confirmed);
  [[nodiscard]] WallTime rollout_deadline(OperatorArgs& args) const;
  Outcome begin_rollout(Call call, const RolloutRequest& request, bool is_confirmed);
  // As change_baselines(). A plan without baselines changes the rollout alone.
  Outcome change_rollout(Call call, const AuditAct& act, bool is_confirmed,
                         const std::function<Result<Promotion>(WallTime now)>& plan);
  // set, policies[], unmatched (hosts that no policy is for).
  [[nodiscard]] transport::Json policies_json() const;
  Outcome change_policies(Call call, std::string_view verb, const PolicyRequest& request,
                          bool is_confirmed);
  // Puts into `out` whom a change to these policies hits. What is answered instead, if that is not
  // counted yet, or if they are too many.
  std::optional<Outcome> tell_blast(Call call, const std::shared_ptr<const PolicySet>& then,
                                    transport::Json& out);
  // Whether the answer is that hosts are being counted, and the change is to be asked for again.
  [[nodiscard]] static bool is_put_off(const Outcome& outcome);
  // What a change is refused with that nobody confirmed.
  [[nodiscard]] static transport::ControlError too_many(const Blast& blast);
  [[nodiscard]] Outcome ask(std::vector<HostUid> hosts) const;
  // Makes a change, and keeps in the trail and tells the log whose deed it was; nothing of that if
  // it is a check.
  Result<std::shared_ptr<const HostRecord>> change(Call call, const AuditAct& act,
                                                   IdentityDecision decision);
  // Where the call's changes go: nowhere, if it is a check.
  [[nodiscard]] Registrar& registrar(Call call);
  Outcome change_host(Call call, std::string_view verb, const std::string& who, const HostUid& host,
                      IdentityDecision decision);
  // Keeps an act in the trail that writes nothing else.
  Result<void> keep_act(Call call, const AuditAct& act);
  // After something was stopped, or not: the act is kept if it was.
  Outcome stopped_outcome(Call call, const AuditAct& act, const Result<void>& stopped,
                          transport::Json status);
  // Those that the selector takes.
  [[nodiscard]] Result<std::vector<Host>> selected_hosts(const std::string& selector) const;
  void audit(Call call, std::string_view verb, const std::string& who, const std::string& subject,
             const Error* failure) const;

  const OperatorParts parts_;
  const RolloutClock rollout_clock_;
  DryRegistrar dry_;
  Uploads uploads_;
  BlastPreviews previews_;
};

}  // namespace quotemill::daemon
