#include "storage/boot_log_rows.h"

#include <optional>
#include <string>

#include "engine/base/byte_reader.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/log/kept_log.h"
#include "storage/database.h"
#include "storage/key_order.h"
#include "storage/records.h"
#include "storage/rocks_status.h"

namespace quotemill::storage {

namespace {

constexpr const char* kWhat = "boot log";

// Of rows in the making: memory that is kept for the next commit.
constexpr std::size_t kRowsKeptMax = std::size_t{1024} * 1024;

Error damaged(const Digest& id, std::string_view how) {
  return {ErrorCode::kStorage, kWhat, 0, "damaged: " + id.hex() + " " + std::string(how)};
}

// How a row of version 2 or 3 tells its log.
struct Telling {
  Digest base;  // zeros: none
  std::uint32_t size = 0;
  ByteView steps;
};

std::optional<Telling> read_telling(ByteView body) {
  ByteReader in(body);
  Telling out;
  out.base = Digest::from(HashAlgorithm::kSha256, in.bytes(32)).value_or(Digest());
  out.size = in.u32_le();
  out.steps = in.rest();
  return in.ok() ? std::optional(out) : std::nullopt;
}

bool is_of_version(std::string_view row, std::uint8_t version) {
  return !row.empty() && static_cast<std::uint8_t>(row.front()) == version;
}

// Of a row of version 2 or 3.
Result<Telling> telling_of(const Digest& id, std::string_view row) {
  const Result<std::string_view> body =
      decode_plain(kWhat, row,
                   is_of_version(row, kSentBootLogRecordVersion) ? kSentBootLogRecordVersion
                                                                 : kBootLogRecordVersion);
  if (!body) {
    return body.error();
  }
  const std::optional<Telling> telling = read_telling(as_bytes(*body));
  return telling ? Result<Telling>(*telling) : damaged(id, "is too short");
}

// A few rows are passed over faster than a place is sought.
constexpr int kRowsPassedOver = 8;

// Moves to the first row at or behind `key`; rows before the cursor's are not looked for.
void advance_to(const std::string& key, Database::Cursor& cursor) {
  for (int row = 0; row < kRowsPassedOver && cursor.valid() && cursor.key() < key; ++row) {
    cursor.next();
  }
  if (cursor.valid() && cursor.key() < key) {
    cursor.seek(key);
  }
}

// Version 1 had logs by the SHA-256 of their content.
Result<Bytes> read_version_1(const Digest& id, std::string_view value) {
  const Result<std::string_view> content = decode_plain(kWhat, value);
  if (!content) {
    return content.error();
  }
  if (hash(HashAlgorithm::kSha256, as_bytes(*content)) != id) {
    return damaged(id, "no longer has the content of its id");
  }
  return to_bytes(as_bytes(*content));
}

Result<std::string> row_of(const Database& database, const Digest& id,
                           const StoreMoment* at = nullptr) {
  if (id.algorithm() != HashAlgorithm::kSha256) {
    return Error{ErrorCode::kNotFound, kWhat, 0, "ids are SHA-256 digests"};
  }
  Result<std::optional<std::string>> value = database.get(Family::kBlobs, digest_key(id), at);
  if (!value) {
    return value.error();
  }
  if (!value->has_value()) {
    return Error{ErrorCode::kNotFound, kWhat, 0, id.hex()};
  }
  return **std::move(value);
}

Result<Bytes> read_whole(const Database& database, const Digest& id, const StoreMoment* at) {
  const Result<std::string> row = row_of(database, id, at);
  if (!row) {
    return row.error();
  }
  if (is_of_version(*row, kRecordVersion)) {
    return read_version_1(id, *row);
  }
  const Result<Telling> telling = telling_of(id, *row);
  if (!telling) {
    return telling.error();
  }
  return telling->base.is_filled_with(0) ? read_delta({}, telling->steps, telling->size)
                                         : damaged(id, "is no whole log, as others take it for");
}

// As it was written.
Result<Bytes> read_row(const Database& database, const Digest& id, std::string_view row,
                       const StoreMoment* at) {
  if (is_of_version(row, kRecordVersion)) {
    return read_version_1(id, row);
  }
  const Result<Telling> telling = telling_of(id, row);
  if (!telling) {
    return telling.error();
  }
  if (telling->base.is_filled_with(0)) {
    return read_delta({}, telling->steps, telling->size);
  }
  const Result<Bytes> base = read_whole(database, telling->base, at);
  if (!base) {
    return damaged(id, "leans on a log that cannot be read: " + base.error().to_string());
  }
  return read_delta(*base, telling->steps, telling->size);
}

}  // namespace

// Each log may be told by those before it; the rows are in the order of their keys.
void BootLogRows::put(const Database& database, std::span<const BootLogRecord> logs,
                      rocksdb::WriteBatch& out) {
  made_.clear();
  rows_.clear();
  for (const BootLogRecord& log : logs) {
    make(database, log);
  }
  for (const std::size_t place :
       in_key_order(made_, [](const Row& row) { return row.id.view(); })) {
    const Row& row = made_[place];
    const std::size_t end = place + 1 == made_.size() ? rows_.size() : made_[place + 1].begin;
    database.put(Family::kBlobs, digest_key(row.id),
                 as_text(rows_.view().subspan(row.begin, end - row.begin)), out);
  }
  if (rows_.size() > kRowsKeptMax) {
    rows_ = ByteWriter();
  }
}

void BootLogRows::erase(const Database& database, const Digest& id, rocksdb::WriteBatch& out) {
  database.erase(Family::kBlobs, digest_key(id), out);
  shelf_.forget(id);
}

void BootLogRows::make(const Database& database, const BootLogRecord& log) {
  if (shelf_.use(log.id)) {
    collection_.used(log.id);
    return;
  }
  const Result<std::string> row = row_of(database, log.id);
  const bool is_new = !row && row.error().code == ErrorCode::kNotFound;
  if (!is_new) {
    if (!is_there(database, log.id)) {
      make_whole(log);
    }
    return;
  }
  auto telling = log.telling;
  if (!telling || !shelf_.use(*telling)) {
    telling = shelf_.tell(log.content);
  }
  if (!telling) {
    make_whole(log);
    return;
  }
  collection_.used(telling->base);
  begin_row(log, telling->base);
  rows_.bytes(telling->steps);
}

void BootLogRows::make_whole(const BootLogRecord& log) {
  begin_row(log, Digest(HashAlgorithm::kSha256));
  write_whole(log.content, rows_);
  shelf_.add(log.id, log.content);
}

void BootLogRows::begin_row(const BootLogRecord& log, const Digest& base) {
  made_.push_back({log.id, rows_.size()});
  rows_.u8(kBootLogRecordVersion).bytes(base.view());
  rows_.u32_le(static_cast<std::uint32_t>(log.content.size()));
}

bool BootLogRows::is_there(const Database& database, const Digest& id) {
  const Result<std::optional<Digest>> base = base_of_boot_log_row(database, id);
  if (!base || !read_boot_log_row(database, id)) {
    return false;
  }
  collection_.used(id);
  if (*base) {
    collection_.used(**base);
  }
  return true;
}

Result<std::optional<Digest>> base_of_boot_log_row(const Database& database, const Digest& id) {
  const Result<std::string> row = row_of(database, id);
  if (!row) {
    return row.error();
  }
  if (is_of_version(*row, kRecordVersion)) {
    return std::optional<Digest>();
  }
  const Result<Telling> telling = telling_of(id, *row);
  if (!telling) {
    return telling.error();
  }
  return telling->base.is_filled_with(0) ? std::optional<Digest>() : std::optional(telling->base);
}

Result<void> boot_log_row_tellings(
    const Database& database, std::span<const Digest> ids,
    const std::function<void(std::size_t place, ByteView telling)>& visit) {
  if (ids.empty()) {
    return {};
  }
  Database::Cursor cursor =
      database.scan(Family::kBlobs, digest_key(ids.front()), {}, Reading::kOnce);
  cursor.to_first();
  for (std::size_t place = 0; place < ids.size(); ++place) {
    const std::string key = digest_key(ids[place]);
    advance_to(key, cursor);
    if (!cursor.valid() || cursor.key() != key) {
      continue;
    }
    const ByteView row = as_bytes(cursor.value());
    const bool may_lean = is_of_version(cursor.value(), kBootLogRecordVersion) ||
                          is_of_version(cursor.value(), kSentBootLogRecordVersion);
    const std::optional<Telling> telling = may_lean ? read_telling(row.subspan(1)) : std::nullopt;
    const bool leans = telling && !telling->base.is_filled_with(0);
    visit(place, leans ? row : ids[place].view());
  }
  const rocksdb::Status status = cursor.status();
  return status.ok() ? Result<void>() : error_of("boot logs", status);
}

Result<Bytes> read_boot_log_row(const Database& database, const Digest& id, const StoreMoment* at) {
  const Result<std::string> row = row_of(database, id, at);
  if (!row) {
    return row.error();
  }
  Result<Bytes> log = read_row(database, id, *row, at);
  if (log && !is_of_version(*row, kBootLogRecordVersion)) {
    drop_secrets(*log);
  }
  return log;
}

Result<Bytes> read_plain_row(const Database& database, const Digest& id) {
  const Result<std::string> row = row_of(database, id);
  return row ? read_version_1(id, *row) : row.error();
}

}  // namespace quotemill::storage
