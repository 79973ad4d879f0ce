#include "storage/keyspace.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using quotemill::testing::sample_uid;

TEST(Keyspace, IsAsTheReadmeSays) {
  const std::string uid = "01010101010101010101010101010101";
  EXPECT_EQ(to_hex(as_bytes(host_key(sample_uid(1)))), "0000" + uid);
  EXPECT_EQ(to_hex(as_bytes(history_key(sample_uid(1), 0x0203))),
            "0000" + uid + "0000000000000203");
  EXPECT_EQ(to_hex(as_bytes(revision_key(sample_uid(1), 0x0203, {5}))),
            "0000" + uid + "0000000000000203" + "0000000000000005");
  EXPECT_EQ(to_hex(as_bytes(identity_key(sample_uid(1), 4))), "0000" + uid + "0000000000000004");
  EXPECT_EQ(to_hex(as_bytes(change_key(7))), "00000000000000000007");
  EXPECT_EQ(to_hex(as_bytes(journal_key(0x0809))), "00000000000000000809");
  EXPECT_EQ(to_hex(as_bytes(baseline_key("a.b", 2))), "0000612e620000000002");
}

TEST(Keyspace, OrdersHistoryByHostThenSequence) {
  EXPECT_LT(history_key(sample_uid(1), 255), history_key(sample_uid(1), 256));
  EXPECT_LT(history_key(sample_uid(1), UINT64_MAX), history_key(sample_uid(2), 0));
}

TEST(Keyspace, OrdersAShortBaselineNameBeforeItsExtensions) {
  EXPECT_LT(baseline_key("prod", UINT32_MAX), baseline_key("prod-2", 1));
  EXPECT_LT(baseline_key("prod", 2), baseline_key("prod", 10));
}

TEST(Keyspace, ReadsBackWhatItWrote) {
  EXPECT_EQ(host_of(history_key(sample_uid(4), 9)), sample_uid(4));
  EXPECT_EQ(sequence_of(history_key(sample_uid(4), 9)), 9U);
  EXPECT_EQ(revision_of(revision_key(sample_uid(4), 9, {8}))->sequence, 9U);
  EXPECT_EQ(revision_of(revision_key(sample_uid(4), 9, {8}))->time, (WallTime{8}));
  EXPECT_FALSE(revision_of(history_key(sample_uid(4), 9)));
  EXPECT_FALSE(sequence_of(revision_key(sample_uid(4), 9, {8})));
  EXPECT_EQ(sequence_of(change_key(11)), 11U);
  EXPECT_EQ(sequence_of(journal_key(12)), 12U);
  const Digest id = quotemill::testing::sample_token(1).id;
  EXPECT_EQ(digest_of(digest_key(id)), id);
}

TEST(Keyspace, RefusesKeysOfAnotherShape) {
  EXPECT_FALSE(host_of("short"));
  EXPECT_FALSE(sequence_of(host_key(sample_uid(1))));
  EXPECT_FALSE(digest_of("x"));
  EXPECT_FALSE(decode_number("seven.."));
}

TEST(Keyspace, NamesEachFamilyOnce) {
  std::set<std::string_view> names;
  for (const Family family : kFamilies) {
    EXPECT_TRUE(names.insert(name_of(family)).second) << name_of(family);
  }
  EXPECT_EQ(names.count(""), 0U);
}

}  // namespace
}  // namespace quotemill::storage
