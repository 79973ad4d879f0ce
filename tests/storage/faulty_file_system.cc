#include "tests/storage/faulty_file_system.h"

#include <utility>

namespace quotemill::testing {

namespace {

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile>&& file,
             std::shared_ptr<std::atomic<Fault>> fault)
      : FSWritableFileOwnerWrapper(std::move(file)), fault_(std::move(fault)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus failed = append_failure();
    return failed.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : failed;
  }

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus failed = append_failure();
    return failed.ok() ? FSWritableFileOwnerWrapper::Append(data, options, verification, debug)
                       : failed;
  }

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    return *fault_ == Fault::kSync ? rocksdb::IOStatus::IOError("injected sync fault")
                                   : FSWritableFileOwnerWrapper::Sync(options, debug);
  }

 private:
  [[nodiscard]] rocksdb::IOStatus append_failure() const {
    switch (fault_->load()) {
      case Fault::kAppend:
        return rocksdb::IOStatus::IOError("injected append fault");
      case Fault::kFull:
        return rocksdb::IOStatus::NoSpace("injected: no space left on device");
      case Fault::kNone:
      case Fault::kSync:
      case Fault::kTable:
        break;
    }
    return rocksdb::IOStatus::OK();
  }

  std::shared_ptr<std::atomic<Fault>> fault_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem()
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      fault_(std::make_shared<std::atomic<Fault>>(Fault::kNone)) {}

rocksdb::IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) {
  if (name.ends_with(".sst") && *fault_ == Fault::kTable) {
    return rocksdb::IOStatus::IOError("injected table fault");
  }
  rocksdb::IOStatus made = FileSystemWrapper::NewWritableFile(name, options, result, debug);
  if (made.ok() && name.ends_with(".log")) {
    *result = std::make_unique<FaultyFile>(std::move(*result), fault_);
  }
  return made;
}

}  // namespace quotemill::testing
