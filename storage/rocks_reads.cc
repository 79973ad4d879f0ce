// What readers of any thread ask for.
#include <algorithm>
#include <limits>
#include <utility>

#include "storage/database.h"
#include "storage/rocks_status.h"
#include "storage/rocks_store.h"

namespace quotemill::storage {

namespace {

constexpr std::size_t kTellingsStep = 16'384;  // bound: rows that are read under one lock
constexpr std::uint64_t kLastSequence = std::numeric_limits<std::uint64_t>::max();

Error damaged_key(Family family) {
  return {ErrorCode::kStorage, "store", 0,
          "damaged: a key of another shape in " + std::string(name_of(family))};
}

Result<void> finished(const Database::Cursor& cursor) {
  const rocksdb::Status status = cursor.status();
  return status.ok() ? Result<void>() : error_of("store read", status);
}

// The state that belongs to `uid`, if the cursor over the states is at it; moves behind it.
Result<std::optional<HostState>> take_state(Database::Cursor& states, std::string_view host_key,
                                            const HostUid& uid) {
  while (states.valid() && states.key() < host_key) {
    states.next();
  }
  if (!states.valid() || states.key() != host_key) {
    return std::optional<HostState>();
  }
  Result<HostState> state = decode_state(uid, states.value());
  if (!state) {
    return state.error();
  }
  return std::optional<HostState>(*std::move(state));
}

// Adds a row of the history behind those that are newer, and `pending`, the run that goes on in
// memory, in its place. Of two that begin the same the one that goes further is the newer one.
void add_newest_first(HistoryEntry row, std::optional<HistoryEntry>& pending,
                      std::vector<HistoryEntry>& out) {
  if (!pending || row.first_sequence() > pending->first_sequence()) {
    out.push_back(std::move(row));
    return;
  }
  const bool is_of_that_run = row.first_sequence() == pending->first_sequence();
  const bool goes_further = is_of_that_run && row.sequence > pending->sequence;
  if (!goes_further) {
    out.push_back(*std::move(pending));
  }
  pending.reset();
  if (!is_of_that_run || goes_further) {
    out.push_back(std::move(row));
  }
}

}  // namespace

Result<void> RocksStore::for_each_host(
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  return for_each_host_of(0, 1, visit);
}

Result<void> RocksStore::for_each_host_of(
    std::uint32_t part, std::uint32_t parts,
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready;
  }
  // Before the rows: what is folded meanwhile is then seen twice, never missed.
  const auto pending = journal_.runs().pending_states();
  const std::string from = host_part_begin(part, parts);
  const std::string to = host_part_begin(part + 1, parts);
  Database::Cursor hosts = database_->scan(Family::kHosts, from, to, Reading::kOnce);
  Database::Cursor states = database_->scan(Family::kStates, from, to, Reading::kOnce);
  states.to_first();
  for (hosts.to_first(); hosts.valid(); hosts.next()) {
    const std::optional<HostUid> uid = host_of(hosts.key());
    if (!uid) {
      return damaged_key(Family::kHosts);
    }
    Result<HostRecord> record = decode_host(*uid, hosts.value());
    if (!record) {
      return record.error();
    }
    Result<std::optional<HostState>> state = take_state(states, hosts.key(), *uid);
    if (!state) {
      return state.error();
    }
    const auto newer = pending.find(*uid);
    if (state->has_value() && newer != pending.end() &&
        newer->second->sequence > (*state)->sequence) {
      *state = *newer->second;
    }
    visit(*std::move(record), *std::move(state));
  }
  Result<void> all_hosts = finished(hosts);
  return all_hosts ? finished(states) : all_hosts;
}

