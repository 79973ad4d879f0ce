#include "deploy/quotemill-verify/userspace_log.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill::offline {
namespace {

std::string record(unsigned pcr, const std::string& text, const std::string& measured,
                   const std::string& type = "phase") {
  return "\x1E{\"pcr\":" + std::to_string(pcr) +
         ",\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" +
         hash(HashAlgorithm::kSha256, as_bytes(measured)).hex() +
         "\"}],\"content_type\":\"systemd\",\"content\":{\"string\":\"" + text +
         "\",\"bootId\":\"00\",\"timestamp\":1,\"eventType\":\"" + type + "\"}}\n";
}

TEST(UserspaceLog, HasPhasesWithTheirProof) {
  const std::string file = record(11, "enter-initrd", "enter-initrd") +
                           record(15, "cryptsetup:root", "a key's HMAC", "volume-key");
  const UserspaceLog log = decode_userspace_log(as_bytes(file));
  ASSERT_FALSE(log.broken);
  ASSERT_EQ(log.records.size(), 2U);
  EXPECT_EQ(log.records[0].pcr, 11U);
  EXPECT_EQ(log.records[0].text, "enter-initrd");
  EXPECT_EQ(log.records[0].proof, ProofClass::kDataProven);
  EXPECT_EQ(log.records[1].type, "volume-key");
  EXPECT_EQ(log.records[1].proof, ProofClass::kDigestProven);
}

TEST(UserspaceLog, GoesOnWhereTheBootLogEnded) {
  const UserspaceLog log = decode_userspace_log(as_bytes(record(11, "a", "a")));
  Digest expected(HashAlgorithm::kSha256);
  extend(expected, hash(HashAlgorithm::kSha256, as_bytes("boot")).view());
  PcrBank boot(HashAlgorithm::kSha256);
  boot.set(11, expected);
  extend(expected, hash(HashAlgorithm::kSha256, as_bytes("a")).view());
  EXPECT_EQ(extended(boot, log, 0).at(11), expected);
}

TEST(UserspaceLog, APcrThatIsUnknownStaysSo) {
  const UserspaceLog log = decode_userspace_log(as_bytes(record(11, "a", "a")));
  EXPECT_FALSE(extended(PcrBank(HashAlgorithm::kSha256), log, 1U << 11).has(11));
  PcrBank sha1(HashAlgorithm::kSha1);
  sha1.set(11, Digest(HashAlgorithm::kSha1));
  EXPECT_FALSE(extended(sha1, log, 0).has(11)) << "the record has no SHA-1 digest";
}

// systemd 258 and later: NV indices that it extends like PCRs.
std::string nv_record(const std::string& nv_index, const std::string& more = {}) {
  return "\x1E{\"nv_index\":" + nv_index + more +
         ",\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" +
         hash(HashAlgorithm::kSha256, as_bytes("hardware")).hex() +
         "\"}],\"content_type\":\"systemd\",\"content\":{\"nvIndexName\":\"hardware\","
         "\"string\":\"hardware\",\"eventType\":\"nvpcr-init\"}}\n";
}

TEST(UserspaceLog, NvPcrRecordsAreReadPast) {
  const std::string file = record(11, "a", "a") + nv_record("30474242") + record(11, "b", "b");
  const UserspaceLog log = decode_userspace_log(as_bytes(file));
  ASSERT_FALSE(log.broken);
  ASSERT_EQ(log.records.size(), 3U);
  EXPECT_FALSE(log.records[1].pcr.has_value());
  EXPECT_EQ(log.records[1].nv_index, 30474242U);
  EXPECT_EQ(log.records[1].type, "nvpcr-init");
  EXPECT_EQ(log.records[1].proof, ProofClass::kNotMeasured);
  const UserspaceLog without =
      decode_userspace_log(as_bytes(record(11, "a", "a") + record(11, "b", "b")));
  const PcrBank boot(HashAlgorithm::kSha256);
  EXPECT_EQ(extended(boot, log, 0), extended(boot, without, 0));
}

TEST(UserspaceLogHostile, AnNvIndexThatIsNoneOrBesideAPcrIsABreak) {
  EXPECT_FALSE(decode_userspace_log(as_bytes(nv_record("4294967295"))).broken);
  for (const char* const bad : {"4294967296", "-1", "1.5", "\"1\"", "null"}) {
    EXPECT_TRUE(decode_userspace_log(as_bytes(nv_record(bad))).broken) << bad;
  }
  EXPECT_TRUE(decode_userspace_log(as_bytes(nv_record("1", ",\"pcr\":11"))).broken);
  EXPECT_TRUE(decode_userspace_log(as_bytes(nv_record("1", ",\"pcr\":99"))).broken);
  EXPECT_TRUE(decode_userspace_log(as_bytes(nv_record("-1", ",\"pcr\":11"))).broken);
}

TEST(UserspaceLogHostile, BreaksAtTheFirstRecordThatIsNone) {
  for (const std::string& bad :
       {std::string("{\"pcr\":24,\"digests\":[]}"), std::string("{\"pcr\":-1,\"digests\":[]}"),
        std::string("{\"pcr\":1}"), std::string("[]"), std::string("{"), std::string("1"),
        std::string("{\"pcr\":1,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"ab\"}]}"),
        std::string("{\"pcr\":1,\"digests\":[1]}")}) {
    const UserspaceLog log = decode_userspace_log(
        as_bytes(record(11, "a", "a") + "\x1E" + bad + "\n" + record(11, "b", "b")));
    EXPECT_TRUE(log.broken) << bad;
    EXPECT_EQ(log.records.size(), 1U) << bad;
  }
}

TEST(UserspaceLogHostile, DeepNestingIsLeftOut) {
  const std::string deep(1'000'000, '[');
  EXPECT_TRUE(decode_userspace_log(as_bytes("\x1E" + deep)).broken);
}

TEST(UserspaceLogHostile, TextsAreEscaped) {
  const UserspaceLog log =
      decode_userspace_log(as_bytes(record(11, "\\u001b[31m\\n", "x", "\\u0007")));
  ASSERT_EQ(log.records.size(), 1U);
  EXPECT_EQ(log.records[0].text, "\\x1b[31m\\x0a");
  EXPECT_EQ(log.records[0].type, "\\x07");
}

TEST(UserspaceLogHostile, AFileTooLargeIsRefused) {
  EXPECT_TRUE(decode_userspace_log(Bytes(limits::kUserspaceLogSizeMax + 1)).broken);
}

}  // namespace
}  // namespace quotemill::offline
