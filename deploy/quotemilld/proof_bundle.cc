#include "deploy/quotemilld/proof_bundle.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/baseline/validity.h"
#include "engine/esxi/log/kept_log.h"
#include "engine/evidence/evidence_codec.h"
#include "transport/render/render_records.h"
#include "transport/render/render_revision.h"

namespace quotemill::daemon {
namespace {

using transport::Json;

constexpr std::size_t kAuditMax = 1'000;      // the newest ones, in a bundle
constexpr std::size_t kLookedAtMax = 10'000;  // older appraisals, for PCR values
constexpr std::size_t kMomentsMax = 32;       // at which a verdict's baselines are looked for

Json render_host(const HostRecord& host, ByteView ek_certificate) {
  return {{"uuid", host.uid.hex()},
          {"name", host.name},
          {"generation", host.generation},
          {"ak_public", to_hex(host.ak_public)},
          {"curve_key", to_hex(host.curve_key)},
          {"ek_sha256", host.ek_sha256},
          {"ek_certificate", to_hex(ek_certificate)},
          {"enrolled", transport::iso_time(host.enrolled)},
          {"admitted_by", printable(host.admitted_by)}};
}

Json render_entry(const HistoryEntry& entry) {
  Json out = transport::render_appraisal(entry);
  out["nonce"] = to_hex(entry.nonce);
  out["nonce_kind"] = entry.nonce_kind == NonceKind::kInteractive ? "interactive" : "preissued";
  out["evidence"] = to_hex(entry.evidence_item);
  out["fresh_from"] = transport::iso_time(entry.verdict.fresh_from);
  out["valid_until"] = transport::iso_time(entry.verdict.valid_until);
  return out;
}

std::vector<PcrBank> values_in(ByteView item) {
  const Result<Evidence> evidence = decode_evidence(item);
  return evidence ? evidence->pcrs : std::vector<PcrBank>();
}

// The values that the quote leans on: those it came with, else of the newest evidence before it
// that had some. Whether they are the right ones, the quote's digest tells.
Result<Json> pcr_values(const History& history, const HistoryEntry& entry) {
  std::vector<PcrBank> banks = values_in(entry.evidence_item);
  if (banks.empty() && entry.run) {
    banks = values_in(entry.run->first_evidence_item);
  }
  std::uint64_t before = entry.first_sequence();
  for (std::size_t looked_at = 0; banks.empty() && before > 1 && looked_at < kLookedAtMax;) {
    const auto older = history.history(entry.host, before, 100);
    if (!older) {
      return older.error();
    }
    for (const HistoryEntry& each : *older) {
      banks = banks.empty() ? values_in(each.evidence_item) : banks;
      banks = banks.empty() && each.run ? values_in(each.run->first_evidence_item) : banks;
    }
    looked_at += older->size();
    before = older->empty() ? 0 : older->back().first_sequence();
  }
  if (banks.empty()) {
    return Json(nullptr);
  }
  Json values = Json::object();
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (banks.front().has(pcr)) {
      values[std::to_string(pcr)] = banks.front().at(pcr).hex();
    }
  }
  return Json{{"alg", name_of(banks.front().algorithm())}, {"values", std::move(values)}};
}

// What a verdict was judged by, as it may have been.
struct Candidate {
  std::string text;  // of the policy
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<RolloutSets> rollout;
  std::vector<std::shared_ptr<const Baseline>> images;  // all that were known, if it asks for some
};

std::vector<std::shared_ptr<const Baseline>> baselines_at(const PoliciesInForce& policies,
                                                          WallTime moment) {
  std::vector<std::shared_ptr<const Baseline>> then;
  for (const auto& baseline : policies.baselines()) {
    if (baseline->captured > moment) {
      continue;
    }
    auto as_it_was = std::make_shared<Baseline>(*baseline);
    if (as_it_was->retired > moment) {
      as_it_was->retired = {};
    }
    if (as_it_was->approved > moment) {
      as_it_was->approved = {};
    }
    then.push_back(std::move(as_it_was));
  }
  return then;
}

std::shared_ptr<const Baseline> find(const std::vector<std::shared_ptr<const Baseline>>& all,
                                     const BaselineRef& wanted) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) {
    return each->name == wanted.name && each->version == wanted.version;
  });
  return found == all.end() ? nullptr : *found;
}

// What a host in a rollout that was on then may have been judged by beside its policy.
std::vector<RolloutSets> rollouts_at(const PoliciesInForce& policies, WallTime moment,
                                     const std::vector<std::shared_ptr<const Baseline>>& then) {
  std::vector<RolloutSets> out;
  for (const auto& rollout : policies.rollouts()) {
    const bool had_begun = rollout->started <= moment;
    const bool had_ended = rollout->ended.ms != 0 && rollout->ended < moment;
    const std::shared_ptr<const Baseline> to = find(then, rollout->to);
    if (had_begun && !had_ended && to) {
      for (const bool has_old : {true, false}) {
        out.push_back({rollout->name, rollout->from.name, to, has_old});
      }
    }
  }
  return out;
}

