#include "engine/pipeline/fleet_judge.h"

#include <utility>

#include "engine/pipeline/differing_verdicts.h"

namespace quotemill {
namespace {

// It attested as who it is now, its proof is that of its last evidence, and neither a latch nor a
// runtime list is its own: of fleet_reappraisal.cc's conditions those that a single host decides.
bool has_nothing_of_its_own(const PackedHost& host) {
  const PackedState& state = host.state;
  const std::uint32_t generation = host.record.generation();
  return state.sequence() != 0 && state.has_evidence() && state.generation() == generation &&
         state.state() != TrustState::kStale && !state.has_latches() && !state.has_runtime() &&
         state.shared_proof() && state.proof_generation() == generation && state.counters() &&
         state.counters()->clock.reset_count == state.proof_reset_count();
}

std::size_t mixed(std::size_t value, std::size_t more) {
  value = (value ^ more) * 0x9E37'79B9'7F4A'7C15U;
  return value ^ value >> 32U;
}

template <class Value>
std::size_t number_of(const Value* pointer) {
  return std::hash<const Value*>{}(pointer);
}

}  // namespace

FleetJudge::FleetJudge(FleetReappraisal& fleet) : fleet_(fleet), entries_(kEntries) {}

std::size_t FleetJudge::place_of(const Likeness& likeness) {
  const std::size_t value =
      mixed(mixed(mixed(number_of(likeness.verdict), number_of(likeness.proof)),
                  number_of(likeness.pcrs)),
            likeness.log);
  return value % kEntries;
}

std::optional<FleetJudge::Likeness> FleetJudge::likeness_of(const KeptHost& host) const {
  if (!host.packed || !has_nothing_of_its_own(*host.packed) ||
      fleet_.signatures() != StoredSignatures::kBelieved) {
    return std::nullopt;
  }
  const Snapshot& snapshot = *fleet_.policies().snapshot_for(host.traits());
  const PackedState& state = host.packed->state;
  const std::optional<Digest> log = state.proven_log();
  const std::optional<std::uint32_t> log_class = log ? fleet_.logs().find(*log) : std::nullopt;
  if (!log_class) {
    return std::nullopt;
  }
  return Likeness{&snapshot,
                  state.shared_verdict().get(),
                  state.shared_proof().get(),
                  state.own_pcrs().get(),
                  *log_class,
                  state.state(),
                  host.packed->record.is_imported(),
                  state.counters()->clock.safe};
}

const FleetJudgement& FleetJudge::judge_kept(const KeptHost& host) {
  const std::optional<Likeness> likeness = likeness_of(host);
  Entry* const entry = likeness ? &entries_[place_of(*likeness)] : nullptr;
  if (entry != nullptr && entry->likeness == *likeness) {
    ++alike_;
    return entry->judgement;
  }
  const Host itself = host.host();
  own_.what = judge_alone(itself);
  own_.differs =
      own_.what.kind == ReappraisalKind::kVerdict && differs(*itself.state, own_.what.verdict);
  // Whatever else was found rests on more than the likeness says.
  if (entry != nullptr && own_.what.kind == ReappraisalKind::kVerdict &&
      is_judged_by_state(itself)) {
    const PackedState& state = host.packed->state;
    *entry = {*likeness, state.shared_verdict(), state.shared_proof(), state.own_pcrs(), own_};
  }
  return own_;
}

const FleetJudgement& FleetJudge::judge(const KeptHost& host) noexcept {
  try {
    return judge_kept(host);
  } catch (...) {
    // Out of memory, at most.
    own_ = {};
    own_.what.error = {ErrorCode::kInternal, "reappraise"};
    return own_;
  }
}

}  // namespace quotemill
