// Writing: commits, and what happens after one that failed.
#include <filesystem>

#include <rocksdb/write_batch.h>

#include "engine/evidence/evidence_codec.h"
#include "storage/certificate_rows.h"
#include "storage/database.h"
#include "storage/history_rows.h"
#include "storage/key_order.h"
#include "storage/limits.h"
#include "storage/rocks_status.h"
#include "storage/rocks_store.h"
#include "storage/stream_begins.h"
#include "storage/ulid.h"

namespace quotemill::storage {

namespace {

// What ageing may lose by a kill.
constexpr std::int64_t kAgeingStepMs = 60'000;

// A batch of so many bytes is kept for the next commit: fetching a quarter of a megabyte from the
// system for each, page by page, costs as much as filling it. Larger ones are rare.
constexpr std::size_t kBatchKeptMax = std::size_t{1024} * 1024;

// Collects, for each key that a batch writes, what is there now.
class Inverter : public rocksdb::WriteBatch::Handler {
 public:
  Inverter(const Database& database, rocksdb::WriteBatch& undo)
      : database_(database), undo_(undo) {}

  rocksdb::Status PutCF(std::uint32_t id, const rocksdb::Slice& key,
                        const rocksdb::Slice& /*value*/) override {
    return restore(id, key);
  }

  rocksdb::Status DeleteCF(std::uint32_t id, const rocksdb::Slice& key) override {
    return restore(id, key);
  }

 private:
  rocksdb::Status restore(std::uint32_t id, const rocksdb::Slice& key) {
    const std::optional<Family> family = database_.family(id);
    if (!family) {
      return rocksdb::Status::InvalidArgument("unknown column family");
    }
    const Result<std::optional<std::string>> now = database_.get(*family, key.ToStringView());
    if (!now) {
      return rocksdb::Status::IOError(now.error().to_string());
    }
    if (now->has_value()) {
      database_.put(*family, key.ToStringView(), **now, undo_);
    } else {
      database_.erase(*family, key.ToStringView(), undo_);
    }
    return rocksdb::Status::OK();
  }

  const Database& database_;
  rocksdb::WriteBatch& undo_;
};

// The newest ones: generations follow each other, so that one goes for each that comes.
void put_former_identity(const Database& database, const HostRecord& former,
                         rocksdb::WriteBatch& out) {
  database.put(Family::kIdentities, identity_key(former.uid, former.generation),
               encode_host(former), out);
  if (former.generation > limits::kFormerIdentitiesMax) {
    database.erase(Family::kIdentities,
                   identity_key(former.uid, former.generation - limits::kFormerIdentitiesMax), out);
  }
}

bool carries_pcr_values(ByteView item) {
  const Result<Evidence> evidence = decode_evidence(item);
  return evidence && !evidence->pcrs.empty();
}

}  // namespace

Result<void> RocksStore::commit(const CommitBatch& batch) {
  if (batch.empty()) {
    return {};
  }
  if (Result<void> ready = make_ready(); !ready) {
    return ready;
  }
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    if (batch.changes[i].sequence != last_change_ + 1 + i) {
      return Error{ErrorCode::kInternal, "commit", 0,
                   "change " + std::to_string(batch.changes[i].sequence) + " cannot follow " +
                       std::to_string(last_change_ + i)};
    }
  }
  if (!batch_) {
    batch_ = std::make_unique<rocksdb::WriteBatch>();
  }
  Result<void> committed = commit_with(batch, *batch_);
  if (batch_->GetDataSize() > kBatchKeptMax) {
    batch_.reset();
  } else {
    batch_->Clear();
  }
  return committed;
}

Result<void> RocksStore::commit_with(const CommitBatch& batch, rocksdb::WriteBatch& out) {
  if (Result<void> prepared = journal_.prepare(*database_, batch, commits_ + 1, out); !prepared) {
    return prepared;
  }
  Result<void> written = add(batch, out);
  add_housekeeping(batch, out);
  if (written) {
    written = write(out);
  }
  if (!written) {
    boot_logs_.failed();
    return written;
  }
  journal_.landed(batch);
  last_change_ += batch.changes.size();
  return {};
}

std::optional<std::uint64_t> RocksStore::free_bytes() const {
  if (options_.free_bytes) {
    return options_.free_bytes();
  }
  std::error_code failure;
  const std::uint64_t free = std::filesystem::space(options_.path, failure).available;
  return failure ? std::nullopt : std::optional(free);
}

