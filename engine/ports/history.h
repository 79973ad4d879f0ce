// History: reads of what VerdictLog made durable. Implemented by storage (RocksDB, and in memory).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace quotemill {

struct StoreFigure {
  std::string name;
  std::uint64_t value = 0;
};

struct StoreStatus {
  std::string stream_id;           // ULID; event ids are <stream id>:<sequence>
  std::uint64_t last_change = 0;   // sequence of the newest change; 0 if none
  std::uint64_t first_change = 0;  // of the oldest still kept; 0 if none
  std::uint64_t bytes = 0;         // on disk, live data
  std::uint64_t free_bytes = 0;    // of its file system; 0 if nobody knows
  std::string refuses;             // why it takes no commits now, in words; empty: it does
  // What the storage engine tells of itself, by names of its own in snake_case.
  std::vector<StoreFigure> figures;
};

class History {
 public:
  History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  virtual ~History() = default;

  // All of these may be called from any thread, beside commits.

  // Everything that the daemon keeps in memory, read once at start-up, in key order.
  virtual Result<void> for_each_host(
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit)
      const = 0;
  // The same of part `part` of `parts`, which together have each host once; the parts may be read
  // by several threads at once. Where nothing better is known the first part has all. REQUIRES:
  // part < parts <= 65536
  virtual Result<void> for_each_host_of(
      std::uint32_t part, std::uint32_t parts,
      const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const;
  [[nodiscard]] virtual Result<std::vector<std::shared_ptr<const Baseline>>> baselines() const = 0;
  // By number, ascending.
  [[nodiscard]] virtual Result<std::vector<std::shared_ptr<const PolicyRecord>>> policies()
      const = 0;
  // By number, ascending.
  [[nodiscard]] virtual Result<Rollouts> rollouts() const = 0;
  [[nodiscard]] virtual Result<std::vector<TokenRecord>> tokens() const = 0;

  // Appraisals of one host and runs of them, newest first: at most `limit` of those that begin
  // before the sequence `before` (0: from the newest). The next page is before the
  // first_sequence() of the last one.
  [[nodiscard]] virtual Result<std::vector<HistoryEntry>> history(const HostUid& host,
                                                                  std::uint64_t before,
                                                                  std::size_t limit) const = 0;

  // Revisions of the verdicts of one host's appraisals `from` to `to` (sequences), newest first, at
  // most `limit`.
  [[nodiscard]] virtual Result<std::vector<VerdictRevision>> revisions(const HostUid& host,
                                                                       std::uint64_t from,
                                                                       std::uint64_t to,
                                                                       std::size_t limit) const = 0;

  // Who the host was in an earlier generation. kNotFound if that is not known (any more).
  [[nodiscard]] virtual Result<HostRecord> former_identity(const HostUid& host,
                                                           std::uint32_t generation) const = 0;

  // The DER of an EK certificate that a record of the host names, of now or of then. kNotFound if
  // there is none; kStorage if it is damaged.
  [[nodiscard]] virtual Result<Bytes> ek_certificate(const HostUid& host,
                                                     const Digest& sha256) const = 0;

  // Changes with sequence >= `from`, ascending, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<Change>> changes(std::uint64_t from,
                                                            std::size_t limit) const = 0;

  // Acts of operators with number >= `from`, ascending, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<AuditRecord>> audit(std::uint64_t from,
                                                               std::size_t limit) const = 0;
  // The newest one.
  [[nodiscard]] virtual Result<AuditHead> audit_head() const = 0;

  // As kept, by BootLogRecord::id. kNotFound if there is none; kStorage if it is damaged.
  [[nodiscard]] virtual Result<Bytes> boot_log(const Digest& id) const = 0;

  // By what each of these logs is told apart from others without being read: equal bytes, equal
  // logs (equal logs may be told differently). `ids` are ascending; `visit` gets the place of each
  // in them, in that order, and must not call the store. Those that are not stored are passed over.
  virtual Result<void> boot_log_tellings(
      std::span<const Digest> ids,
      const std::function<void(std::size_t place, ByteView telling)>& visit) const;

  // By ImportedFile::id; as for boot_log().
  [[nodiscard]] virtual Result<Bytes> reference_file(const Digest& id) const = 0;

  [[nodiscard]] virtual Result<StoreStatus> status() const = 0;
};

inline Result<void> History::for_each_host_of(
    std::uint32_t part, std::uint32_t /*parts*/,
    const std::function<void(HostRecord record, std::optional<HostState> state)>& visit) const {
  return part == 0 ? for_each_host(visit) : Result<void>();
}

// Where nothing better is known each log is one of its own.
inline Result<void> History::boot_log_tellings(
    std::span<const Digest> ids,
    const std::function<void(std::size_t place, ByteView telling)>& visit) const {
  for (std::size_t place = 0; place < ids.size(); ++place) {
    visit(place, ids[place].view());
  }
  return {};
}

}  // namespace quotemill