std::vector<std::shared_ptr<const Baseline>> images_among(
    const std::vector<std::shared_ptr<const Baseline>>& baselines) {
  std::vector<std::shared_ptr<const Baseline>> images;
  std::copy_if(baselines.begin(), baselines.end(), std::back_inserter(images),
               [](const auto& baseline) { return baseline->is_image(); });
  return images;
}

// The policy, baselines and rollout whose snapshot the verdict names, given the values that counted
// at a moment.
std::optional<Candidate> policy_at(const std::vector<std::string>& texts,
                                   const std::vector<std::shared_ptr<const Baseline>>& valid,
                                   const std::vector<RolloutSets>& rollouts,
                                   const SnapshotId& wanted) {
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
    const Result<Policy> policy = parse_policy(*text, "policy");
    if (!policy) {
      continue;
    }
    std::shared_ptr<const Snapshot> snapshot = Snapshot::compile(*policy, valid);
    const auto images =
        policy->esxi.is_on ? images_among(valid) : std::vector<std::shared_ptr<const Baseline>>();
    if (snapshot->id() == wanted) {
      return Candidate{*text, std::move(snapshot), std::nullopt, images};
    }
    for (const RolloutSets& sets : rollouts) {
      std::shared_ptr<const Snapshot> within = Snapshot::compile_for(snapshot, sets, valid);
      if (within->id() == wanted) {
        return Candidate{*text, std::move(within), sets, images};
      }
    }
  }
  return std::nullopt;
}

// When what is there of baselines was last as a verdict of then may have found it: at its own time,
// and before each of the changes that came before it, the latest first. An acknowledgement or a
// longer deadline says again under its own snapshot what was judged before them.
std::vector<WallTime> moments_until(const PoliciesInForce& policies, WallTime time) {
  std::vector<WallTime> moments = {time};
  for (const auto& baseline : policies.baselines()) {
    for (const WallTime change : {baseline->captured, baseline->approved, baseline->retired}) {
      if (change.ms != 0 && change <= time) {
        moments.push_back({change.ms - 1});
      }
    }
  }
  std::sort(moments.begin(), moments.end(), std::greater<>());
  moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
  moments.resize(std::min(moments.size(), kMomentsMax));
  return moments;
}

