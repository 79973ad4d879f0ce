// The verbs about what was: appraisals, the audit trail, and the store that keeps them.
#include <algorithm>
#include <chrono>

#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "deploy/quotemilld/proof_bundle.h"
#include "engine/base/text.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"
#include "transport/render/render_revision.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

namespace {

// An appraisal or run of them, and what became of its verdict before the host attested again.
struct Appraised {
  HistoryEntry entry;
  std::vector<VerdictRevision> revisions;  // newest first

  // Of a run: that of its first appraisal.
  [[nodiscard]] WallTime first_time() const {
    return entry.run ? entry.run->first_time : entry.time;
  }

  [[nodiscard]] WallTime last_time() const {
    return revisions.empty() ? entry.time : std::max(entry.time, revisions.front().time);
  }

  // The newest revision made until then; null if the verdict was the appraisal's own.
  [[nodiscard]] const VerdictRevision* revision_at(WallTime moment) const {
    const auto found =
        std::find_if(revisions.begin(), revisions.end(),
                     [moment](const VerdictRevision& revision) { return revision.time <= moment; });
    return found == revisions.end() ? nullptr : &*found;
  }

  // Of those the newest one that judged: until when a verdict holds, no evidence says.
  [[nodiscard]] const VerdictRevision* judged_at(WallTime moment) const {
    const auto found =
        std::find_if(revisions.begin(), revisions.end(), [moment](const VerdictRevision& revision) {
          return revision.time <= moment && revision.cause != RevisionCause::kFreshness;
        });
    return found == revisions.end() ? nullptr : &*found;
  }
};

struct HistoryFilter {
  std::int64_t since_ms = 0;
  std::int64_t until_ms = INT64_MAX;
  std::optional<TrustState> state;

  // Of a run: any part of it.
  [[nodiscard]] bool takes(const Appraised& appraised) const {
    return has_state(appraised) && appraised.last_time().ms >= since_ms &&
           appraised.first_time().ms <= until_ms;
  }

  // All that are older are, too.
  [[nodiscard]] bool is_passed_by(const Appraised& appraised) const {
    return appraised.last_time().ms < since_ms;
  }

 private:
  [[nodiscard]] bool has_state(const Appraised& appraised) const {
    return !state || appraised.entry.verdict.state == *state ||
           std::any_of(
               appraised.revisions.begin(), appraised.revisions.end(),
               [this](const VerdictRevision& each) { return each.verdict.state == *state; });
  }
};

struct HistoryPage {
  std::vector<Appraised> appraised;
  std::uint64_t next = 0;  // before which older ones are; 0: none
};

// With the revisions of each.
Result<std::vector<Appraised>> appraised_before(const History& history, const HostUid& host,
                                                std::uint64_t before, std::size_t limit) {
  Result<std::vector<HistoryEntry>> entries = history.history(host, before, limit);
  if (!entries) {
    return entries.error();
  }
  std::vector<Appraised> out;
  for (HistoryEntry& entry : *entries) {
    out.push_back({std::move(entry), {}});
  }
  if (out.empty()) {
    return out;
  }
  Result<std::vector<VerdictRevision>> revisions = history.revisions(
      host, out.back().entry.first_sequence(), out.front().entry.sequence, limits::kRevisionsMax);
  if (!revisions) {
    return revisions.error();
  }
  if (revisions->size() == limits::kRevisionsMax) {
    return Error{ErrorCode::kTooLarge, "history", 0,
                 "too many revisions; ask for fewer appraisals"};
  }
  auto at = out.begin();
  for (VerdictRevision& revision : *revisions) {
    while (at != out.end() && revision.sequence < at->entry.first_sequence()) {
      ++at;
    }
    if (at == out.end()) {
      break;
    }
    at->revisions.push_back(std::move(revision));
  }
  return out;
}

// The newest ones that the filter takes, at most `limit`.
Result<HistoryPage> filtered(const History& history, const HostUid& host, std::uint64_t before,
                             std::size_t limit, const HistoryFilter& filter) {
  HistoryPage page;
  page.next = before;
  for (std::size_t looked_at = 0;
       page.appraised.size() < limit && looked_at < limits::kHistoryLookedAtMax;) {
    Result<std::vector<Appraised>> some =
        appraised_before(history, host, page.next, std::min(limit, limits::kHistoryPageMax));
    if (!some) {
      return some.error();
    }
    looked_at += some->size();
    for (Appraised& each : *some) {
      if (filter.is_passed_by(each)) {
        page.next = 0;
        return page;
      }
      page.next = each.entry.first_sequence() > 1 ? each.entry.first_sequence() : 0;
      if (filter.takes(each)) {
        page.appraised.push_back(std::move(each));
        if (page.appraised.size() == limit) {
          return page;
        }
      }
    }
    if (some->empty() || page.next == 0) {
      page.next = 0;
      return page;
    }
  }
  return page;
}

Json render_subject(const HostRecord& record) {
  return {{"uuid", record.uid.hex()}, {"name", escaped(record.name)}};
}

}  // namespace

