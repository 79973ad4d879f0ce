// MemoryStore: VerdictLog, History, Outbox and ImageTimeLog in RAM, with the same contract as
// RocksStore. For tests and simulated machines; nothing outlives the object.
//
// Threads: all functions by any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "engine/ports/history.h"
#include "engine/ports/image_time_log.h"
#include "engine/ports/outbox.h"
#include "engine/ports/verdict_log.h"

namespace quotemill::storage {

class MemoryStore final : public VerdictLog, public History, public Outbox, public ImageTimeLog {
 public:
  explicit MemoryStore(std::uint64_t appraisals_per_host = 0);

  Result<void> commit(const CommitBatch& batch) override;
  Result<std::string> renew_stream() override;
  Result<void> keep_image_times(std::span<const ImageTime> times) override;

  Result<void> for_each_host(
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit)
      const override;
  [[nodiscard]] Result<std::vector<std::shared_ptr<const Baseline>>> baselines() const override;
  [[nodiscard]] Result<std::vector<std::shared_ptr<const PolicyRecord>>> policies() const override;
  [[nodiscard]] Result<Rollouts> rollouts() const override;
  [[nodiscard]] Result<std::vector<TokenRecord>> tokens() const override;
  [[nodiscard]] Result<std::vector<HistoryEntry>> history(const HostUid& host, std::uint64_t before,
                                                          std::size_t limit) const override;
  [[nodiscard]] Result<std::vector<VerdictRevision>> revisions(const HostUid& host,
                                                               std::uint64_t from, std::uint64_t to,
                                                               std::size_t limit) const override;
  [[nodiscard]] Result<HostRecord> former_identity(const HostUid& host,
                                                   std::uint32_t generation) const override;
  [[nodiscard]] Result<Bytes> ek_certificate(const HostUid& host,
                                             const Digest& sha256) const override;
  [[nodiscard]] Result<std::vector<Change>> changes(std::uint64_t from,
                                                    std::size_t limit) const override;
  [[nodiscard]] Result<std::vector<AuditRecord>> audit(std::uint64_t from,
                                                       std::size_t limit) const override;
  [[nodiscard]] Result<AuditHead> audit_head() const override;
  [[nodiscard]] Result<Bytes> boot_log(const Digest& id) const override;
  [[nodiscard]] Result<Bytes> reference_file(const Digest& id) const override;
  [[nodiscard]] Result<StoreStatus> status() const override;
  [[nodiscard]] Result<std::vector<ImageTime>> image_times() const override;
  Result<void> drop_changes(std::uint64_t sequence) override;
  [[nodiscard]] Result<std::vector<StreamBegin>> streams() const override;

  // The next commit fails, and leaves nothing: for tests of whoever commits.
  void fail_next_commit();
  // All of them, until it is told otherwise.
  void fail_commits(bool fail);

 private:
  [[nodiscard]] Result<void> check(const CommitBatch& batch) const;
  void apply(const CommitBatch& batch);
  void add_reaffirmed(const Reaffirmation& reaffirmation);
  void add_history(const HistoryEntry& entry);
  void trim_history(const HostUid& host, std::uint64_t newest);

  const std::uint64_t appraisals_per_host_;
  mutable std::mutex mutex_;
  std::string stream_id_;
  std::vector<StreamBegin> streams_;
  bool fail_next_ = false;
  bool fail_all_ = false;
  std::uint64_t bytes_ = 0;
  std::map<HostUid, std::shared_ptr<const HostRecord>> hosts_;
  std::map<HostUid, std::shared_ptr<const HostState>> states_;
  // By the sequence that an entry begins with.
  std::map<std::pair<HostUid, std::uint64_t>, HistoryEntry> history_;
  // By the appraisal's sequence and the time.
  std::map<std::tuple<HostUid, std::uint64_t, std::int64_t>, VerdictRevision> revisions_;
  std::map<std::pair<HostUid, std::uint32_t>, std::shared_ptr<const HostRecord>> identities_;
  std::map<std::pair<HostUid, Digest>, Bytes> ek_certificates_;
  std::map<HostUid, std::uint64_t> open_runs_;  // the first sequence of what may still grow
  std::map<Digest, Bytes> boot_logs_;
  std::map<std::pair<std::string, std::uint32_t>, std::shared_ptr<const Baseline>> baselines_;
  std::map<Digest, std::shared_ptr<const ReferenceFile>> reference_files_;
  std::map<std::uint64_t, std::shared_ptr<const PolicyRecord>> policies_;
  std::map<std::uint64_t, std::shared_ptr<const Rollout>> rollouts_;
  std::map<Digest, TokenRecord> tokens_;
  std::map<std::uint64_t, AuditRecord> audit_;
  std::map<std::uint64_t, Change> changes_;
  std::map<Digest, WallTime> image_times_;
};

}  // namespace quotemill::storage