// Where nobody knows, the write itself will tell.
Result<void> RocksStore::has_room() const {
  const std::optional<std::uint64_t> free = free_bytes();
  return !free || *free >= options_.reserve_bytes
             ? Result<void>()
             : Error{ErrorCode::kBusy, "commit", 0,
                     "the disk is nearly full: " + std::to_string(*free) + " bytes are free at " +
                         options_.path + ", " + std::to_string(options_.reserve_bytes) +
                         " are needed"};
}

Result<void> RocksStore::make_ready() {
  if (Result<void> room = has_room(); !room) {
    return room;
  }
  if (Result<void> settled = settle(); !settled) {
    return settled;
  }
  if (!database_) {
    const std::unique_lock lock(mutex_);
    return reopen();
  }
  const std::uint64_t errors = database_->background_errors();
  if (errors == survived_errors_.load(std::memory_order_relaxed)) {
    return {};
  }
  const rocksdb::Status resumed = database_->resume();
  if (resumed.IsBusy()) {
    return Error{ErrorCode::kBusy, "commit", 0,
                 "RocksDB is getting over an error in the background"};
  }
  if (!resumed.ok()) {
    const std::unique_lock lock(mutex_);
    return reopen();
  }
  survived_errors_.store(errors, std::memory_order_relaxed);
  return {};
}

Result<std::string> RocksStore::renew_stream() {
  if (Result<void> ready = make_ready(); !ready) {
    return ready.error();
  }
  const Result<std::string> stream_id = fresh_ulid();
  if (!stream_id) {
    return stream_id.error();
  }
  if (Result<void> kept = keep_stream(*stream_id); !kept) {
    return kept.error();
  }
  return *stream_id;
}

Result<void> RocksStore::keep_image_times(std::span<const ImageTime> times) {
  if (Result<void> ready = make_ready(); !ready) {
    return ready;
  }
  rocksdb::WriteBatch out;
  for (const ImageTime& time : times) {
    database_->put(Family::kImages, digest_key(time.image), encode_image_time(time.attested), out);
  }
  return write(out);
}

Result<void> RocksStore::keep_stream(const std::string& stream_id) {
  const Result<AuditHead> acts = audit_head();
  if (!acts) {
    return acts.error();
  }
  std::vector<StreamBegin> streams = streams_;
  begin_stream(streams, {stream_id, last_change_ + 1, acts->number + 1});
  rocksdb::WriteBatch out;
  database_->put(Family::kMeta, kStreamKey, encode_plain(stream_id), out);
  database_->put(Family::kMeta, kStreamsKey, encode_plain(encode_streams(streams)), out);
  if (Result<void> written = write(out); !written) {
    return written;
  }
  const std::unique_lock lock(mutex_);
  stream_id_ = stream_id;
  streams_ = std::move(streams);
  return {};
}

Result<void> RocksStore::add(const CommitBatch& batch, rocksdb::WriteBatch& out) {
  const Database& db = *database_;
  // Removed first: a host that is removed and written in one batch stays.
  for (const HostUid& host : batch.hosts_removed) {
    for (const Family family : {Family::kHosts, Family::kStates, Family::kEvidence}) {
      db.erase(family, host_key(host), out);
    }
    if (is_gone(host, batch)) {
      erase_identity_rows(db, host, out);
    }
  }
  for (const auto& host : batch.hosts) {
    db.put(Family::kHosts, host_key(host->uid), encode_host(*host), out);
  }
  for (const EkCertificate& certificate : batch.ek_certificates) {
    put_certificate_row(db, certificate, out);
  }
  for (const std::size_t place :
       in_key_order(batch.states, [](const auto& state) { return state->host.view(); })) {
    const HostState& state = *batch.states[place];
    db.put(Family::kStates, host_key(state.host), encode_state(state), out);
  }
  for (const std::size_t place :
       in_key_order(batch.history, [](const auto& entry) { return entry.host.view(); })) {
    if (Result<void> added = add_history(batch.history[place], out); !added) {
      return added;
    }
  }
  for (const VerdictRevision& revision : batch.revisions) {
    put_revision_row(db, revision, out);
  }
  for (const auto& former : batch.former_identities) {
    put_former_identity(db, *former, out);
  }
  for (const auto& baseline : batch.baselines) {
    db.put(Family::kBaselines, baseline_key(baseline->name, baseline->version),
           encode_baseline(*baseline), out);
  }
  for (const auto& file : batch.reference_files) {
    db.put(Family::kBlobs, digest_key(file->id), encode_plain(file->content), out);
  }
  for (const auto& policy : batch.policies) {
    db.put(Family::kPolicies, policy_key(policy->number), encode_policy(*policy), out);
  }
  for (const auto& rollout : batch.rollouts) {
    db.put(Family::kRollouts, rollout_key(rollout->number), encode_rollout(*rollout), out);
    if (rollout->revision == 1) {  // a cohort never changes
      db.put(Family::kRollouts, cohort_key(rollout->number), encode_cohort(*rollout->cohort), out);
    }
  }
  for (const AuditRecord& record : batch.audit) {
    db.put(Family::kAudit, audit_key(record.number), encode_audit(record), out);
  }
  for (const TokenRecord& token : batch.tokens) {
    db.put(Family::kAdmissions, digest_key(token.id), encode_token(token), out);
  }
  for (const Change& change : batch.changes) {
    db.put(Family::kChanges, change_key(change.sequence), encode_change(change), out);
  }
  boot_logs_.put(db, batch.boot_logs, out);
  return {};
}

