// The verbs that only read, and the table of all.
#include "deploy/quotemilld/operator_verbs.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <thread>

#include "deploy/quotemilld/esxi_hosts.h"
#include "deploy/quotemilld/fleet_causes.h"
#include "deploy/quotemilld/limits.h"
#include "engine/base/text.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

constexpr std::size_t kHostsPageMax = 1'000;
constexpr std::size_t kCausesTold = 20;           // in the status
constexpr std::size_t kHostsScannedMax = 20'000;  // of a filtered page, before it is handed out
constexpr std::size_t kEndedMax = 10'000;         // retired and denied hosts in one answer

constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning, TrustState::kFailed,
                                TrustState::kStale, TrustState::kUnknown};

// The one with this name; none if several have it: then the uid must tell which is meant.
std::optional<Host> only_named(std::vector<Host> hosts, std::string_view name) {
  std::optional<Host> found;
  for (Host& host : hosts) {
    if (host.record->name != name) {
      continue;
    }
    if (found) {
      return std::nullopt;
    }
    found = std::move(host);
  }
  return found;
}

Json render_counters(const PipelineCounters& counters) {
  const auto value = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  Json verdicts = Json::object();
  for (const TrustState state : kStates) {
    verdicts[std::string(name_of(state))] =
        value(counters.verdicts.at(static_cast<std::size_t>(state)));
  }
  return {{"attestations", value(counters.attestations)},
          {"verdicts", std::move(verdicts)},
          {"batches", counters.batch_sizes.total()},
          {"reaffirmed", value(counters.reaffirmed)},
          {"quote_enough", value(counters.quote_enough)},
          {"stored_log_judged", value(counters.stored_log_judged)},
          {"logs_asked", value(counters.logs_asked)},
          {"changes", value(counters.changes)},
          {"dropped_not_current", value(counters.dropped_not_current)},
          {"unproven", value(counters.unproven)},
          {"asked_again", value(counters.asked_again)},
          {"commit_failures", value(counters.commit_failures)},
          {"internal_errors", value(counters.internal_errors)}};
}

// bytes, rows and bytes_each of each part; an average over what is stored, not the next one's size.
Json render_sizes(const StoreSizes& sizes) {
  const auto render = [](const StoreSizes::Part& part) {
    return Json{{"bytes", part.bytes},
                {"rows", part.rows},
                {"bytes_each", part.rows == 0 ? Json(nullptr) : Json(part.bytes / part.rows)}};
  };
  return {{"hosts", render(sizes.hosts)},
          {"appraisals", render(sizes.appraisals)},
          {"boot_logs", render(sizes.boot_logs)},
          {"changes", render(sizes.changes)},
          {"journal", render(sizes.journal)}};
}

}  // namespace

OperatorVerbs::OperatorVerbs(OperatorParts parts)
    : parts_(std::move(parts)),
      rollout_clock_(parts_.clock.now(), parts_.policies.rollouts()),
      dry_(parts_.registrar),
      previews_(
          [this](const BlastQuestion& question, const SurveyProgress& goes_on) {
            return blast_of(question.now, question.then,
                            {parts_.hosts, parts_.history, parts_.server_key},
                            std::max(1U, std::thread::hardware_concurrency()), goes_on);
          },
          parts_.pace) {}

