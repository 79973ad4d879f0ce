#include "storage/memory_store.h"

#include <algorithm>

#include "engine/crypto/random.h"
#include "storage/certificate_rows.h"
#include "storage/history_run.h"
#include "storage/stream_begins.h"
#include "storage/ulid.h"

namespace quotemill::storage {

namespace {

// No clock: the streams of a simulation are told apart by their random part.
std::string fresh_stream_id() {
  const Result<Bytes> random = random_bytes(10);
  return make_ulid({0}, random ? *random : Bytes(10));
}

}  // namespace

MemoryStore::MemoryStore(std::uint64_t appraisals_per_host)
    : appraisals_per_host_(appraisals_per_host),
      stream_id_(fresh_stream_id()),
      streams_{{stream_id_, 1, 1}} {}

void MemoryStore::fail_next_commit() {
  const std::lock_guard lock(mutex_);
  fail_next_ = true;
}

void MemoryStore::fail_commits(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_all_ = fail;
}

Result<void> MemoryStore::commit(const CommitBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fail_next_, false) || fail_all_) {
    return Error{ErrorCode::kStorage, "commit", 0, "fails because a test wants it to"};
  }
  if (Result<void> checked = check(batch); !checked) {
    return checked;
  }
  apply(batch);
  return {};
}

Result<void> MemoryStore::check(const CommitBatch& batch) const {
  const std::uint64_t last = changes_.empty() ? 0 : changes_.rbegin()->first;
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    if (batch.changes[i].sequence != last + 1 + i) {
      return Error{ErrorCode::kInternal, "commit", 0,
                   "change " + std::to_string(batch.changes[i].sequence) + " cannot follow " +
                       std::to_string(last + i)};
    }
  }
  for (const Reaffirmation& reaffirmation : batch.reaffirmed) {
    const auto open = open_runs_.find(reaffirmation.entry.host);
    if (open != open_runs_.end() && !follows(reaffirmation, history_.at(*open))) {
      return unfounded(reaffirmation);
    }
  }
  return {};
}

void MemoryStore::apply(const CommitBatch& batch) {
  for (const Reaffirmation& reaffirmation : batch.reaffirmed) {
    add_reaffirmed(reaffirmation);
  }
  for (const HostUid& host : batch.hosts_removed) {
    hosts_.erase(host);
    states_.erase(host);
    open_runs_.erase(host);
    if (is_gone(host, batch)) {
      std::erase_if(identities_, [&](const auto& each) { return each.first.first == host; });
      std::erase_if(ek_certificates_, [&](const auto& each) { return each.first.first == host; });
    }
  }
  for (const auto& host : batch.hosts) {
    hosts_[host->uid] = host;
  }
  for (const EkCertificate& certificate : batch.ek_certificates) {
    ek_certificates_[{certificate.host, certificate.sha256}] = certificate.der;
  }
  for (const auto& state : batch.states) {
    states_[state->host] = state;
    open_runs_.erase(state->host);
  }
  for (const HistoryEntry& entry : batch.history) {
    open_runs_.erase(entry.host);
    add_history(entry);
  }
  for (const VerdictRevision& revision : batch.revisions) {
    revisions_[{revision.host, revision.sequence, revision.time.ms}] = revision;
  }
  for (const auto& former : batch.former_identities) {
    identities_[{former->uid, former->generation}] = former;
  }
  for (const HistoryEntry* first : beginnings_of(batch)) {
    open_runs_[first->host] = first->sequence;
  }
  for (const auto& baseline : batch.baselines) {
    baselines_[{baseline->name, baseline->version}] = baseline;
  }
  for (const auto& file : batch.reference_files) {
    reference_files_[file->id] = file;
  }
  for (const auto& policy : batch.policies) {
    policies_[policy->number] = policy;
  }
  for (const auto& rollout : batch.rollouts) {
    rollouts_[rollout->number] = rollout;
  }
  for (const AuditRecord& record : batch.audit) {
    audit_[record.number] = record;
  }
  for (const TokenRecord& token : batch.tokens) {
    tokens_[token.id] = token;
  }
  for (const Change& change : batch.changes) {
    changes_[change.sequence] = change;
  }
  for (const BootLogRecord& log : batch.boot_logs) {
    bytes_ += log.content.size();
    boot_logs_[log.id] = log.content;
  }
}

