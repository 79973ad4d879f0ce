#include "engine/pipeline/packed_record.h"

#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/records.h"

namespace quotemill {
namespace {

// The stored form has every field.
std::string text_of(const HostRecord& record) {
  return storage::encode_host(record);
}

Bytes some_bytes(std::mt19937_64& random, std::size_t size_max) {
  Bytes out(random() % (size_max + 1));
  for (std::uint8_t& byte : out) {
    byte = static_cast<std::uint8_t>(random());
  }
  return out;
}

HostRecord random_record(std::mt19937_64& random) {
  HostRecord out;
  for (std::uint8_t& byte : out.uid.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  out.generation = static_cast<std::uint32_t>(random());
  out.name = "host-" + std::to_string(random());
  out.life_cycle = static_cast<LifeCycle>(random() % 6);
  out.ek_public = some_bytes(random, 400);
  if (random() % 2 == 0) {
    out.ek_certificate = {hash(HashAlgorithm::kSha256, out.ek_public),
                          {static_cast<std::int64_t>(random() % 2'000'000'000'000)}};
  }
  switch (random() % 6) {
    case 0:
      out.ek_sha256 = "";
      break;
    case 1:
      out.ek_sha256 = std::to_string(random());  // digits, an odd number of them or an even one
      break;
    case 2:
      out.ek_sha256 = hash(HashAlgorithm::kSha256, out.ek_public).hex();
      out.ek_sha256.front() = 'A';  // hexadecimal, but not as we write it
      break;
    case 3:
      out.ek_sha256 = std::string(32, 'x');
      break;
    default:
      out.ek_sha256 = hash(HashAlgorithm::kSha256, out.ek_public).hex();
      break;
  }
  out.ak_public = some_bytes(random, 300);
  out.curve_key.fill(static_cast<std::uint8_t>(random()));
  out.enrolled = {static_cast<std::int64_t>(random() % 2'000'000'000'000)};
  out.expires = {static_cast<std::int64_t>(random() % 2'000'000'000'000)};
  out.admitted_by = random() % 2 == 0 ? "ek_list" : "token:12";
  out.note = random() % 2 == 0 ? "" : "name is bound to another EK";
  if (random() % 2 == 0) {
    out.labels["rack"] = std::to_string(random() % 5);
  }
  return out;
}

TEST(PackedRecord, IsTheRecordThatWasPacked) {
  std::mt19937_64 random(20261126);
  PackedRecord::Pool pool;
  std::vector<HostRecord> records;
  std::vector<std::optional<PackedRecord>> packed;
  for (int i = 0; i < 1'000; ++i) {
    records.push_back(random_record(random));
    packed.push_back(PackedRecord::pack(records.back(), pool));
    ASSERT_TRUE(packed.back());
  }
  EXPECT_LE(pool.size(), 24U) << "what is common is there once";
  for (std::size_t i = 0; i < records.size(); ++i) {
    const HostRecord again = packed[i]->unpack(records[i].uid);
    ASSERT_EQ(text_of(again), text_of(records[i])) << "record " << i;
    ASSERT_EQ(again.uid, records[i].uid);
    ASSERT_EQ(packed[i]->name(), records[i].name);
    ASSERT_EQ(packed[i]->ek_sha256(), records[i].ek_sha256);
    ASSERT_EQ(packed[i]->has_ek_sha256(), !records[i].ek_sha256.empty());
    ASSERT_EQ(packed[i]->ak_public(), as_text(records[i].ak_public));
    ASSERT_EQ(packed[i]->curve_key(), records[i].curve_key);
    ASSERT_EQ(packed[i]->life_cycle(), records[i].life_cycle);
  }
}

TEST(PackedRecord, LeavesARecordAloneThatItHasNoRoomFor) {
  PackedRecord::Pool pool;
  HostRecord record;
  record.ek_public.resize(65'535);
  EXPECT_TRUE(PackedRecord::pack(record, pool));
  record.ek_public.resize(65'536);
  EXPECT_FALSE(PackedRecord::pack(record, pool));
}

}  // namespace
}  // namespace quotemill
