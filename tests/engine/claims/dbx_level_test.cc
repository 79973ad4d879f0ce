#include "engine/claims/dbx_level.h"

#include <gtest/gtest.h>

#include "tests/engine/claims/claimed_log.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::ClaimedLog;
using testing::fixtures;
using testing::read_file;
using testing::signature_list;

std::string line(std::string_view level, std::uint8_t filler) {
  return "x86_64 " + std::string(level) + " " + to_hex(Bytes(32, filler)) + "\n";
}

// A machine whose dbx holds digests filled with these.
std::vector<DbxLevelClaim> levels(std::initializer_list<std::uint8_t> fillers,
                                  const std::string& list) {
  Bytes dbx;
  for (const std::uint8_t filler : fillers) {
    const Bytes entry = signature_list(guids::kCertSha256, Bytes(32, filler));
    dbx.insert(dbx.end(), entry.begin(), entry.end());
  }
  ClaimedLog log;
  const BootClaims claims = log.database("dbx", dbx).separator(7).claims();
  const Result<DbxList> decoded = decode_dbx_list(as_bytes(list));
  EXPECT_TRUE(decoded);
  return claim_dbx_level(claims.databases, *decoded);
}

TEST(DbxLevel, IsTheHighestThatIsComplete) {
  const std::string list =
      "# comment\n" + line("2021-04-29", 1) + line("2023-05-09", 3) + line("2021-04-29", 2) + "\n";
  EXPECT_EQ(levels({1, 2}, list)[0].level, "2021-04-29");
  EXPECT_EQ(levels({1, 2}, list)[0].missing, 1U);
  EXPECT_EQ(levels({1, 2, 3}, list)[0].level, "2023-05-09");
  EXPECT_EQ(levels({1, 2, 3}, list)[0].newest, "2023-05-09");
  EXPECT_EQ(levels({1, 3}, list)[0].level, "") << "a gap below counts";
  EXPECT_EQ(levels({1, 2}, list)[0].ground.standing, Standing::kProven);
}

// Firmware measures dbx before PCR 7's separator: without one, or behind a second, anybody can have
// extended it.
TEST(SignatureDatabases, NeedTheOneSeparatorOfPcr7) {
  const Bytes dbx = signature_list(guids::kCertSha256, Bytes(32, 1));
  ClaimedLog one;
  EXPECT_EQ(one.database("dbx", dbx).separator(7).claims().databases.find("dbx")->ground.standing,
            Standing::kProven);
  ClaimedLog none;
  const BootClaims without = none.database("dbx", dbx).claims();
  EXPECT_EQ(without.databases.find("dbx")->ground.standing, Standing::kUnproven);
  EXPECT_EQ(without.databases.find("dbx")->ground.because, "PCR 7 has no separator");
  ClaimedLog two;
  const BootClaims doubled = two.database("dbx", dbx).separator(7).separator(7).claims();
  EXPECT_EQ(doubled.databases.find("dbx")->ground.standing, Standing::kUnproven);
  const auto list = decode_dbx_list(as_bytes(line("2021-04-29", 1)));
  ASSERT_TRUE(list);
  EXPECT_EQ(claim_dbx_level(without.databases, *list)[0].ground.standing, Standing::kUnproven);
}

TEST(DbxLevel, WithoutADbxIsAbsent) {
  ClaimedLog log;
  const BootClaims claims = log.separator(7).claims();
  const auto list = decode_dbx_list(as_bytes(line("2021-04-29", 1)));
  ASSERT_TRUE(list);
  EXPECT_EQ(claim_dbx_level(claims.databases, *list)[0].ground.standing, Standing::kAbsent);
}

TEST(DbxLevel, RefusesWhatIsNoList) {
  EXPECT_FALSE(decode_dbx_list({}));
  EXPECT_FALSE(decode_dbx_list(as_bytes("x86_64 2021")));
  EXPECT_FALSE(decode_dbx_list(as_bytes("x86_64 2021 abcd\n")));
  EXPECT_FALSE(decode_dbx_list(as_bytes(line("2021", 1) + "more x\n")));
}

TEST(DbxLevel, MicrosoftsUpdatesAreLists) {
  for (const char* architecture : {"arm", "arm64"}) {
    const Bytes update =
        read_file(fixtures() / "microsoft+secureboot_objects/PostSignedObjects/DBX" / architecture /
                  "DBXUpdate.bin");
    if (update.empty()) {
      GTEST_SKIP() << "no fixtures";
    }
    const Result<DbxList> list = decode_dbx_list(update);
    ASSERT_TRUE(list) << architecture << " " << list.error().to_string();
    ASSERT_EQ(list->size(), 1U);
    EXPECT_GT(list->front().digests.size(), 10U);
    for (std::size_t size = 0; size < update.size(); size += 97) {
      (void)decode_dbx_list(ByteView(update).first(size));
    }
  }
}

}  // namespace
}  // namespace quotemill