void MemoryStore::add_history(const HistoryEntry& entry) {
  bytes_ += entry.evidence_item.size();
  history_.insert_or_assign({entry.host, entry.sequence}, entry);
  trim_history(entry.host, entry.sequence);
}

void MemoryStore::add_reaffirmed(const Reaffirmation& reaffirmation) {
  const HistoryEntry& entry = reaffirmation.entry;
  states_[entry.host] = reaffirmation.state;
  const auto open = open_runs_.find(entry.host);
  if (open != open_runs_.end()) {
    HistoryEntry& run = history_.at({entry.host, open->second});
    if (continues(run, entry)) {
      bytes_ += entry.evidence_item.size();
      extend(run, entry);
      trim_history(entry.host, entry.sequence);
      return;
    }
  }
  open_runs_[entry.host] = entry.sequence;
  add_history(entry);
}

// What ends before the newest ones that are to be kept; of warnings and failures as many stay.
void MemoryStore::trim_history(const HostUid& host, std::uint64_t newest) {
  if (appraisals_per_host_ == 0 || newest <= appraisals_per_host_) {
    return;
  }
  const std::uint64_t last_to_go = newest - appraisals_per_host_;
  std::map<TrustState, std::uint64_t> kept;
  std::uint64_t gone_to = last_to_go;
  const auto drop_revisions = [&](std::uint64_t from) {
    if (from <= gone_to) {
      revisions_.erase(revisions_.lower_bound({host, from, 0}),
                       revisions_.lower_bound({host, gone_to + 1, 0}));
    }
  };
  auto next = history_.upper_bound({host, last_to_go});
  while (next != history_.begin() && std::prev(next)->first.first == host) {
    const auto row = std::prev(next);
    const HistoryEntry& entry = row->second;
    const TrustState state = entry.verdict.state;
    const bool outlives = state == TrustState::kWarning || state == TrustState::kFailed;
    if (entry.sequence > last_to_go || (outlives && kept[state] < appraisals_per_host_)) {
      kept[state] += entry.sequence <= last_to_go ? entry.count() : 0;
      drop_revisions(entry.sequence + 1);
      gone_to = entry.first_sequence() - 1;
      next = row;
    } else {
      next = history_.erase(row);
    }
  }
  drop_revisions(0);
}

Result<std::string> MemoryStore::renew_stream() {
  const std::lock_guard lock(mutex_);
  stream_id_ = fresh_stream_id();
  begin_stream(streams_, {stream_id_, changes_.empty() ? 1 : changes_.rbegin()->first + 1,
                          audit_.empty() ? 1 : audit_.rbegin()->first + 1});
  return stream_id_;
}

Result<void> MemoryStore::keep_image_times(std::span<const ImageTime> times) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fail_next_, false) || fail_all_) {
    return Error{ErrorCode::kStorage, "images", 0, "fails because a test wants it to"};
  }
  for (const ImageTime& time : times) {
    image_times_[time.image] = time.attested;
  }
  return {};
}

Result<std::vector<ImageTime>> MemoryStore::image_times() const {
  const std::lock_guard lock(mutex_);
  std::vector<ImageTime> out;
  for (const auto& [image, attested] : image_times_) {
    out.push_back({image, attested});
  }
  return out;
}

Result<std::vector<StreamBegin>> MemoryStore::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_;
}

Result<void> MemoryStore::for_each_host(
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [uid, record] : hosts_) {
    const auto state = states_.find(uid);
    visit(*record,
          state == states_.end() ? std::nullopt : std::optional<HostState>(*state->second));
  }
  return {};
}

Result<std::vector<std::shared_ptr<const Baseline>>> MemoryStore::baselines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Baseline>> out;
  for (const auto& [key, baseline] : baselines_) {
    out.push_back(baseline);
  }
  return out;
}

Result<std::vector<std::shared_ptr<const PolicyRecord>>> MemoryStore::policies() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const PolicyRecord>> out;
  for (const auto& [number, policy] : policies_) {
    out.push_back(policy);
  }
  return out;
}

