#include "storage/rocks_status.h"

namespace quotemill::storage {

Error error_of(const char* context, const rocksdb::Status& status) {
  // A full disk passes: whoever asked may come again.
  const ErrorCode code = status.IsNotFound()  ? ErrorCode::kNotFound
                         : status.IsNoSpace() ? ErrorCode::kBusy
                                              : ErrorCode::kStorage;
  return {code, context, 0, status.ToString()};
}

Error opening_error(const std::string& path, const rocksdb::Status& status) {
  const std::string words = status.ToString();
  if (status.IsIOError() && words.find("lock") != std::string::npos) {
    return {ErrorCode::kBusy, "store", 0,
            path + " is in use by another process; only one daemon may open it (" + words + ")"};
  }
  if (status.IsNoSpace()) {
    return {ErrorCode::kBusy, "store", 0, path + ": the disk is full (" + words + ")"};
  }
  if (status.IsCorruption()) {
    return {ErrorCode::kStorage, "store", 0,
            path + " is damaged, and nothing behind the damage can be trusted (" + words +
                "); keep a copy for diagnosis and restore a backup"};
  }
  return {ErrorCode::kStorage, "store", 0, path + " cannot be opened (" + words + ")"};
}

}  // namespace quotemill::storage