const std::vector<OperatorVerbs::Entry>& OperatorVerbs::verbs() {
  static const std::vector<Entry> kVerbs = {
      {"status", &OperatorVerbs::status},
      {"hosts", &OperatorVerbs::hosts},
      {"hosts.ended", &OperatorVerbs::hosts_ended},
      {"host", &OperatorVerbs::host},
      {"history", &OperatorVerbs::history},
      {"changes", &OperatorVerbs::changes},
      {"preview.status", &OperatorVerbs::preview_status},
      {"preview.stop", &OperatorVerbs::preview_stop},
      {"reattest", &OperatorVerbs::reattest},
      {"baseline.capture", &OperatorVerbs::baseline_capture},
      {"baseline.list", &OperatorVerbs::baseline_list},
      {"baseline.import", &OperatorVerbs::baseline_import},
      {"baseline.retire", &OperatorVerbs::baseline_retire},
      {"baseline.show", &OperatorVerbs::baseline_show},
      {"baseline.diff", &OperatorVerbs::baseline_diff},
      {"baseline.export", &OperatorVerbs::baseline_export},
      {"image.list", &OperatorVerbs::image_list},
      {"image.approve", &OperatorVerbs::image_approve},
      {"upload", &OperatorVerbs::upload},
      {"policy.list", &OperatorVerbs::policy_list},
      {"policy.show", &OperatorVerbs::policy_show},
      {"policy.history", &OperatorVerbs::policy_history},
      {"policy.apply", &OperatorVerbs::policy_apply},
      {"policy.withdraw", &OperatorVerbs::policy_withdraw},
      {"rollout.start", &OperatorVerbs::rollout_start},
      {"rollout.extend", &OperatorVerbs::rollout_extend},
      {"rollout.promote", &OperatorVerbs::rollout_promote},
      {"rollout.abort", &OperatorVerbs::rollout_abort},
      {"rollout.status", &OperatorVerbs::rollout_status},
      {"rollout.list", &OperatorVerbs::rollout_list},
      {"mine", &OperatorVerbs::mine_groups},
      {"mine.promote", &OperatorVerbs::mine_promote},
      {"pending.list", &OperatorVerbs::pending_list},
      {"pending.approve", &OperatorVerbs::pending_approve},
      {"pending.deny", &OperatorVerbs::pending_deny},
      {"retire", &OperatorVerbs::retire},
      {"restore", &OperatorVerbs::restore},
      {"label", &OperatorVerbs::label},
      {"maintenance", &OperatorVerbs::maintenance},
      {"maintenance.end", &OperatorVerbs::maintenance_end},
      {"acknowledge", &OperatorVerbs::acknowledge},
      {"token.create", &OperatorVerbs::token_create},
      {"token.list", &OperatorVerbs::token_list},
      {"host.at", &OperatorVerbs::host_at},
      {"host.bundle", &OperatorVerbs::host_bundle},
      {"store.check", &OperatorVerbs::store_check},
      {"backup", &OperatorVerbs::backup},
      {"audit.list", &OperatorVerbs::audit_list},
      {"audit.verify", &OperatorVerbs::audit_check},
      {"hosts.import", &OperatorVerbs::hosts_import},
      {"reappraise", &OperatorVerbs::reappraise},
      {"reappraise.status", &OperatorVerbs::reappraise_status},
      {"reappraise.stop", &OperatorVerbs::reappraise_stop},
      {"reappraise.resume", &OperatorVerbs::reappraise_resume},
      {"reattest.wave", &OperatorVerbs::wave},
      {"reattest.wave.status", &OperatorVerbs::wave_status},
      {"reattest.wave.stop", &OperatorVerbs::wave_stop},
      {"inventory.import", &OperatorVerbs::inventory_import},
      {"inventory.list", &OperatorVerbs::inventory_list},
      {"inventory.remove", &OperatorVerbs::inventory_remove},
      // Verbs of their own: a daemon that is too old for them refuses them, and changes nothing.
      {"reattest.check", &OperatorVerbs::reattest, true},
      {"reattest.wave.check", &OperatorVerbs::wave, true},
      {"reappraise.check", &OperatorVerbs::reappraise, true},
      {"baseline.capture.check", &OperatorVerbs::baseline_capture, true},
      {"baseline.import.check", &OperatorVerbs::baseline_import, true},
      {"baseline.retire.check", &OperatorVerbs::baseline_retire, true},
      {"image.approve.check", &OperatorVerbs::image_approve, true},
      {"policy.apply.check", &OperatorVerbs::policy_apply, true},
      {"policy.withdraw.check", &OperatorVerbs::policy_withdraw, true},
      {"rollout.start.check", &OperatorVerbs::rollout_start, true},
      {"rollout.extend.check", &OperatorVerbs::rollout_extend, true},
      {"rollout.promote.check", &OperatorVerbs::rollout_promote, true},
      {"rollout.abort.check", &OperatorVerbs::rollout_abort, true},
      {"mine.promote.check", &OperatorVerbs::mine_promote, true},
      {"pending.approve.check", &OperatorVerbs::pending_approve, true},
      {"pending.deny.check", &OperatorVerbs::pending_deny, true},
      {"retire.check", &OperatorVerbs::retire, true},
      {"restore.check", &OperatorVerbs::restore, true},
      {"label.check", &OperatorVerbs::label, true},
      {"maintenance.check", &OperatorVerbs::maintenance, true},
      {"maintenance.end.check", &OperatorVerbs::maintenance_end, true},
      {"inventory.import.check", &OperatorVerbs::inventory_import, true},
      {"inventory.remove.check", &OperatorVerbs::inventory_remove, true},
      {"acknowledge.check", &OperatorVerbs::acknowledge, true},
      {"token.create.check", &OperatorVerbs::token_create, true},
  };
  return kVerbs;
}

std::vector<std::string_view> OperatorVerbs::verb_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : verbs()) {
    names.push_back(entry.name);
  }
  return names;
}

ControlOutcome OperatorVerbs::handle(const transport::ControlRequest& request) {
  const auto entry = std::find_if(verbs().begin(), verbs().end(), [&](const Entry& candidate) {
    return candidate.name == request.verb;
  });
  if (entry == verbs().end()) {
    return ControlError{ErrorCode::kNotFound, "there is no verb " + escaped(request.verb, 40),
                        "is the daemon older than the command line tool?"};
  }
  OperatorArgs args(request.args);
  return (this->*entry->verb)(args, {request.is_final, entry->is_check, request});
}

std::optional<Host> OperatorVerbs::find_pending(std::string_view name) const {
  return only_named(parts_.hosts.pending(), name);
}

std::optional<Host> OperatorVerbs::find_ended(const std::string& text) const {
  const std::optional<HostUid> uid = HostUid::from_hex(text);
  return uid ? parts_.hosts.find(*uid) : only_named(parts_.hosts.ended(kEndedMax), text);
}