Result<Rollouts> MemoryStore::rollouts() const {
  const std::lock_guard lock(mutex_);
  Rollouts out;
  for (const auto& [number, rollout] : rollouts_) {
    out.push_back(rollout);
  }
  return out;
}

Result<std::vector<TokenRecord>> MemoryStore::tokens() const {
  const std::lock_guard lock(mutex_);
  std::vector<TokenRecord> out;
  for (const auto& [id, token] : tokens_) {
    out.push_back(token);
  }
  return out;
}

Result<std::vector<HistoryEntry>> MemoryStore::history(const HostUid& host, std::uint64_t before,
                                                       std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<HistoryEntry> out;
  const std::uint64_t end = before == 0 ? UINT64_MAX : before;
  for (auto entry = history_.lower_bound({host, end});
       entry != history_.begin() && out.size() < limit;) {
    --entry;
    if (entry->first.first != host) {
      break;
    }
    out.push_back(entry->second);
  }
  return out;
}

Result<std::vector<VerdictRevision>> MemoryStore::revisions(const HostUid& host, std::uint64_t from,
                                                            std::uint64_t to,
                                                            std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<VerdictRevision> out;
  if (from > to) {
    return out;
  }
  const auto begin = revisions_.lower_bound({host, from, 0});
  for (auto revision = revisions_.upper_bound({host, to, INT64_MAX});
       revision != begin && out.size() < limit;) {
    --revision;
    out.push_back(revision->second);
  }
  return out;
}

Result<HostRecord> MemoryStore::former_identity(const HostUid& host,
                                                std::uint32_t generation) const {
  const std::lock_guard lock(mutex_);
  const auto found = identities_.find({host, generation});
  if (found == identities_.end()) {
    return Error{ErrorCode::kNotFound, "identity", 0, host.hex()};
  }
  return *found->second;
}

Result<Bytes> MemoryStore::ek_certificate(const HostUid& host, const Digest& sha256) const {
  const std::lock_guard lock(mutex_);
  const auto found = ek_certificates_.find({host, sha256});
  if (found == ek_certificates_.end()) {
    return Error{ErrorCode::kNotFound, "EK certificate", 0, sha256.hex()};
  }
  return found->second;
}

Result<std::vector<Change>> MemoryStore::changes(std::uint64_t from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<Change> out;
  for (auto change = changes_.lower_bound(from); change != changes_.end() && out.size() < limit;
       ++change) {
    out.push_back(change->second);
  }
  return out;
}

Result<std::vector<AuditRecord>> MemoryStore::audit(std::uint64_t from, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<AuditRecord> out;
  for (auto record = audit_.lower_bound(from); record != audit_.end() && out.size() < limit;
       ++record) {
    out.push_back(record->second);
  }
  return out;
}

Result<AuditHead> MemoryStore::audit_head() const {
  const std::lock_guard lock(mutex_);
  return audit_.empty() ? AuditHead{}
                        : AuditHead{audit_.rbegin()->first, audit_.rbegin()->second.id};
}

Result<Bytes> MemoryStore::boot_log(const Digest& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = boot_logs_.find(id);
  if (found == boot_logs_.end()) {
    return Error{ErrorCode::kNotFound, "boot log", 0, id.hex()};
  }
  return found->second;
}

Result<Bytes> MemoryStore::reference_file(const Digest& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = reference_files_.find(id);
  if (found == reference_files_.end()) {
    return Error{ErrorCode::kNotFound, "reference file", 0, id.hex()};
  }
  return to_bytes(as_bytes(found->second->content));
}

Result<StoreStatus> MemoryStore::status() const {
  const std::lock_guard lock(mutex_);
  StoreStatus out;
  out.stream_id = stream_id_;
  out.first_change = changes_.empty() ? 0 : changes_.begin()->first;
  out.last_change = changes_.empty() ? 0 : changes_.rbegin()->first;
  out.bytes = bytes_;
  return out;
}

Result<void> MemoryStore::drop_changes(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (!changes_.empty()) {
    const std::uint64_t newest = changes_.rbegin()->first;
    changes_.erase(changes_.begin(), changes_.lower_bound(std::min(sequence, newest)));
  }
  return {};
}

}  // namespace quotemill::storage
