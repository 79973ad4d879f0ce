// What readers of any thread ask for of what is; what was is read in rocks_history.cc.
#include <algorithm>
#include <utility>

#include "storage/database.h"
#include "storage/host_row_reader.h"
#include "storage/limits.h"
#include "storage/rocks_store.h"

namespace quotemill::storage {

namespace {

// The stored state that belongs to the host, if there is one; the cursor stays at it.
std::optional<std::string_view> state_at(Database::Cursor& states, std::string_view host_key) {
  while (states.valid() && states.key() < host_key) {
    states.next();
  }
  return states.valid() && states.key() == host_key ? std::optional(states.value()) : std::nullopt;
}

Result<std::optional<HostState>> decoded(const HostUid& uid,
                                         std::optional<std::string_view> stored) {
  if (!stored) {
    return std::optional<HostState>();
  }
  Result<HostState> state = decode_state(uid, *stored);
  if (!state) {
    return state.error();
  }
  return std::optional<HostState>(*std::move(state));
}

}  // namespace

Result<void> RocksStore::for_each_host(
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  return for_each_host_of(0, 1, visit);
}

Result<void> RocksStore::for_each_host_of(
    std::uint32_t part, std::uint32_t parts,
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  return for_each_host_row(part, parts, nullptr, visit);
}

Result<void> RocksStore::for_each_host_row(
    std::uint32_t part, std::uint32_t parts, const std::function<bool(const HostRow& row)>& take,
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
  HostRowReader rows;
  states.to_first();
  for (hosts.to_first(); hosts.valid(); hosts.next()) {
    const std::optional<HostUid> uid = host_of(hosts.key());
    if (!uid) {
      return damaged_key(Family::kHosts);
    }
    const std::optional<std::string_view> stored = state_at(states, hosts.key());
    const auto newer = pending.find(*uid);
    if (take && stored && newer == pending.end()) {
      const HostRow* const row = rows.read(*uid, hosts.value(), *stored);
      if (row != nullptr && take(*row)) {
        continue;
      }
    }
    Result<HostRecord> record = decode_host(*uid, hosts.value());
    if (!record) {
      return record.error();
    }
    Result<std::optional<HostState>> state = decoded(*uid, stored);
    if (!state) {
      return state.error();
    }
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

Result<std::vector<ImageTime>> RocksStore::image_times() const {
  const std::shared_lock lock(mutex_);
  if (Result<void> ready = usable(); !ready) {
    return ready.error();
  }
  std::vector<ImageTime> out;
  Database::Cursor cursor = database_->scan(Family::kImages, {}, {});
  for (cursor.to_first(); cursor.valid(); cursor.next()) {
    const std::optional<Digest> image = digest_of(cursor.key());
    if (!image) {
      return damaged_key(Family::kImages);
    }
    const Result<WallTime> attested = decode_image_time(cursor.value());
    if (!attested) {
      return attested.error();
    }
    out.push_back({*image, *attested});
  }
  if (Result<void> done = finished(cursor); !done) {
    return done.error();
  }
  return out;
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
  for (std::size_t begin = 0; begin < ids.size(); begin += limits::kTellingsStep) {
    const std::shared_lock lock(mutex_);
    if (Result<void> ready = usable(); !ready) {
      return ready;
    }
    const auto piece = ids.subspan(begin, std::min(limits::kTellingsStep, ids.size() - begin));
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

// An error in the background stops writes until RocksDB, or the next open, gets over it; a write
// that succeeded since is the sign that it has.
std::string RocksStore::trouble() const {
  if (const Result<void> room = has_room(); !room) {
    return room.error().detail;
  }
  const std::uint64_t errors = database_->background_errors();
  return errors > survived_errors_.load(std::memory_order_relaxed)
             ? "RocksDB met " + std::to_string(errors) +
                   " errors in the background, and no write has succeeded since"
             : "";
}

Result<std::vector<StreamBegin>> RocksStore::streams() const {
  const std::shared_lock lock(mutex_);
  return streams_;
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
  out.free_bytes = free_bytes().value_or(0);
  out.refuses = trouble();
  return out;
}

}  // namespace quotemill::storage