ControlOutcome OperatorVerbs::history(OperatorArgs& args, Call /*call*/) {
  const std::string text = args.text("host");
  const std::uint64_t before = args.number_or("before", 0, INT64_MAX);
  const std::size_t limit = args.number_or("limit", 20, limits::kHistoryPageMax);
  HistoryFilter filter;
  filter.since_ms = static_cast<std::int64_t>(args.number_or("since_ms", 0, INT64_MAX));
  filter.until_ms = static_cast<std::int64_t>(args.number_or("until_ms", INT64_MAX, INT64_MAX));
  filter.state = args.state("state");
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  const Result<HistoryPage> page =
      filtered(parts_.history, host->record->uid, before, limit, filter);
  if (!page) {
    return control_error(page.error());
  }
  Json appraisals = Json::array();
  for (const Appraised& each : page->appraised) {
    Json appraisal = transport::render_appraisal(each.entry);
    Json revisions = Json::array();
    for (const VerdictRevision& revision : each.revisions) {
      revisions.push_back(transport::render_revision(revision));
    }
    appraisal["revisions"] = std::move(revisions);
    appraisals.push_back(std::move(appraisal));
  }
  const bool is_more = limit != 0 && page->next > 1;
  return Json{{"host", render_subject(*host->record)},
              {"appraisals", std::move(appraisals)},
              {"next", is_more ? Json(page->next) : Json(nullptr)}};
}

// What the host was at a moment: the last appraisal made until then, what had become of its
// verdict, and whether it still held.
ControlOutcome OperatorVerbs::host_at(OperatorArgs& args, Call /*call*/) {
  const std::string text = args.text("host");
  const auto time_ms = static_cast<std::int64_t>(args.number_or("time_ms", 0, INT64_MAX));
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  HistoryFilter filter;
  filter.until_ms = time_ms;
  const Result<HistoryPage> page = filtered(parts_.history, host->record->uid, 0, 1, filter);
  if (!page) {
    return control_error(page.error());
  }
  Json out = {{"host", render_subject(*host->record)},
              {"at", transport::iso_time({time_ms})},
              {"state", name_of(TrustState::kUnknown)},
              {"appraisal", nullptr},
              {"revision", nullptr}};
  if (page->appraised.empty()) {
    return out;
  }
  const Appraised& appraised = page->appraised.front();
  const VerdictRevision* const revision = appraised.revision_at({time_ms});
  const Verdict& verdict = revision != nullptr ? revision->verdict : appraised.entry.verdict;
  // Within a run each appraisal followed the one before: it held all the time. What rests on no
  // evidence does not age.
  const bool held =
      verdict.state == TrustState::kUnknown ||
      time_ms <= std::max(verdict.valid_until.ms,
                          revision != nullptr ? revision->time.ms : appraised.entry.time.ms);
  out["state"] = name_of(held ? verdict.state : TrustState::kStale);
  out["appraisal"] = transport::render_appraisal(appraised.entry);
  if (revision != nullptr) {
    out["revision"] = transport::render_revision(*revision);
  }
  return out;
}

