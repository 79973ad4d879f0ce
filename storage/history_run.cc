#include "storage/history_run.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/base/limits.h"

namespace quotemill::storage {

namespace {

bool says_the_same(const HistoryEntry& one, const HistoryEntry& other) {
  return one.verdict.state == other.verdict.state &&
         one.verdict.findings_dropped == other.verdict.findings_dropped &&
         one.verdict.snapshot == other.verdict.snapshot &&
         one.verdict.findings == other.verdict.findings && one.boot_log == other.boot_log;
}

std::uint64_t is_interactive(NonceKind kind) {
  return kind == NonceKind::kInteractive ? 1 : 0;
}

WallTime first_time(const HistoryEntry& entry) {
  return entry.run ? entry.run->first_time : entry.time;
}

// The run of one appraisal; its evidence moves.
HistoryRun begun_with(HistoryEntry& first) {
  HistoryRun run;
  run.first_sequence = first.sequence;
  run.first_time = first.time;
  run.first_fresh_from = first.verdict.fresh_from;
  run.first_valid_until = first.verdict.valid_until;
  run.first_evidence_item = std::exchange(first.evidence_item, {});
  run.first_nonce = first.nonce;
  run.first_nonce_kind = first.nonce_kind;
  return run;
}

void end_with(HistoryEntry& run, const HistoryEntry& last, const RunSoFar& so_far) {
  if (!run.run) {
    run.run = begun_with(run);
  }
  run.run->interactive = so_far.interactive;
  run.run->longest_gap_ms = so_far.longest_gap_ms;
  run.sequence = last.sequence;
  run.time = last.time;
  run.verdict.fresh_from = last.verdict.fresh_from;
  run.verdict.valid_until = last.verdict.valid_until;
  run.evidence_item = last.evidence_item;
  run.nonce = last.nonce;
  run.nonce_kind = last.nonce_kind;
}

}  // namespace

std::vector<const HistoryEntry*> beginnings_of(const CommitBatch& batch) {
  std::unordered_map<HostUid, const HostState*> states;
  for (const auto& state : batch.states) {
    states[state->host] = state.get();
  }
  std::vector<const HistoryEntry*> out;
  for (const HistoryEntry& entry : batch.history) {
    const auto found = states.find(entry.host);
    if (found != states.end() && found->second->sequence == entry.sequence &&
        found->second->proof && found->second->proof->log == entry.boot_log) {
      out.push_back(&entry);
    }
  }
  return out;
}

bool follows(const Reaffirmation& reaffirmation, const HistoryEntry& last) {
  const HistoryEntry& entry = reaffirmation.entry;
  return entry.host == last.host && entry.generation == last.generation &&
         entry.sequence == last.sequence + 1;
}

Error unfounded(const Reaffirmation& reaffirmation) {
  return {ErrorCode::kInternal, "commit", 0,
          "appraisal " + std::to_string(reaffirmation.entry.sequence) + " of host " +
              reaffirmation.entry.host.hex() + " does not follow the last one that is stored"};
}

bool continues(const HistoryEntry& so_far, const HistoryEntry& next) {
  return so_far.host == next.host && so_far.generation == next.generation &&
         so_far.sequence + 1 == next.sequence && says_the_same(so_far, next) &&
         !is_over(so_far, next.time);
}

bool is_over(const HistoryEntry& so_far, WallTime now) {
  return now.ms - first_time(so_far).ms >= limits::kHistoryRunMsMax;
}

RunSoFar counted(const HistoryEntry& so_far) {
  if (!so_far.run) {
    return {so_far.sequence, is_interactive(so_far.nonce_kind), 0};
  }
  return {so_far.run->first_sequence, so_far.run->interactive, so_far.run->longest_gap_ms};
}

RunSoFar counted_with(const HistoryEntry& so_far, const HistoryEntry& next) {
  RunSoFar out = counted(so_far);
  out.interactive += is_interactive(next.nonce_kind);
  out.longest_gap_ms = std::max(out.longest_gap_ms, next.time.ms - so_far.time.ms);
  return out;
}

void extend(HistoryEntry& run, const HistoryEntry& next) {
  end_with(run, next, counted_with(run, next));
}

HistoryEntry rebuilt(HistoryEntry first, const HistoryEntry& last, const RunSoFar& so_far) {
  end_with(first, last, so_far);
  return first;
}

}  // namespace quotemill::storage
