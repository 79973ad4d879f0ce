#include "tests/storage/older_store.h"

#include <gtest/gtest.h>

#include "records.pb.h"
#include "storage/database.h"
#include "storage/records.h"

namespace quotemill::testing {

using namespace storage;  // NOLINT(google-build-using-namespace)

std::string encode_older_host(const OlderHost& host) {
  pb::Host out;
  EXPECT_TRUE(out.ParseFromString(encode_host(host.record).substr(1)));
  out.clear_ek_certificate_sha256();
  out.clear_ek_certificate_not_after_ms();
  out.set_ek_certificate(std::string(as_text(host.ek_certificate)));
  return encode_plain(out.SerializeAsString());
}

void write_older_store(const std::string& path, std::uint64_t format,
                       const std::vector<OlderHost>& hosts) {
  const auto database = Database::open({path, 1 << 20, nullptr});
  ASSERT_TRUE(database);
  rocksdb::WriteBatch rows;
  for (const OlderHost& host : hosts) {
    const std::string key = host.family == Family::kHosts
                                ? host_key(host.record.uid)
                                : identity_key(host.record.uid, host.record.generation);
    (*database)->put(host.family, key, encode_older_host(host), rows);
  }
  (*database)->put(Family::kMeta, kFormatKey, encode_plain(encode_number(format)), rows);
  ASSERT_TRUE((*database)->write(rows).ok());
}

MoveProgress move_progress(const std::string& path) {
  MoveProgress out;
  const auto database = Database::open({path, 1 << 20, nullptr});
  EXPECT_TRUE(database);
  if (!database) {
    return out;
  }
  out.is_marked = (*database)->get(Family::kMeta, kUnmovedKey)->has_value();
  for (const Family family : {Family::kHosts, Family::kIdentities}) {
    Database::Cursor rows = (*database)->scan(family, {}, {});
    for (rows.to_first(); rows.valid(); rows.next()) {
      ++(decode_host(*host_of(rows.key()), rows.value()) ? out.moved : out.unmoved);
    }
  }
  return out;
}

}  // namespace quotemill::testing
