#include "storage/journal.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "engine/base/prefetch.h"
#include "storage/database.h"
#include "storage/history_rows.h"
#include "storage/history_run.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

namespace {

// The hosts of which the batch writes more than a reaffirmation, each once.
std::vector<HostUid> edges_of(const CommitBatch& batch) {
  std::vector<HostUid> hosts = batch.hosts_removed;
  for (const auto& state : batch.states) {
    hosts.push_back(state->host);
  }
  for (const HistoryEntry& entry : batch.history) {
    hosts.push_back(entry.host);
  }
  std::sort(hosts.begin(), hosts.end());
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
  return hosts;
}

// Hosts that a commit folds, and those that it forgets the runs of, at most: faster than it adds
// any.
std::size_t fold_step(const CommitBatch& batch) {
  return std::max(limits::kFoldHostsMin, 2 * batch.reaffirmed.size());
}

void put_state(const Database& database, const HostState& state, rocksdb::WriteBatch& out) {
  database.put(Family::kStates, host_key(state.host), encode_state(state), out);
}

}  // namespace

Result<void> Journal::prepare(const Database& database, const CommitBatch& batch,
                              std::uint64_t commit, rocksdb::WriteBatch& out) {
  plan_ = Plan{};
  plan_.record.commit = commit;
  drop_records(database, std::max(limits::kJournalDropStep, 4 * batch.reaffirmed.size()), out);
  // From what is older to what is newer: of two writes to one key in a batch the later one counts.
  Result<void> done = fold_oldest(database, batch, out);
  if (done) {
    done = sort_reaffirmed(batch);
  }
  if (done) {
    done = begin_runs(database, out);
  }
  add_record(database, out);
  return done ? end_runs(database, batch, out) : done;
}

// Those that nobody needs since the last commit. Each counts for one entry at least.
void Journal::drop_records(const Database& database, std::size_t entries_max,
                           rocksdb::WriteBatch& out) {
  const std::uint64_t needed = runs_.pending().empty() ? std::numeric_limits<std::uint64_t>::max()
                                                       : runs_.pending().front().pin;
  std::size_t entries = 0;
  for (const Record& record : records_) {
    if (record.commit >= needed || entries >= entries_max) {
      return;
    }
    database.erase(Family::kJournal, journal_key(record.commit), out);
    entries += record.entries;
    ++plan_.dropped;
  }
}

// In steps, but faster than what a commit adds.
Result<void> Journal::fold_oldest(const Database& database, const CommitBatch& batch,
                                  rocksdb::WriteBatch& out) {
  const std::size_t step = fold_step(batch);
  const WallTime now = batch.reaffirmed.empty() ? WallTime{} : batch.reaffirmed.back().entry.time;
  std::size_t entries = entries_ + batch.reaffirmed.size();
  auto record = records_.begin();
  for (const OpenRuns::Run& run : runs_.pending()) {
    for (; record != records_.end() && record->commit < run.pin; ++record) {
      entries -= record->entries;  // free as soon as the runs before this one are folded
    }
    const bool is_old = record != records_.end() && now.ms - record->newest.ms > rules_.age_ms_max;
    if (plan_.folded.size() == step || !(is_old || entries > rules_.entries_max)) {
      return {};
    }
    put_state(database, *run.state, out);
    if (Result<void> put = put_history(database, run.history, run.stored, out); !put) {
      return put;
    }
    plan_.folded.push_back(run.history.host);
  }
  return {};
}

// Whether they join their host's run or begin one. All runs are looked for before any is looked at:
// each of both is a cache miss, and they go side by side.
Result<void> Journal::sort_reaffirmed(const CommitBatch& batch) {
  for (const Reaffirmation& reaffirmation : batch.reaffirmed) {
    runs_.prefetch(reaffirmation.entry.host);
  }
  std::vector<std::optional<OpenRuns::Place>> runs;
  runs.reserve(batch.reaffirmed.size());
  for (const Reaffirmation& reaffirmation : batch.reaffirmed) {
    runs.push_back(runs_.place_of(reaffirmation.entry.host));
    if (runs.back()) {
      prefetch(&**runs.back());
    }
  }
  plan_.joined.reserve(batch.reaffirmed.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Reaffirmation& reaffirmation = batch.reaffirmed[i];
    const std::optional<OpenRuns::Place>& run = runs[i];
    if (run && !follows(reaffirmation, (*run)->history)) {
      return unfounded(reaffirmation);
    }
    if (run && continues((*run)->history, reaffirmation.entry)) {
      plan_.joined.push_back({&reaffirmation, *run});
    } else {
      plan_.begun.push_back(&reaffirmation);
    }
  }
  return {};
}

