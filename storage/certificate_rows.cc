#include "storage/certificate_rows.h"

#include <algorithm>

#include <rocksdb/write_batch.h>

#include "engine/crypto/hash.h"
#include "storage/database.h"
#include "storage/records.h"

namespace quotemill::storage {

void put_certificate_row(const Database& database, const EkCertificate& certificate,
                         rocksdb::WriteBatch& out) {
  database.put(Family::kCertificates, certificate_key(certificate.host, certificate.sha256),
               encode_plain(as_text(certificate.der)), out);
}

Result<Bytes> read_certificate_row(const Database& database, const HostUid& host,
                                   const Digest& sha256, const StoreMoment* at) {
  constexpr const char* kWhat = "EK certificate";
  const Result<std::optional<std::string>> value =
      database.get(Family::kCertificates, certificate_key(host, sha256), at);
  if (!value) {
    return value.error();
  }
  if (!value->has_value()) {
    return Error{ErrorCode::kNotFound, kWhat, 0, sha256.hex()};
  }
  const Result<std::string_view> der = decode_plain(kWhat, **value);
  if (!der) {
    return der.error();
  }
  if (hash(HashAlgorithm::kSha256, as_bytes(*der)) != sha256) {
    return Error{ErrorCode::kStorage, kWhat, 0, "damaged: is not " + sha256.hex() + " any more"};
  }
  return to_bytes(as_bytes(*der));
}

bool is_gone(const HostUid& removed, const CommitBatch& batch) {
  return std::none_of(batch.hosts.begin(), batch.hosts.end(),
                      [&](const auto& host) { return host->uid == removed; });
}

void erase_identity_rows(const Database& database, const HostUid& host, rocksdb::WriteBatch& out) {
  for (const Family family : {Family::kIdentities, Family::kCertificates}) {
    Database::Cursor rows = database.scan(family, host_key(host), {});
    for (rows.to_first(); rows.valid() && host_of(rows.key()) == host; rows.next()) {
      database.erase(family, rows.key(), out);
    }
  }
}

}  // namespace quotemill::storage