std::optional<Host> OperatorVerbs::find(const std::string& text) const {
  if (std::optional<Host> named = parts_.hosts.find_by_name(text)) {
    return named;
  }
  if (const std::optional<HostUid> uid = HostUid::from_hex(text)) {
    return parts_.hosts.find(*uid);
  }
  std::optional<Host> expected = parts_.hosts.find_expected(text);
  return expected ? expected : find_pending(text);
}

ControlError OperatorVerbs::no_such_host(const std::string& text) const {
  std::vector<std::string> names;
  for (const Host& host : parts_.hosts.list({}, kHostsPageMax)) {
    names.push_back(host.record->name);
  }
  const std::string_view near = nearest(text, names);
  return {ErrorCode::kNotFound, "there is no host " + escaped(text, 64),
          near.empty() ? "'quotemill hosts', 'quotemill hosts --retired' and 'quotemill pending "
                         "list' show all"
                       : "did you mean " + std::string(near) + "?"};
}

ControlOutcome OperatorVerbs::status(OperatorArgs& /*args*/, Call /*call*/) {
  const Result<StoreStatus> store = parts_.history.status();
  const Result<StoreSizes> sizes = parts_.store.sizes();
  if (!store || !sizes) {
    return control_error(store ? sizes.error() : store.error());
  }
  const std::array<std::size_t, 5> counts = parts_.hosts.counts();
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  Json states = Json::object();
  for (const TrustState state : kStates) {
    states[std::string(name_of(state))] = counts.at(static_cast<std::size_t>(state));
  }
  return Json{{"time", transport::iso_time(parts_.clock.now().wall)},
              {"hosts",
               {{"total", total},
                {"pending", parts_.hosts.pending_count()},
                {"states", std::move(states)},
                {"causes", render_causes(parts_.hosts.causes(kCausesTold))}}},
              {"inbox", parts_.inbox.depth()},
              {"store",
               {{"stream", store->stream_id},
                {"first_change", store->first_change},
                {"last_change", store->last_change},
                {"bytes", store->bytes},
                {"sizes", render_sizes(*sizes)}}},
              {"policy", policies_json()},
              {"pipeline", render_counters(parts_.counters)},
              {"endpoints", parts_.endpoints ? parts_.endpoints() : Json(nullptr)}};
}

ControlOutcome OperatorVerbs::hosts(OperatorArgs& args, Call /*call*/) {
  const std::string after = args.text_or("after", {});
  const std::size_t limit =
      std::max<std::size_t>(args.number_or("limit", kHostsPageMax, kHostsPageMax), 1);
  const std::optional<TrustState> wanted = args.state("state");
  if (!args.ok()) {
    return args.error();
  }
  const std::shared_ptr<const PolicySet> policies = parts_.policies.current();
  Json rows = Json::array();
  std::string last = after;
  bool is_end = false;
  for (std::size_t scanned = 0; rows.size() < limit && scanned < kHostsScannedMax && !is_end;) {
    const std::vector<Host> page = parts_.hosts.list(last, limit);
    is_end = page.size() < limit;
    for (const Host& host : page) {
      if (rows.size() == limit) {
        is_end = false;
        break;
      }
      ++scanned;
      last = host.record->name;
      if (!wanted || host.state->state == *wanted) {
        rows.push_back(transport::render_host_row(host));
        rows.back()["attestation"] = esxi_attestation_of(host, *policies);
      }
    }
  }
  return Json{{"hosts", std::move(rows)}, {"next", is_end ? Json(nullptr) : Json(last)}};
}

ControlOutcome OperatorVerbs::hosts_ended(OperatorArgs& /*args*/, Call /*call*/) {
  Json rows = Json::array();
  for (const Host& host : parts_.hosts.ended(kEndedMax)) {
    Json row = transport::render_host_row(host);
    row["note"] = escaped(host.record->note);
    rows.push_back(std::move(row));
  }
  return Json{{"hosts", std::move(rows)}};
}

ControlOutcome OperatorVerbs::host(OperatorArgs& args, Call /*call*/) {
  const std::string text = args.text("host");
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  const Result<Json> esxi = esxi_host_of(*host, parts_.history, *parts_.policies.current());
  if (!esxi) {
    return control_error(esxi.error());
  }
  Json answer = transport::render_host(*host);
  answer["esxi"] = *esxi;
  return answer;
}

ControlOutcome OperatorVerbs::pending_list(OperatorArgs& /*args*/, Call /*call*/) {
  Json list = Json::array();
  for (const Host& host : parts_.hosts.pending()) {
    list.push_back(transport::render_pending(*host.record));
  }
  return Json{{"pending", std::move(list)}};
}

ControlOutcome OperatorVerbs::token_list(OperatorArgs& /*args*/, Call /*call*/) {
  const Result<std::vector<TokenRecord>> tokens = parts_.history.tokens();
  if (!tokens) {
    return control_error(tokens.error());
  }
  Json list = Json::array();
  for (const TokenRecord& token : *tokens) {
    list.push_back(transport::render_token(token, parts_.clock.now().wall));
  }
  return Json{{"tokens", std::move(list)}};
}

}  // namespace quotemill::daemon
