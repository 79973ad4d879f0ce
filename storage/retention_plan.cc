#include "storage/retention_plan.h"

#include <algorithm>
#include <utility>

namespace quotemill::storage {
namespace {

bool is_too_old(const RetentionPlan& plan, const RetainedRow& row) {
  const std::optional<std::size_t> index = retained_index(row.state);
  const std::int64_t kept_ms = index ? plan.ages.by_state().at(*index) : 0;
  return kept_ms > 0 && row.time.ms < plan.now.ms - kept_ms;
}

// Zero: for ever.
std::int64_t longest(const HistoryAges& ages) {
  const auto all = ages.by_state();
  const bool is_for_ever = std::find(all.begin(), all.end(), 0) != all.end();
  return is_for_ever ? 0 : *std::max_element(all.begin(), all.end());
}

}  // namespace

std::optional<std::size_t> retained_index(TrustState state) {
  switch (state) {
    case TrustState::kTrusted:
      return 0;
    case TrustState::kWarning:
      return 1;
    case TrustState::kFailed:
      return 2;
    case TrustState::kStale:
    case TrustState::kUnknown:
      break;
  }
  return std::nullopt;  // no appraisal of a policy comes to those
}

bool is_over(const RetentionPlan& plan, const HostUid& host, const RetainedRow& row) {
  const auto found = plan.hosts.find(host);
  if (found != plan.hosts.end() && found->second.newest == row.first_sequence) {
    return false;
  }
  if (is_too_old(plan, row)) {
    return true;
  }
  const std::optional<std::size_t> index = retained_index(row.state);
  return index && found != plan.hosts.end() &&
         row.last_sequence <= found->second.over_count.at(*index);
}

bool is_over_revision(const RetentionPlan& plan, const HostUid& host, const RetainedRow& revision) {
  const auto found = plan.hosts.find(host);
  if (found != plan.hosts.end()) {
    if (revision.first_sequence >= found->second.newest) {
      return false;
    }
    if (revision.first_sequence < found->second.oldest_kept) {
      return true;
    }
  }
  // Its appraisal came before it; what state that came to is not told here.
  const std::int64_t kept_ms = longest(plan.ages);
  return kept_ms > 0 && revision.time.ms < plan.now.ms - kept_ms;
}

RetentionPlanner::RetentionPlanner(const HistoryAges& ages, const HistoryCounts& counts,
                                   WallTime now)
    : counts_(counts.by_state()) {
  plan_.ages = ages;
  plan_.now = now;
}

void RetentionPlanner::add(const HistoryEntry& entry) {
  if (host_ != entry.host) {
    end_host();
    host_ = entry.host;
  }
  newest_ = {entry.first_sequence(), entry.sequence, entry.verdict.state, entry.time};
  const std::optional<std::size_t> index = retained_index(entry.verdict.state);
  if (!index || counts_.at(*index) == 0) {
    note_kept();
    return;
  }
  Kept& kept = kept_.at(*index);
  kept.rows.push_back({entry.sequence, entry.count()});
  kept.count += entry.count();
  while (kept.count - kept.rows.front().count >= counts_.at(*index)) {
    kept.count -= kept.rows.front().count;
    kept.over = kept.rows.front().last_sequence;
    kept.rows.pop_front();
  }
}

void RetentionPlanner::note_kept() {
  if (oldest_uncounted_ == 0 && !is_too_old(plan_, newest_)) {
    oldest_uncounted_ = newest_.first_sequence;
  }
}

void RetentionPlanner::end_host() {
  if (!host_) {
    return;
  }
  RetentionPlan::Host host;
  host.newest = newest_.first_sequence;
  host.oldest_kept = oldest_uncounted_ != 0 ? oldest_uncounted_ : newest_.first_sequence;
  bool is_told = is_too_old(plan_, newest_);
  for (std::size_t i = 0; i < kRetainedStates; ++i) {
    host.over_count.at(i) = kept_.at(i).over;
    if (!kept_.at(i).rows.empty()) {
      const Counted& oldest = kept_.at(i).rows.front();
      host.oldest_kept = std::min(host.oldest_kept, oldest.last_sequence - oldest.count + 1);
    }
    is_told = is_told || kept_.at(i).over != 0;
  }
  if (is_told) {
    plan_.hosts.emplace(*host_, host);
  }
  kept_ = {};
  oldest_uncounted_ = 0;
}

RetentionPlan RetentionPlanner::take() {
  end_host();
  host_.reset();
  return std::move(plan_);
}

}  // namespace quotemill::storage
