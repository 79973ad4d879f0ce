#include "storage/database.h"

#include <algorithm>
#include <filesystem>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/utilities/checkpoint.h>

#include "storage/crc32c.h"
#include "storage/database_log.h"
#include "storage/database_tuning.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

namespace {

constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;
constexpr std::size_t kReadahead = 2 * kMebibyte;

bool is_ours(const std::string& name) {
  return std::any_of(kFamilies.begin(), kFamilies.end(),
                     [&](Family family) { return name == name_of(family); });
}

Error foreign(const std::string& path) {
  return {ErrorCode::kConfig, "store", 0,
          path + " holds a RocksDB database that is no Quotemill store; choose another folder"};
}

Result<std::uint64_t> accept_format(const std::string& path, std::string_view value) {
  const Result<std::string_view> body = decode_plain("store format", value);
  if (!body) {
    return body.error();
  }
  const std::optional<std::uint64_t> format = decode_number(*body);
  if (!format || *format == 0) {
    return Error{ErrorCode::kStorage, "store format", 0, "damaged: is no number"};
  }
  if (*format > kFormatVersion) {
    return Error{ErrorCode::kUnsupported, "store", 0,
                 path + " has format " + std::to_string(*format) +
                     ", written by a newer Quotemill; this one reads formats up to " +
                     std::to_string(kFormatVersion) + ". Install that version or restore a backup"};
  }
  return *format;
}

// A look at the format that writes nothing: opening for writing would already change the store.
Result<void> peek_format(const rocksdb::DBOptions& options, const std::string& path,
                         const std::vector<std::string>& names) {
  const std::string meta(name_of(Family::kMeta));
  if (std::find(names.begin(), names.end(), meta) == names.end()) {
    // Only a creation that was cut short has our families without `meta`.
    const bool fresh = std::all_of(names.begin(), names.end(), [](const std::string& name) {
      return name == rocksdb::kDefaultColumnFamilyName || is_ours(name);
    });
    return fresh ? Result<void>() : foreign(path);
  }
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, {}}, {meta, {}}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, path, descriptors, &handles, &opened);
  if (!status.ok()) {
    return opening_error(path, status);
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string value;
  status = db->Get({}, handles[1], rocksdb::Slice(kFormatKey), &value);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    db->DestroyColumnFamilyHandle(handle);
  }
  if (status.IsNotFound()) {
    return {};  // decided with all families open: check_format()
  }
  if (!status.ok()) {
    return opening_error(path, status);
  }
  const Result<std::uint64_t> accepted = accept_format(path, value);
  return accepted ? Result<void>() : Result<void>(accepted.error());
}

Result<void> make_folder(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::create_directories(path, failure)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, failure);
  }
  if (failure) {
    return Error{ErrorCode::kIo, "store", 0, path + ": " + failure.message()};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& wanted) {
  if (Result<void> checked = check_crc32c(); !checked) {
    return checked.error();
  }
  if (Result<void> made = make_folder(wanted.path); !made) {
    return made.error();
  }
  rocksdb::DBOptions options = database_options();
  options.info_log = std::make_shared<DatabaseLog>(wanted.path);
  std::vector<std::string> names;
  if (std::filesystem::exists(wanted.path + "/CURRENT")) {
    rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options, wanted.path, &names);
    if (!listed.ok()) {
      return opening_error(wanted.path, listed);
    }
    if (Result<void> peeked = peek_format(options, wanted.path, names); !peeked) {
      return peeked.error();
    }
  }
  std::unique_ptr<Database> database(new Database());
  if (wanted.file_system) {
    database->env_ = rocksdb::NewCompositeEnv(wanted.file_system);
    options.env = database->env_.get();
  }
  if (Result<void> opened = database->open_families(options, wanted, std::move(names)); !opened) {
    return opened.error();
  }
  if (Result<void> checked = database->check_format(wanted.path); !checked) {
    return checked.error();
  }
  return database;
}

