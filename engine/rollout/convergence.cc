#include "engine/rollout/convergence.h"

namespace quotemill {
namespace {

// What the last verdict says about this rollout; nullopt if it was made without.
std::optional<Convergence> told_by(const Rollout& rollout, const Findings& findings) {
  for (const Finding& finding : findings) {
    if (finding.subject != rollout.name) {
      continue;
    }
    switch (finding.code) {
      case FindingCode::kRolloutOld:
        return Convergence::kStillOld;
      case FindingCode::kRolloutNew:
        return Convergence::kConverged;
      case FindingCode::kRolloutMixed:
        return Convergence::kMixed;
      case FindingCode::kRolloutOther:
        return Convergence::kFailed;
      default:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Convergence convergence) {
  switch (convergence) {
    case Convergence::kStillOld:
      return "old";
    case Convergence::kConverged:
      return "new";
    case Convergence::kMixed:
      return "mixed";
    case Convergence::kFailed:
      return "failed";
    case Convergence::kSilent:
      return "silent";
    case Convergence::kWaiting:
      return "waiting";
    case Convergence::kGone:
      return "gone";
  }
  return "";
}

Convergence convergence_of(const Rollout& rollout, std::uint32_t wave, const HostRecord* record,
                           const HostState* state) {
  if (record == nullptr || state == nullptr || !record->may_attest()) {
    return Convergence::kGone;
  }
  if (wave >= rollout.waves_open) {
    return Convergence::kWaiting;
  }
  if (state->state == TrustState::kStale) {
    return Convergence::kSilent;
  }
  const std::optional<Convergence> told = told_by(rollout, state->verdict.findings);
  const bool is_failed = state->state == TrustState::kFailed;
  if (!told) {
    return is_failed ? Convergence::kFailed : Convergence::kWaiting;
  }
  // On the new set and failed for something else. Who is late, is still old.
  return *told == Convergence::kConverged && is_failed ? Convergence::kFailed : *told;
}

void count(Convergence convergence, RolloutCounts& counts) {
  switch (convergence) {
    case Convergence::kStillOld:
      ++counts.still_old;
      break;
    case Convergence::kConverged:
      ++counts.converged;
      break;
    case Convergence::kMixed:
      ++counts.mixed;
      break;
    case Convergence::kFailed:
      ++counts.failed;
      break;
    case Convergence::kSilent:
      ++counts.silent;
      break;
    case Convergence::kWaiting:
      ++counts.waiting;
      break;
    case Convergence::kGone:
      ++counts.gone;
      break;
  }
}

}  // namespace quotemill
