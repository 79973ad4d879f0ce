// RocksStore: VerdictLog, History, Outbox, StoreCare, ImageTimeLog and LogTeller on RocksDB. One
// store, one process, one folder.
//
// A commit is one synced WriteBatch, so it is there entirely or not at all. Reaffirmations are in
// it as one journal record, everything else as rows (journal.h); readers see both. A commit that
// failed may nevertheless have reached the disk (a failed fsync says nothing): the next one first
// reopens the store, looks at the commit number that is there, and takes the failed batch back if
// it landed. Readers never see it.
//
// A disk that is nearly full makes commits kBusy before anything is tried; reads go on, and so do
// commits as soon as there is room.
//
// Threads: commit(), renew_stream() and keep_image_times() by the commit thread; reads by any
// thread, beside commits. The callbacks of for_each_host() and for_each_host_of() must not call the
// store.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "engine/ports/host_rows.h"
#include "engine/ports/image_time_log.h"
#include "engine/ports/log_teller.h"
#include "engine/ports/outbox.h"
#include "engine/ports/store_care.h"
#include "engine/ports/verdict_log.h"
#include "storage/boot_log_rows.h"
#include "storage/history_retention.h"
#include "storage/journal.h"
#include "storage/records.h"

namespace rocksdb {
class FileSystem;
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;

struct StoreOptions {
  std::string path;
  std::size_t cache_bytes = std::size_t{64} * 1024 * 1024;
  // Appraisals kept per host, the newest ones: at one a minute, a week; of those before as many
  // warnings and failures, or history_counts. 0: all.
  std::uint64_t appraisals_per_host = 10'000;
  // Besides, by their age.
  HistoryAges history_ages = {};
  // And by number, of those that came to one state.
  HistoryCounts history_counts = {};
  std::size_t journal_entries_max = limits::kJournalEntriesMax;  // see JournalRules
  std::int64_t journal_age_ms_max = limits::kJournalAgeMsMax;
  std::shared_ptr<rocksdb::FileSystem> file_system = nullptr;  // null: the system's
  // Commits are refused with less room than this, which what is in memory needs to get to the disk.
  std::uint64_t reserve_bytes = std::uint64_t{192} * 1024 * 1024;
  // How much room there is; empty: asks the system about `path`.
  std::function<std::uint64_t()> free_bytes = {};
};

class RocksStore final : public VerdictLog,
                         public HostRows,
                         public Outbox,
                         public StoreCare,
                         public ImageTimeLog,
                         public LogTeller {
 public:
  // Opens or creates; see Database::open() for what is refused. Brings what is of an older
  // format to this one, and what the journal has to the rows, first: a damaged record is an Error.
  static Result<std::unique_ptr<RocksStore>> open(StoreOptions options);
  // Folds the journal; what cannot be folded now is recovered by the next open().
  ~RocksStore() override;

  Result<void> commit(const CommitBatch& batch) override;
  Result<std::string> renew_stream() override;
  Result<void> keep_image_times(std::span<const ImageTime> times) override;

  [[nodiscard]] std::shared_ptr<const LogTelling> tell(ByteView log) const override {
    return boot_logs_.tell(log);
  }

  Result<void> for_each_host(
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit)
      const override;
  Result<void> for_each_host_of(
      std::uint32_t part, std::uint32_t parts,
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit)
      const override;
  Result<void> for_each_host_row(
      std::uint32_t part, std::uint32_t parts, const std::function<bool(const HostRow& row)>& take,
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
  Result<void> boot_log_tellings(
      std::span<const Digest> ids,
      const std::function<void(std::size_t place, ByteView telling)>& visit) const override;
  [[nodiscard]] Result<Bytes> reference_file(const Digest& id) const override;
  [[nodiscard]] Result<StoreStatus> status() const override;
  [[nodiscard]] Result<std::vector<ImageTime>> image_times() const override;

  Result<void> drop_changes(std::uint64_t sequence) override;
  [[nodiscard]] Result<std::vector<StreamBegin>> streams() const override;

  Result<void> backup(const std::string& folder) const override;
  [[nodiscard]] Result<StoreReport> check() const override;

  [[nodiscard]] Result<StoreSizes> sizes() const override;

  // Time in which the daemon ran: history grows older by it (history_retention.h). Any thread.
  void grow_older(std::int64_t elapsed_ms) { retention_->advance(elapsed_ms); }

  // Plans what of the history goes (retention_plan.h), and looks for boot logs that nothing rests
  // on any more; the next commits remove them, a few each. Returns how many. Reads the whole
  // history: for a thread of its own, beside everything else.
  Result<std::uint64_t> collect_logs();

  // Drops now what was planned to go, instead of with the next rewriting of files. Blocks.
  Result<void> drop_old_history();

  // The last evidence of a host that carried PCR values and was no reaffirmation; kNotFound if
  // there is none. (One that was carried the same values, those of the host's proof; or what an
  // unproven one carried is nobody's.)
  [[nodiscard]] Result<FullEvidence> full_evidence(const HostUid& host) const;

 private:
  // A write whose outcome is not known: what it would have made of the store, and how to undo it.
  struct Doubt {
    std::uint64_t commit = 0;
    // Null if what was there before could not be read.
    std::unique_ptr<rocksdb::WriteBatch> undo;
  };

  explicit RocksStore(StoreOptions options);

  // The store could not be reopened after a failure.
  [[nodiscard]] Result<void> usable() const;
  // kBusy while the disk is nearly full: a write that fails half-way costs more than one that is
  // refused, and reads go on.
  [[nodiscard]] Result<void> has_room() const;
  // Before a write: there is room, a failed write is settled, and what stopped RocksDB in the
  // background (a flush without room, say) is over, since until then every write fails. kBusy while
  // that lasts.
  Result<void> make_ready();
  // Of the store's file system; nullopt if that cannot be known.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const;
  // Why no commit is taken now, in words; empty: they are.
  [[nodiscard]] std::string trouble() const;
  Result<void> open_database();
  Result<void> begin_ageing();
  Result<void> read_heads();
  // What is known of the streams of before; a copy that was given another id begins another.
  Result<void> read_streams();
  Result<void> keep_stream(const std::string& stream_id);
  // With mutex_ held alone: RocksDB anew, or no database at all.
  Result<void> reopen();
  // Reopens after a failed write, and takes that write back if it landed.
  Result<void> settle();
  Result<void> commit_with(const CommitBatch& batch, rocksdb::WriteBatch& out);
  Result<void> add(const CommitBatch& batch, rocksdb::WriteBatch& out);
  Result<void> add_history(const HistoryEntry& entry, rocksdb::WriteBatch& out) const;
  Result<void> write(rocksdb::WriteBatch& batch);
  [[nodiscard]] std::unique_ptr<rocksdb::WriteBatch> inverse_of(
      const rocksdb::WriteBatch& batch) const;

  // Adds the removal of a few collected logs, and how far ageing has come.
  void add_housekeeping(const CommitBatch& batch, rocksdb::WriteBatch& out);

  const StoreOptions options_;
  const std::shared_ptr<HistoryRetention> retention_;
  LogCollection collection_;
  // Exclusive while the database is being replaced, shared by everyone else.
  mutable std::shared_mutex mutex_;
  std::unique_ptr<Database> database_;
  std::string stream_id_;
  std::atomic<std::uint64_t> survived_errors_{0};  // in the background, before the last good write
  std::vector<StreamBegin> streams_;               // the last one is that of stream_id_
  // The commit thread's own.
  Journal journal_;                             // its runs() by any thread
  BootLogRows boot_logs_{collection_};          // its tell() by any thread
  std::unique_ptr<rocksdb::WriteBatch> batch_;  // kept for its memory; empty between commits
  WallTime aged_;                               // as it was written last
  std::uint64_t commits_ = 0;
  std::uint64_t last_change_ = 0;
  std::optional<Doubt> doubt_;
};

}  // namespace quotemill::storage