Result<void> Database::open_families(const rocksdb::DBOptions& options,
                                     const DatabaseOptions& wanted,
                                     std::vector<std::string> names) {
  // RocksDB opens all families of a database or none; a minor release may have added some.
  std::erase_if(names, is_ours);
  if (names.empty()) {
    names.push_back(rocksdb::kDefaultColumnFamilyName);
  }
  for (const Family family : kFamilies) {
    names.emplace_back(name_of(family));
  }
  const auto cache = rocksdb::NewLRUCache(std::max(wanted.cache_bytes, kMebibyte));
  const std::shared_ptr<rocksdb::TableFactory> tables = table_factory(cache);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    descriptors.emplace_back(name, family_options(name, cache, tables, wanted.history_filter));
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, wanted.path, descriptors, &handles_, &opened);
  db_.reset(opened);
  if (!status.ok()) {
    return opening_error(wanted.path, status);
  }
  std::copy(handles_.end() - kFamilies.size(), handles_.end(), families_.begin());
  return {};
}

Result<void> Database::check_format(const std::string& path) {
  const Result<std::optional<std::string>> value = get(Family::kMeta, kFormatKey);
  if (!value) {
    return value.error();
  }
  if (value->has_value()) {
    const Result<std::uint64_t> format = accept_format(path, **value);
    if (!format) {
      return format.error();
    }
    // First of all: older programs must not open what is half of the one and half of the other.
    return *format == kFormatVersion ? Result<void>() : write_format(true);
  }
  for (const Family family : kFamilies) {
    Cursor cursor = scan(family, {}, {});
    cursor.to_first();
    if (cursor.valid()) {
      return Error{ErrorCode::kStorage, "store", 0,
                   path + " has records but no format version; it is damaged or not ours"};
    }
  }
  return write_format(false);
}

Result<void> Database::write_format(bool is_older) {
  rocksdb::WriteBatch batch;
  if (is_older) {
    put(Family::kMeta, kUnmovedKey, encode_plain({}), batch);
  }
  put(Family::kMeta, kFormatKey, encode_plain(encode_number(kFormatVersion)), batch);
  const rocksdb::Status status = write(batch);
  return status.ok() ? Result<void>() : error_of("store format", status);
}

Database::~Database() {
  if (!db_) {
    return;
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
  // The write-ahead log holds everything, so that a failure to close cleanly loses nothing.
  (void)db_->Close();
}

rocksdb::ColumnFamilyHandle* Database::handle(Family family) const {
  return families_[static_cast<std::size_t>(family)];
}

std::optional<Family> Database::family(std::uint32_t column_family_id) const {
  for (const Family family : kFamilies) {
    if (handle(family)->GetID() == column_family_id) {
      return family;
    }
  }
  return std::nullopt;
}

Result<std::optional<std::string>> Database::get(Family family, std::string_view key,
                                                 const StoreMoment* at) const {
  rocksdb::ReadOptions options;
  options.snapshot = at == nullptr ? nullptr : at->snapshot();
  std::string value;
  const rocksdb::Status status = db_->Get(options, handle(family), rocksdb::Slice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  if (!status.ok()) {
    return error_of("store read", status);
  }
  return std::optional(std::move(value));
}

Database::Cursor Database::scan(Family family, std::string from, std::string to, Reading reading,
                                const StoreMoment* at) const {
  return {*db_, handle(family), std::move(from), std::move(to), reading, at};
}

void Database::put(Family family, std::string_view key, std::string_view value,
                   rocksdb::WriteBatch& out) const {
  // Fails only over 4 GiB, which no bounded batch reaches.
  (void)out.Put(handle(family), rocksdb::Slice(key), rocksdb::Slice(value));
}

void Database::erase(Family family, std::string_view key, rocksdb::WriteBatch& out) const {
  (void)out.Delete(handle(family), rocksdb::Slice(key));
}

void Database::erase_range(Family family, std::string_view from, std::string_view to,
                           rocksdb::WriteBatch& out) const {
  (void)out.DeleteRange(handle(family), rocksdb::Slice(from.data(), from.size()),
                        rocksdb::Slice(to.data(), to.size()));
}

rocksdb::Status Database::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  return db_->Write(options, &batch);
}

rocksdb::Status Database::write_unsynced(rocksdb::WriteBatch& batch) {
  return db_->Write({}, &batch);
}

rocksdb::Status Database::verify_checksums() const {
  return db_->VerifyChecksum(rocksdb::ReadOptions());
}

rocksdb::Status Database::checkpoint(const std::string& folder) const {
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return status.ok() ? checkpoint->CreateCheckpoint(folder) : status;
}

std::vector<StoreFigure> Database::figures() const {
  using Properties = rocksdb::DB::Properties;
  std::vector<StoreFigure> figures;
  const auto tell = [&figures](const std::string& property, std::uint64_t value) {
    constexpr std::string_view kPrefix = "rocksdb.";
    StoreFigure& figure = figures.emplace_back(StoreFigure{property.substr(kPrefix.size()), value});
    std::replace(figure.name.begin(), figure.name.end(), '-', '_');
  };
  std::uint64_t value = 0;
  for (const std::string& property :
       {Properties::kCurSizeAllMemTables, Properties::kNumImmutableMemTable,
        Properties::kCompactionPending, Properties::kEstimatePendingCompactionBytes,
        Properties::kEstimateTableReadersMem, Properties::kTotalSstFilesSize}) {
    if (db_->GetAggregatedIntProperty(property, &value)) {
      tell(property, value);
    }
  }
  // Of the whole database, or of the one cache: a sum over families counts them once for each.
  for (const std::string& property :
       {Properties::kNumRunningFlushes, Properties::kNumRunningCompactions,
        Properties::kActualDelayedWriteRate, Properties::kIsWriteStopped,
        Properties::kBackgroundErrors, Properties::kBlockCacheUsage}) {
    if (db_->GetIntProperty(property, &value)) {
      tell(property, value);
    }
  }
  return figures;
}

std::uint64_t Database::background_errors() const {
  std::uint64_t errors = 0;
  return db_->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) ? errors : 0;
}