Result<std::vector<std::shared_ptr<const Baseline>>> RocksStore::baselines() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<std::shared_ptr<const Baseline>> out;
  Database::Cursor cursor = database_->scan(Family::kBaselines, {}, {});
  for (cursor.to_first(); cursor.valid(); cursor.next()) {
    Result<Baseline> baseline = decode_baseline(cursor.value());
    if (!baseline) {
      return baseline.error();
    }
    out.push_back(std::make_shared<const Baseline>(*std::move(baseline)));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<std::vector<std::shared_ptr<const PolicyRecord>>> RocksStore::policies() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<std::shared_ptr<const PolicyRecord>> out;
  Database::Cursor cursor = database_->scan(Family::kPolicies, {}, {});
  for (cursor.to_first(); cursor.valid(); cursor.next()) {
    const std::optional<std::uint64_t> number = sequence_of(cursor.key());
    if (!number) {
      return damaged_key(Family::kPolicies);
    }
    Result<PolicyRecord> policy = decode_policy(*number, cursor.value());
    if (!policy) {
      return policy.error();
    }
    out.push_back(std::make_shared<const PolicyRecord>(*std::move(policy)));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<Rollouts> RocksStore::rollouts() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  Rollouts out;
  Database::Cursor cursor = database_->scan(Family::kRollouts, {}, {});
  for (cursor.to_first(); cursor.valid(); cursor.next()) {
    const std::optional<std::uint64_t> number = sequence_of(cursor.key());
    if (!number) {
      return damaged_key(Family::kRollouts);
    }
    const std::string record(cursor.value());
    cursor.next();
    if (!cursor.valid() || cursor.key() != cohort_key(*number)) {
      return damaged_key(Family::kRollouts);
    }
    Result<std::shared_ptr<const Cohort>> cohort = decode_cohort(cursor.value());
    if (!cohort) {
      return cohort.error();
    }
    Result<Rollout> rollout = decode_rollout(*number, *std::move(cohort), record);
    if (!rollout) {
      return rollout.error();
    }
    out.push_back(std::make_shared<const Rollout>(*std::move(rollout)));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<std::vector<TokenRecord>> RocksStore::tokens() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<TokenRecord> out;
  Database::Cursor cursor = database_->scan(Family::kAdmissions, {}, {});
  for (cursor.to_first(); cursor.valid(); cursor.next()) {
    const std::optional<Digest> id = digest_of(cursor.key());
    if (!id) {
      return damaged_key(Family::kAdmissions);
    }
    Result<TokenRecord> token = decode_token(*id, cursor.value());
    if (!token) {
      return token.error();
    }
    out.push_back(*std::move(token));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<std::vector<HistoryEntry>> RocksStore::history(const HostUid& host, std::uint64_t before,
                                                      std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  // Before the rows, as for states.
  std::optional<HistoryEntry> pending = journal_.runs().pending_history(host);
  if (pending && before != 0 && pending->first_sequence() >= before) {
    pending.reset();
  }
  std::vector<HistoryEntry> out;
  Database::Cursor cursor =
      database_->scan(Family::kHistory, history_key(host, 0),
                      history_key(host, before == 0 ? kLastSequence : before));
  for (cursor.to_last(); cursor.valid() && out.size() < limit; cursor.previous()) {
    const std::optional<std::uint64_t> sequence = sequence_of(cursor.key());
    if (!sequence) {
      return damaged_key(Family::kHistory);
    }
    Result<HistoryEntry> entry = decode_appraisal(host, *sequence, cursor.value());
    if (!entry) {
      return entry.error();
    }
    add_newest_first(*std::move(entry), pending, out);
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  if (pending) {
    out.push_back(*std::move(pending));
  }
  out.resize(std::min(out.size(), limit));
  return out;
}

Result<std::vector<Change>> RocksStore::changes(std::uint64_t from, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<Change> out;
  Database::Cursor cursor = database_->scan(Family::kChanges, change_key(from), {});
  for (cursor.to_first(); cursor.valid() && out.size() < limit; cursor.next()) {
    const std::optional<std::uint64_t> sequence = sequence_of(cursor.key());
    if (!sequence) {
      return damaged_key(Family::kChanges);
    }
    Result<Change> change = decode_change(*sequence, cursor.value());
    if (!change) {
      return change.error();
    }
    out.push_back(*std::move(change));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<std::vector<AuditRecord>> RocksStore::audit(std::uint64_t from, std::size_t limit) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<AuditRecord> out;
  Database::Cursor cursor = database_->scan(Family::kAudit, audit_key(from), {});
  for (cursor.to_first(); cursor.valid() && out.size() < limit; cursor.next()) {
    const std::optional<std::uint64_t> number = sequence_of(cursor.key());
    if (!number) {
      return damaged_key(Family::kAudit);
    }
    Result<AuditRecord> record = decode_audit(*number, cursor.value());
    if (!record) {
      return record.error();
    }
    out.push_back(*std::move(record));
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
}

Result<AuditHead> RocksStore::audit_head() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  Database::Cursor cursor = database_->scan(Family::kAudit, {}, {});
  cursor.to_last();
  if (!cursor.valid()) {
    const Result<void> done = finished(cursor);
    return done ? Result<AuditHead>(AuditHead{}) : done.error();
  }
  const std::optional<std::uint64_t> number = sequence_of(cursor.key());
  if (!number) {
    return damaged_key(Family::kAudit);
  }
  const Result<AuditRecord> newest = decode_audit(*number, cursor.value());
  return newest ? Result<AuditHead>(AuditHead{newest->number, newest->id}) : newest.error();
}

Result<Bytes> RocksStore::boot_log(const Digest& id) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return read_boot_log_row(*database_, id);
}

Result<void> RocksStore::boot_log_tellings(
    std::span<const Digest> ids,
    const std::function<void(std::size_t place, ByteView telling)>& visit) const {
  // In pieces: a store that must be reopened is not kept waiting for all of it.
  for (std::size_t begin = 0; begin < ids.size(); begin += kTellingsStep) {
    const std::shared_lock lock(mutex_);
    if (Result<void> ready = usable(); !ready) {
      return ready;
    }
    const auto piece = ids.subspan(begin, std::min(kTellingsStep, ids.size() - begin));
    const Result<void> read = boot_log_row_tellings(
        *database_, piece,
        [&](std::size_t place, ByteView telling) { visit(begin + place, telling); });
    if (!read) {
      return read;
    }
  }
  return {};
}

Result<Bytes> RocksStore::reference_file(const Digest& id) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  return read_plain_row(*database_, id);
}

Result<FullEvidence> RocksStore::full_evidence(const HostUid& host) const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  const Result<std::optional<std::string>> value =
      database_->get(Family::kEvidence, host_key(host));
  if (!value) {
    return value.error();
  }
  if (!value->has_value()) {
    return Error{ErrorCode::kNotFound, "evidence", 0, host.hex()};
  }
  return decode_full_evidence(**value);
}

Result<StoreStatus> RocksStore::status() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  StoreStatus out;
  out.stream_id = stream_id_;
  Database::Cursor cursor = database_->scan(Family::kChanges, {}, {});
  cursor.to_first();
  if (cursor.valid()) {
    out.first_change = sequence_of(cursor.key()).value_or(0);
    cursor.to_last();
    out.last_change = cursor.valid() ? sequence_of(cursor.key()).value_or(0) : 0;
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  out.bytes = database_->live_bytes();
  out.figures = database_->figures();
  return out;
}

}  // namespace quotemill::storage