ControlOutcome OperatorVerbs::host_bundle(OperatorArgs& args, Call /*call*/) {
  const std::string text = args.text("host");
  HistoryFilter filter;
  filter.until_ms = static_cast<std::int64_t>(args.number_or("time_ms", INT64_MAX, INT64_MAX));
  if (!args.ok()) {
    return args.error();
  }
  const std::optional<Host> host = find(text);
  if (!host) {
    return no_such_host(text);
  }
  const Result<HistoryPage> page = filtered(parts_.history, host->record->uid, 0, 1, filter);
  if (!page) {
    return control_error(page.error());
  }
  if (page->appraised.empty()) {
    return ControlError{ErrorCode::kNotFound, escaped(text, 64) + " had not attested by then", {}};
  }
  const Appraised& appraised = page->appraised.front();
  HistoryEntry entry = appraised.entry;
  const VerdictRevision* const judged = appraised.judged_at({filter.until_ms});
  std::optional<VerdictRevision> revision = judged ? std::optional(*judged) : std::nullopt;
  if (const VerdictRevision* const last = appraised.revision_at({filter.until_ms});
      last != judged) {
    (revision ? revision->verdict : entry.verdict).valid_until = last->verdict.valid_until;
  }
  Result<Json> bundle =
      make_bundle({parts_.history, parts_.policies, parts_.server_key, parts_.configured_policy},
                  *host->record, {entry, revision ? &*revision : nullptr}, parts_.clock.now().wall);
  return bundle ? ControlOutcome(*std::move(bundle)) : control_error(bundle.error());
}

// Walks the whole trail: a second for some 100,000 acts.
ControlOutcome OperatorVerbs::audit_check(OperatorArgs& /*args*/, Call /*call*/) {
  AuditHead head;
  while (true) {
    const Result<std::vector<AuditRecord>> page =
        parts_.history.audit(head.number + 1, limits::kAuditPageMax);
    if (!page) {
      return control_error(page.error());
    }
    for (const AuditRecord& record : *page) {
      if (!follows(head, record)) {
        return Json{{"intact", false}, {"acts", head.number}, {"broken_at", record.number}};
      }
      head = {record.number, record.id};
    }
    if (page->size() < limits::kAuditPageMax) {
      return Json{{"intact", true},
                  {"acts", head.number},
                  {"head", head.number == 0 ? Json(nullptr) : Json(head.id.hex())}};
    }
  }
}

ControlOutcome OperatorVerbs::store_check(OperatorArgs& /*args*/, Call /*call*/) {
  const Result<StoreReport> report = parts_.store.check();
  if (!report) {
    return control_error(report.error());
  }
  Json problems = Json::array();
  for (const std::string& problem : report->problems) {
    problems.push_back(printable(problem));
  }
  return Json{{"hosts", report->hosts},         {"appraisals", report->appraisals},
              {"boot_logs", report->boot_logs}, {"baselines", report->baselines},
              {"policies", report->policies},   {"changes", report->changes},
              {"acts", report->acts},           {"problems_found", report->problems_found},
              {"problems", std::move(problems)}};
}

ControlOutcome OperatorVerbs::backup(OperatorArgs& args, Call call) {
  const std::string folder = args.text("folder");
  const std::string who = args.who();
  if (!args.ok()) {
    return args.error();
  }
  const Result<void> made = parts_.store.backup(folder);
  if (!made) {
    audit(call, "backup", who, folder, &made.error());
    return control_error(made.error());
  }
  if (const Result<void> kept = keep_act(call, {who, "backup", folder}); !kept) {
    return control_error(kept.error());
  }
  return Json{{"folder", printable(folder)}};
}

}  // namespace quotemill::daemon