Result<void> Journal::begin_runs(const Database& database, rocksdb::WriteBatch& out) {
  for (const Reaffirmation* begun : plan_.begun) {
    const OpenRuns::Run* former = runs_.find(begun->entry.host);
    Result<void> put;
    if (former != nullptr && former->pin != 0) {
      put = put_history(database, former->history, former->stored, out);
    }
    if (put) {
      put = put_history(database, begun->entry, begun->entry.sequence - 1, out);
    }
    if (!put) {
      return put;
    }
    put_state(database, *begun->state, out);
  }
  return {};
}

void Journal::add_record(const Database& database, rocksdb::WriteBatch& out) {
  if (plan_.joined.empty()) {
    return;
  }
  writer_.begin(plan_.joined.size());
  for (const auto& [joined, run] : plan_.joined) {
    writer_.add(*joined, counted_with(run->history, joined->entry));
    plan_.record.newest = std::max(plan_.record.newest, joined->entry.time);
  }
  plan_.record.entries = plan_.joined.size();
  database.put(Family::kJournal, journal_key(plan_.record.commit), writer_.view(), out);
}

// A run ends with whatever else is written of its host: its row is in the same batch, so that the
// order is kept. The state's row is that of the edge.
Result<void> Journal::end_runs(const Database& database, const CommitBatch& batch,
                               rocksdb::WriteBatch& out) {
  plan_.ended = edges_of(batch);
  if (plan_.ended.empty()) {
    return {};
  }
  std::unordered_map<HostUid, const HistoryEntry*> just_joined;
  for (const Joined& joined : plan_.joined) {
    const HistoryEntry& entry = joined.reaffirmation->entry;
    just_joined.emplace(entry.host, &entry);
  }
  for (const HostUid& host : plan_.ended) {
    const OpenRuns::Run* run = runs_.find(host);
    const auto last = just_joined.find(host);
    if (run == nullptr || (run->pin == 0 && last == just_joined.end())) {
      continue;
    }
    HistoryEntry ended = run->history;
    if (last != just_joined.end()) {
      extend(ended, *last->second);
    }
    if (Result<void> put = put_history(database, ended, run->stored, out); !put) {
      return put;
    }
  }
  return {};
}

Result<void> Journal::put_history(const Database& database, const HistoryEntry& entry,
                                  std::uint64_t known, rocksdb::WriteBatch& out) const {
  put_history_row(database, entry, out);
  return trim_history(database, entry, known, out);
}

Result<void> Journal::trim_history(const Database& database, const HistoryEntry& entry,
                                   std::uint64_t known, rocksdb::WriteBatch& out) const {
  if (!is_trim_due(known, entry.sequence, rules_.history)) {
    return {};  // mostly: told before the run is looked for
  }
  const OpenRuns::Run* run = runs_.find(entry.host);
  const std::uint64_t kept_from =
      run != nullptr ? run->history.first_sequence() : entry.first_sequence();
  return trim_history_rows(database, entry.host, {known, entry.sequence, kept_from}, rules_.history,
                           out);
}

void Journal::landed(const CommitBatch& batch) {
  remember_folds();
  for (const Reaffirmation* begun : plan_.begun) {
    runs_.begin(begun->entry);
  }
  for (const auto& [joined, run] : plan_.joined) {
    prefetch(&*run);  // writing the batch took it out of the cache
  }
  for (const auto& [joined, run] : plan_.joined) {
    runs_.extend(run, *joined, plan_.record.commit);
  }
  for (const HostUid& host : plan_.ended) {
    runs_.end(host);
  }
  for (const HistoryEntry* first : beginnings_of(batch)) {
    runs_.begin(*first);
  }
  if (plan_.record.entries != 0) {
    records_.push_back(plan_.record);
    entries_ += plan_.record.entries;
  }
  if (!batch.reaffirmed.empty()) {  // else nobody says what time it is
    runs_.forget_over(batch.reaffirmed.back().entry.time, fold_step(batch));
  }
}

void Journal::remember_folds() {
  for (const HostUid& host : plan_.folded) {
    runs_.settle(host);
  }
  for (; plan_.dropped != 0; --plan_.dropped) {
    entries_ -= records_.front().entries;
    records_.pop_front();
  }
}

Result<void> Journal::fold_all(Database& database) {
  while (!records_.empty()) {
    plan_ = Plan{};
    rocksdb::WriteBatch out;
    drop_records(database, limits::kJournalEntriesMax, out);
    for (const OpenRuns::Run& run : runs_.pending()) {
      if (plan_.folded.size() == limits::kFoldHostsStep) {
        break;
      }
      put_state(database, *run.state, out);
      if (Result<void> put = put_history(database, run.history, run.stored, out); !put) {
        return put;
      }
      plan_.folded.push_back(run.history.host);
    }
    if (const rocksdb::Status status = database.write_unsynced(out); !status.ok()) {
      return error_of("fold", status);
    }
    remember_folds();
  }
  return {};
}

}  // namespace quotemill::storage
