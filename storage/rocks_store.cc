// Opening and closing; reads are in rocks_reads.cc and rocks_history.cc, what writes is in
// rocks_commit.cc.
#include "storage/rocks_store.h"

#include <utility>

#include "storage/certificate_move.h"
#include "storage/database.h"
#include "storage/rocks_status.h"
#include "storage/stream_begins.h"

namespace quotemill::storage {

namespace {

// Of warnings and failures as many as are wanted, or as of all.
HistoryBounds bounds_of(const StoreOptions& options) {
  const auto bound = [&](std::uint64_t wanted) {
    return wanted == 0 ? options.appraisals_per_host : wanted;
  };
  return {options.appraisals_per_host, bound(options.history_counts.warning),
          bound(options.history_counts.failed)};
}

}  // namespace

RocksStore::RocksStore(StoreOptions options)
    : options_(std::move(options)),
      retention_(std::make_shared<HistoryRetention>()),
      journal_({options_.journal_entries_max, options_.journal_age_ms_max, bounds_of(options_)}) {}

RocksStore::~RocksStore() {
  // A failed commit that landed all the same is taken back, as the next commit would.
  if (settle() && database_) {
    (void)journal_.fold_all(*database_).has_value();
  }
}

Result<std::unique_ptr<RocksStore>> RocksStore::open(StoreOptions options) {
  std::unique_ptr<RocksStore> store(new RocksStore(std::move(options)));
  if (Result<void> opened = store->open_database(); !opened) {
    return opened.error();
  }
  if (Result<void> moved = move_certificates(*store->database_); !moved) {
    return moved.error();
  }
  if (Result<void> recovered = recover_journal(*store->database_, bounds_of(store->options_));
      !recovered) {
    return recovered.error();
  }
  if (Result<void> begun = store->begin_ageing(); !begun) {
    return begun.error();
  }
  if (store->stream_id_.empty()) {
    if (Result<std::string> named = store->renew_stream(); !named) {
      return named.error();
    }
  } else if (store->streams_.back().id != store->stream_id_) {
    if (Result<void> kept = store->keep_stream(store->stream_id_); !kept) {
      return kept.error();
    }
  }
  return store;
}

// From where it was. A store that never aged begins with the first commit.
Result<void> RocksStore::begin_ageing() {
  const Result<std::optional<std::string>> kept = database_->get(Family::kMeta, kAgeingKey);
  if (!kept) {
    return kept.error();
  }
  if (!kept->has_value()) {
    return {};
  }
  const Result<std::string_view> number = decode_plain("ageing", **kept);
  if (!number) {
    return number.error();
  }
  retention_->begin({static_cast<std::int64_t>(decode_number(*number).value_or(0))});
  return {};
}

Result<void> RocksStore::open_database() {
  Result<std::unique_ptr<Database>> database =
      Database::open({options_.path, options_.cache_bytes, options_.file_system, retention_});
  if (!database) {
    return database.error();
  }
  database_ = *std::move(database);
  survived_errors_.store(database_->background_errors(), std::memory_order_relaxed);
  return read_heads();
}

Result<void> RocksStore::read_heads() {
  const Result<std::optional<std::string>> stream = database_->get(Family::kMeta, kStreamKey);
  const Result<std::optional<std::string>> commit = database_->get(Family::kMeta, kCommitKey);
  if (!stream || !commit) {
    return stream ? commit.error() : stream.error();
  }
  const Result<std::string_view> stream_id =
      stream->has_value() ? decode_plain("stream id", **stream) : Result<std::string_view>("");
  const Result<std::string_view> number = commit->has_value()
                                              ? decode_plain("commit number", **commit)
                                              : Result<std::string_view>(std::string_view());
  if (!stream_id || !number) {
    return stream_id ? number.error() : stream_id.error();
  }
  stream_id_ = *stream_id;
  commits_ = decode_number(*number).value_or(0);
  Database::Cursor changes = database_->scan(Family::kChanges, {}, {});
  changes.to_last();
  last_change_ = changes.valid() ? sequence_of(changes.key()).value_or(0) : 0;
  const rocksdb::Status status = changes.status();
  return status.ok() ? read_streams() : error_of("store read", status);
}

Result<void> RocksStore::read_streams() {
  const Result<std::optional<std::string>> value = database_->get(Family::kMeta, kStreamsKey);
  if (!value) {
    return value.error();
  }
  streams_.clear();
  if (value->has_value()) {
    const Result<std::string_view> text = decode_plain("streams", **value);
    Result<std::vector<StreamBegin>> known =
        text ? decode_streams(*text) : Result<std::vector<StreamBegin>>(text.error());
    if (!known) {
      return known.error();
    }
    streams_ = *std::move(known);
  }
  if (streams_.empty()) {
    streams_.push_back({stream_id_, 1, 1});
  }
  return {};
}

Result<void> RocksStore::usable() const {
  if (!database_) {
    return Error{ErrorCode::kStorage, "store", 0,
                 "is closed: it could not be reopened after a failed write"};
  }
  return {};
}

}  // namespace quotemill::storage
