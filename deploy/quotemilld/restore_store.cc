#include "deploy/quotemilld/restore_store.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "engine/base/text.h"
#include "storage/rocks_store.h"

namespace quotemill::daemon {
namespace {

namespace fs = std::filesystem;

Error refused(ErrorCode code, std::string detail) {
  return {code, "restore", 0, std::move(detail)};
}

Error failed(const std::string& what, const std::error_code& failure) {
  return refused(ErrorCode::kIo, what + ": " + failure.message());
}

// All that was written to the disk of this folder.
Result<void> sync_disk_of(const std::string& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    return failed(folder, {errno, std::generic_category()});
  }
  const int synced = ::syncfs(opened);
  const std::error_code failure(errno, std::generic_category());
  ::close(opened);
  return synced == 0 ? Result<void>() : failed(folder, failure);
}

Result<void> copy(const std::string& backup, const std::string& to) {
  std::error_code failure;
  fs::remove_all(to, failure);  // of a restore that was cut short
  fs::create_directories(fs::path(to).parent_path(), failure);
  if (!failure) {
    fs::copy(backup, to, fs::copy_options::recursive, failure);
  }
  if (!failure) {
    fs::permissions(to, fs::perms::owner_all, failure);
  }
  return failure ? Result<void>(failed(backup, failure)) : sync_disk_of(to);
}

Result<void> keep_act(storage::RocksStore& store, const AuditAct& act, WallTime now) {
  const Result<AuditHead> head = store.audit_head();
  if (!head) {
    return head.error();
  }
  CommitBatch batch;
  batch.audit = {next_record(*head, act, now)};
  return store.commit(batch);
}

Result<StoreReport> checked(const std::string& path, const AuditAct& act, WallTime now) {
  Result<std::unique_ptr<storage::RocksStore>> store = storage::RocksStore::open({.path = path});
  if (!store) {
    return store.error();
  }
  Result<StoreReport> report = (*store)->check();
  if (!report) {
    return report.error();
  }
  if (report->problems_found != 0) {
    return refused(ErrorCode::kStorage, "the backup has " + std::to_string(report->problems_found) +
                                            " problems, the first: " + report->problems.front());
  }
  if (const Result<std::string> renewed = (*store)->renew_stream(); !renewed) {
    return renewed.error();
  }
  if (const Result<void> kept = keep_act(**store, act, now); !kept) {
    return kept.error();
  }
  return report;
}

Result<void> put_in_place(const std::string& copy, const std::string& store) {
  std::error_code failure;
  fs::rename(copy, store, failure);
  return failure ? Result<void>(failed(store, failure)) : sync_disk_of(store);
}

}  // namespace

Result<StoreReport> restore_store(const std::string& backup, const std::string& store,
                                  const std::string& who, WallTime now) {
  std::error_code failure;
  if (!fs::exists(backup + "/CURRENT", failure)) {
    return refused(ErrorCode::kConfig, backup + " is no backup of a store");
  }
  if (fs::exists(store, failure) && !fs::is_empty(store, failure)) {
    return refused(ErrorCode::kConflict,
                   store + " is there; move it away first, nothing is written over");
  }
  const std::string unfinished = store + ".restoring";
  const Result<void> copied = copy(backup, unfinished);
  const AuditAct act{who, "store.restore", escaped(backup)};
  Result<StoreReport> report = copied ? checked(unfinished, act, now) : copied.error();
  if (report) {
    if (const Result<void> placed = put_in_place(unfinished, store); !placed) {
      report = placed.error();
    }
  }
  if (!report) {
    fs::remove_all(unfinished, failure);
  }
  return report;
}

}  // namespace quotemill::daemon
