// Rows of EK certificates: each by its host and its SHA-256, so that all generations of a host that
// show the same one share it, and that it goes with its host.
#pragma once

#include "engine/base/result.h"
#include "engine/ports/records.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace quotemill::storage {

class Database;
class StoreMoment;

void put_certificate_row(const Database& database, const EkCertificate& certificate,
                         rocksdb::WriteBatch& out);

// As History::ek_certificate(); `at`: as it was at that moment; null: now.
Result<Bytes> read_certificate_row(const Database& database, const HostUid& host,
                                   const Digest& sha256, const StoreMoment* at = nullptr);

// Whether nothing is left of a host that the batch removes: it does not write it anew.
bool is_gone(const HostUid& removed, const CommitBatch& batch);

// Who the host was, and its certificates.
void erase_identity_rows(const Database& database, const HostUid& host, rocksdb::WriteBatch& out);

}  // namespace quotemill::storage