void RocksStore::add_housekeeping(const CommitBatch& batch, rocksdb::WriteBatch& out) {
  if (retention_->now().ms == 0 && !batch.states.empty()) {
    retention_->begin(batch.states.front()->judged);
  }
  for (const Digest& log : collection_.take(kCollectLogsStep)) {
    boot_logs_.erase(*database_, log, out);
  }
  const WallTime now = retention_->now();
  if (now.ms >= aged_.ms + kAgeingStepMs) {
    aged_ = now;
    database_->put(Family::kMeta, kAgeingKey,
                   encode_plain(encode_number(static_cast<std::uint64_t>(now.ms))), out);
  }
}

Result<void> RocksStore::add_history(const HistoryEntry& entry, rocksdb::WriteBatch& out) const {
  put_history_row(*database_, entry, out);
  if (carries_pcr_values(entry.evidence_item)) {
    database_->put(Family::kEvidence, host_key(entry.host),
                   encode_full_evidence(entry.sequence, entry.evidence_item), out);
  }
  return journal_.trim_history(*database_, entry, entry.sequence - 1, out);
}

Result<void> RocksStore::write(rocksdb::WriteBatch& batch) {
  database_->put(Family::kMeta, kCommitKey, encode_plain(encode_number(commits_ + 1)), batch);
  const rocksdb::Status status = database_->write(batch);
  if (!status.ok()) {
    // The failed write is in the log or not; it is not in memory, so that what is read now is what
    // was there before.
    doubt_ = Doubt{commits_ + 1, inverse_of(batch)};
    return error_of("commit", status);
  }
  ++commits_;
  survived_errors_.store(database_->background_errors(), std::memory_order_relaxed);
  return {};
}

std::unique_ptr<rocksdb::WriteBatch> RocksStore::inverse_of(
    const rocksdb::WriteBatch& batch) const {
  auto undo = std::make_unique<rocksdb::WriteBatch>();
  Inverter inverter(*database_, *undo);
  return batch.Iterate(&inverter).ok() ? std::move(undo) : nullptr;
}

Result<void> RocksStore::reopen() {
  database_.reset();
  Result<void> opened = open_database();
  if (!opened) {
    database_.reset();
  }
  return opened;
}

Result<void> RocksStore::settle() {
  if (!doubt_) {
    return {};
  }
  const std::unique_lock lock(mutex_);
  if (Result<void> opened = reopen(); !opened) {
    return opened;
  }
  if (commits_ >= doubt_->commit) {
    if (!doubt_->undo) {
      database_.reset();
      return Error{ErrorCode::kStorage, "commit", 0,
                   "a write that had failed is there after all and cannot be taken back; restart "
                   "the daemon, so that it reads what is there"};
    }
    const rocksdb::Status status = database_->write(*doubt_->undo);
    if (!status.ok()) {
      database_.reset();  // or readers would see what was called failed
      return error_of("commit", status);
    }
    if (Result<void> read = read_heads(); !read) {
      return read;
    }
  }
  doubt_.reset();
  return {};
}

}  // namespace quotemill::storage
