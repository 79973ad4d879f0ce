// Stores of the formats in which a host's record held its EK certificate become of this one.
#include "storage/certificate_move.h"

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "storage/records.h"
#include "storage/rocks_store.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/older_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)
using ::testing::IsEmpty;

class CertificateMove : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  OlderHost older(std::uint8_t number, Family family = Family::kHosts) {
    OlderHost out{sample_host(number), certificate_, family};
    out.record.ek_certificate.reset();
    return out;
  }

  std::unique_ptr<RocksStore> open() {
    Result<std::unique_ptr<RocksStore>> store = RocksStore::open({.path = path_});
    EXPECT_TRUE(store) << (store ? "" : store.error().to_string());
    return store ? *std::move(store) : nullptr;
  }

  // As this version would have written the host.
  [[nodiscard]] HostRecord named(const OlderHost& older) const {
    HostRecord out = older.record;
    out.ek_certificate = {hash(HashAlgorithm::kSha256, older.ek_certificate), ends_};
    return out;
  }

  TempFolder folder_;
  const std::string path_ = folder_ / "store";
  const WallTime ends_{kTestTime.ms + 300 * kDayMs};
  const Bytes certificate_ =
      self_signed({.not_after = ends_}, SigningKey::generate(KeyKind::kEcP256)).der();
};

TEST_P(CertificateMove, LeavesEachRecordWithTheNameOfItsCertificateAndLosesNone) {
  OlderHost former = older(1, Family::kIdentities);
  former.record.generation = 2;
  OlderHost bare = older(3);
  bare.ek_certificate.clear();
  write_older_store(path_, GetParam(), {older(1), former, older(2), bare});
  const auto store = open();
  std::vector<std::string> records;
  ASSERT_TRUE(store->for_each_host(
      [&](const HostRecord& record, const auto&) { records.push_back(encode_host(record)); }));
  EXPECT_THAT(records,
              ::testing::ElementsAre(encode_host(named(older(1))), encode_host(named(older(2))),
                                     encode_host(bare.record)));
  EXPECT_EQ(encode_host(*store->former_identity(sample_uid(1), 2)), encode_host(named(former)));
  const Digest sha256 = hash(HashAlgorithm::kSha256, certificate_);
  EXPECT_EQ(*store->ek_certificate(sample_uid(1), sha256), certificate_);
  EXPECT_EQ(*store->ek_certificate(sample_uid(2), sha256), certificate_);
  EXPECT_EQ(store->ek_certificate(sample_uid(3), sha256).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(store->check()->problems, IsEmpty());
}

TEST_P(CertificateMove, KeepsOlderProgramsOutBeforeItsFirstStepAndIsDoneOnce) {
  write_older_store(path_, GetParam(), {older(1)});
  EXPECT_TRUE(move_progress(path_).is_marked) << "opening alone raises the format";
  EXPECT_EQ(move_progress(path_).unmoved, 1U);
  open();
  EXPECT_FALSE(move_progress(path_).is_marked);
  EXPECT_EQ(move_progress(path_).moved, 1U);
}

TEST_P(CertificateMove, IsTriedAgainAfterADiskThatWasFull) {
  write_older_store(path_, GetParam(), {older(1), older(2)});
  const auto file_system = std::make_shared<FaultyFileSystem>();
  move_progress(path_);
  file_system->set(Fault::kFull);
  EXPECT_FALSE(RocksStore::open({.path = path_, .file_system = file_system}));
  EXPECT_TRUE(move_progress(path_).is_marked);
  EXPECT_EQ(*open()->ek_certificate(sample_uid(2), hash(HashAlgorithm::kSha256, certificate_)),
            certificate_);
}

// Whatever it is, it is evidence of the enrolment; it only has no end that could be told.
TEST_P(CertificateMove, KeepsBytesThatAreNoCertificate) {
  OlderHost odd = older(1);
  odd.ek_certificate = Bytes(900, 7);
  write_older_store(path_, GetParam(), {odd});
  const auto store = open();
  EXPECT_EQ(*store->ek_certificate(sample_uid(1), hash(HashAlgorithm::kSha256, odd.ek_certificate)),
            odd.ek_certificate);
  ASSERT_TRUE(store->for_each_host([&](const HostRecord& record, const auto&) {
    EXPECT_EQ(record.ek_certificate->not_after, WallTime{});
  }));
}

TEST_P(CertificateMove, RefusesARecordThatItCannotRead) {
  OlderHost broken = older(1);
  write_older_store(path_, GetParam(), {broken});
  {
    const auto database = Database::open({path_, 1 << 20, nullptr});
    rocksdb::WriteBatch rows;
    (*database)->put(Family::kHosts, host_key(sample_uid(2)), "\x01\xff", rows);
    ASSERT_TRUE((*database)->write(rows).ok());
  }
  EXPECT_EQ(RocksStore::open({.path = path_}).error().code, ErrorCode::kStorage);
}

INSTANTIATE_TEST_SUITE_P(OfFormat, CertificateMove, ::testing::Values(1U, 2U));

}  // namespace
}  // namespace quotemill::storage