std::optional<Candidate> policy_of(const BundleParts& parts, const Verdict& verdict,
                                   WallTime time) {
  std::vector<std::string> texts = {parts.configured_policy};
  for (const auto& record : parts.policies.records()) {
    if (!record->is_withdrawal()) {
      texts.push_back(record->text);
    }
  }
  for (const WallTime known : moments_until(parts.policies, time)) {
    const auto baselines = baselines_at(parts.policies, known);
    // A validity may have begun or ended between question and verdict.
    for (const WallTime moment : {time, verdict.fresh_from}) {
      const ValidBaselines valid = valid_at(baselines, moment);
      const auto rollouts = rollouts_at(parts.policies, moment, valid.baselines);
      if (auto found = policy_at(texts, valid.baselines, rollouts, verdict.snapshot)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

Json render_event(const ReferenceEvent& event) {
  Json digests = Json::array();
  for (const Digest& digest : event.digests) {
    digests.push_back(std::string(name_of(digest.algorithm())) + ":" + digest.hex());
  }
  return {{"number", event.number},
          {"pcr", event.pcr},
          {"type", event.type},
          {"digests", std::move(digests)},
          {"description", event.description}};
}

Result<Json> render_whole(const History& history, const Baseline& baseline) {
  Json out = {{"name", baseline.name}, {"version", baseline.version}};
  if (!baseline.file) {
    Json events = Json::array();
    for (const ReferenceEvent& event : baseline.events) {
      events.push_back(render_event(event));
    }
    out["events"] = std::move(events);
    return out;
  }
  const Result<Bytes> content = history.reference_file(baseline.file->id);
  if (!content) {
    return content.error();
  }
  if (baseline.is_image()) {
    out["approved"] = baseline.is_approved();
  }
  out["file"] = {{"format", baseline.file->format},
                 {"sha256", baseline.file->id.hex()},
                 {"content", to_hex(*content)}};
  return out;
}

// All that the snapshot is compiled of: in a rollout also what counts for hosts outside, and of
// images in their order also those that nobody approved.
std::vector<std::shared_ptr<const Baseline>> baselines_of(const Candidate& candidate) {
  const Snapshot& snapshot = *candidate.snapshot;
  std::vector<std::shared_ptr<const Baseline>> all = snapshot.baselines();
  if (const RolloutScope* const scope = snapshot.rollout()) {
    for (const auto& baseline : scope->before->baselines()) {
      if (!find(all, {baseline->name, baseline->version})) {
        all.push_back(baseline);
      }
    }
  }
  if (!candidate.images.empty()) {
    std::erase_if(all, [](const auto& baseline) { return baseline->is_image(); });
    all.insert(all.end(), candidate.images.begin(), candidate.images.end());
  }
  return all;
}

Result<Json> render_baselines(const History& history, const Candidate& candidate) {
  Json out = Json::array();
  for (const auto& baseline : baselines_of(candidate)) {
    Result<Json> whole = render_whole(history, *baseline);
    if (!whole) {
      return whole.error();
    }
    out.push_back(*std::move(whole));
  }
  return out;
}

Json render_rollout(const std::optional<RolloutSets>& sets) {
  if (!sets) {
    return nullptr;
  }
  return {{"name", sets->rollout},
          {"from", sets->from},
          {"to", {{"name", sets->to->name}, {"version", sets->to->version}}},
          {"has_old", sets->has_old}};
}

Json render_revised(const VerdictRevision* revision) {
  if (revision == nullptr) {
    return nullptr;
  }
  Json out = transport::render_revision(*revision);
  out["fresh_from"] = transport::iso_time(revision->verdict.fresh_from);
  out["valid_until"] = transport::iso_time(revision->verdict.valid_until);
  return out;
}

Result<Json> render_audit(const History& history) {
  const Result<AuditHead> head = history.audit_head();
  if (!head) {
    return head.error();
  }
  const std::uint64_t from = head->number > kAuditMax ? head->number - kAuditMax + 1 : 1;
  const auto records = history.audit(from, kAuditMax);
  if (!records) {
    return records.error();
  }
  Json out = Json::array();
  for (const AuditRecord& record : *records) {
    out.push_back({{"number", record.number},
                   {"time_ms", record.time.ms},
                   {"who", record.act.who},
                   {"verb", record.act.verb},
                   {"subject", record.act.subject},
                   {"id", record.id.hex()}});
  }
  return out;
}

// The log that the entry was judged with, as kept; nothing if there was none.
Result<std::optional<Bytes>> log_of(const History& history, const HistoryEntry& entry) {
  if (entry.boot_log.is_filled_with(0)) {
    return std::optional<Bytes>();
  }
  Result<Bytes> log = history.boot_log(entry.boot_log);
  return log ? Result<std::optional<Bytes>>(*std::move(log)) : log.error();
}

// Empty if it showed none.
Result<Bytes> certificate_of(const History& history, const HostRecord& identity) {
  return identity.ek_certificate
             ? history.ek_certificate(identity.uid, identity.ek_certificate->sha256)
             : Result<Bytes>(Bytes());
}

// The host as it was when it attested: a quote is checked by the key of then.
Result<HostRecord> identity_of(const History& history, const HostRecord& host,
                               const HistoryEntry& entry) {
  if (entry.generation == host.generation) {
    return host;
  }
  Result<HostRecord> former = history.former_identity(host.uid, entry.generation);
  if (former || former.error().code != ErrorCode::kNotFound) {
    return former;
  }
  return Error{ErrorCode::kConflict, "bundle", 0,
               "that appraisal is of generation " + std::to_string(entry.generation) + ", and " +
                   host.name + " enrolled anew since (generation " +
                   std::to_string(host.generation) +
                   "): the keys of then are not kept any more, without which nobody can check its "
                   "quote"};
}

}  // namespace

Result<Json> make_bundle(const BundleParts& parts, const HostRecord& host,
                         const BundledVerdict& what, WallTime now) {
  const HistoryEntry& entry = what.entry;
  const Verdict& verdict = what.revision != nullptr ? what.revision->verdict : entry.verdict;
  const WallTime judged = what.revision != nullptr ? what.revision->time : entry.time;
  const Result<HostRecord> identity = identity_of(parts.history, host, entry);
  if (!identity) {
    return identity.error();
  }
  const Result<Bytes> certificate = certificate_of(parts.history, *identity);
  if (!certificate) {
    return certificate.error();
  }
  const Result<Json> pcrs = pcr_values(parts.history, entry);
  const Result<std::optional<Bytes>> log = log_of(parts.history, entry);
  const Result<Json> audit = render_audit(parts.history);
  const std::optional<Candidate> policy = policy_of(parts, verdict, judged);
  const Result<Json> baselines =
      policy ? render_baselines(parts.history, *policy) : Result<Json>(Json::array());
  for (const Result<Json>* part : {&pcrs, &audit, &baselines}) {
    if (!*part) {
      return part->error();
    }
  }
  if (!log) {
    return log.error();
  }
  Json named = nullptr;
  if (policy) {
    const Policy& rules = policy->snapshot->policy();
    named = {{"id", rules.id}, {"version", rules.version}, {"text", policy->text}};
  }
  return Json{{"format", "quotemill-bundle/1"},
              {"made", transport::iso_time(now)},
              {"verifier", {{"curve_key", to_hex(parts.server_key)}}},
              {"host", render_host(*identity, *certificate)},
              {"appraisal", render_entry(entry)},
              {"revision", render_revised(what.revision)},
              {"pcrs", *pcrs},
              {"boot_log", *log ? Json(to_hex(**log)) : Json(nullptr)},
              {"boot_log_secrets",
               *log ? Json(events_without_secrets(read_boot_log(**log).log)) : Json(nullptr)},
              {"policy", std::move(named)},
              {"rollout", policy ? render_rollout(policy->rollout) : Json(nullptr)},
              {"baselines", *baselines},
              {"audit", *audit}};
}

}  // namespace quotemill::daemon