rocksdb::Status Database::resume() {
  return db_->Resume();
}

std::uint64_t Database::live_bytes() const {
  std::uint64_t sum = 0;
  for (const Family family : kFamilies) {
    sum += live_bytes(family);
  }
  return sum;
}

std::uint64_t Database::live_bytes(Family family) const {
  std::uint64_t sum = 0;
  for (const std::string& property :
       {rocksdb::DB::Properties::kLiveSstFilesSize, rocksdb::DB::Properties::kLiveBlobFileSize,
        rocksdb::DB::Properties::kCurSizeActiveMemTable}) {
    std::uint64_t bytes = 0;
    if (db_->GetIntProperty(handle(family), property, &bytes)) {
      sum += bytes;
    }
  }
  return sum;
}

std::uint64_t Database::rows(Family family) const {
  std::uint64_t rows = 0;
  return db_->GetIntProperty(handle(family), rocksdb::DB::Properties::kEstimateNumKeys, &rows)
             ? rows
             : 0;
}

rocksdb::Status Database::compact(Family family) {
  rocksdb::CompactRangeOptions options;
  // Rows that are in one level alone would be moved, not looked at.
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return db_->CompactRange(options, handle(family), nullptr, nullptr);
}

Database::Cursor::Cursor(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string from,
                         std::string to, Reading reading, const StoreMoment* at)
    : bounds_(new Bounds{std::move(from), std::move(to), {}, {}}) {
  rocksdb::ReadOptions options;
  options.snapshot = at == nullptr ? nullptr : at->snapshot();
  bounds_->lower = bounds_->from;
  bounds_->upper = bounds_->to;
  if (!bounds_->from.empty()) {
    options.iterate_lower_bound = &bounds_->lower;
  }
  if (!bounds_->to.empty()) {
    options.iterate_upper_bound = &bounds_->upper;
  }
  options.total_order_seek = true;
  if (reading == Reading::kOnce) {
    options.fill_cache = false;
    options.readahead_size = kReadahead;
  }
  iterator_.reset(db.NewIterator(options, family));
}

Result<void> finished(const Database::Cursor& cursor) {
  const rocksdb::Status status = cursor.status();
  return status.ok() ? Result<void>() : error_of("store read", status);
}

Error damaged_key(Family family) {
  return {ErrorCode::kStorage, "store", 0,
          "damaged: a key of another shape in " + std::string(name_of(family))};
}

}  // namespace quotemill::storage
