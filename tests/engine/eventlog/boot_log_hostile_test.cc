// Logs that broke other verifiers: the rows about framing of the list of hostile inputs.
#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/log_bytes.h"

namespace quotemill {
namespace {

using testing::agile_header;
using testing::header_event;
using testing::header_with;
using testing::kBanks;
using testing::sha1_event;

BootLogReading read_with_tail(const Bytes& head, const Bytes& tail) {
  Bytes log = head;
  log.insert(log.end(), tail.begin(), tail.end());
  BootLogReading reading = read_boot_log(log);
  // Views into `log` end here: only numbers and codes are looked at by the caller.
  return reading;
}

TEST(BootLogHostile, GhsaQp88_8f4j_wv7q_BreaksAtAnImpossiblePcrInSha1Logs) {
  for (const std::uint32_t pcr : {24U, 32U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
    const BootLogReading reading =
        read_with_tail(sha1_event(0, event_type::kSCrtmVersion, as_bytes("v")),
                       sha1_event(pcr, event_type::kSeparator, as_bytes("v")));
    ASSERT_TRUE(reading.broken) << pcr;
    EXPECT_EQ(reading.broken->code, ErrorCode::kMalformed);
    EXPECT_EQ(reading.log.events.size(), 1U);
    const Bytes alone = sha1_event(pcr, event_type::kSeparator, as_bytes("v"));
    EXPECT_TRUE(read_boot_log(alone).broken);
    EXPECT_TRUE(read_boot_log(alone).log.events.empty());
  }
}

TEST(BootLogHostile, GhsaQp88_8f4j_wv7q_BreaksAtAnImpossiblePcrInAgileLogs) {
  for (const std::uint32_t pcr : {24U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
    writer.event(pcr, event_type::kSeparator, as_bytes("v"), as_bytes("v"));
    writer.event(7, event_type::kSeparator, as_bytes("v"), as_bytes("v"));
    const BootLogReading reading = read_boot_log(writer.bytes());
    ASSERT_TRUE(reading.broken);
    EXPECT_EQ(reading.log.events.size(), 2U);
    EXPECT_EQ(replay(reading.log, HashAlgorithm::kSha256).mask(), 1U);
  }
}

TEST(BootLogHostile, GoAttestationEventSize_4GBWithTenBytesLeft) {
  for (const std::uint32_t size : {0xFFFFFFFFU, 0xFFFFFFF0U, 0x7FFFFFFFU, 11U}) {
    ByteWriter tail;
    tail.u32_le(7).u32_le(event_type::kSeparator).u32_le(1).u16_le(0x000B).bytes(Bytes(32, 1));
    tail.u32_le(size).bytes(Bytes(10, 1));
    const BootLogReading reading =
        read_with_tail(agile_header({HashAlgorithm::kSha256}), to_bytes(tail.view()));
    ASSERT_TRUE(reading.broken) << size;
    EXPECT_EQ(reading.log.events.size(), 1U);
  }
}

TEST(BootLogHostile, AnEventThatIsCutBreaksAtTheFieldThatDoesNotFit) {
  const Bytes header = agile_header(kBanks);
  ByteWriter event;
  event.u32_le(7).u32_le(event_type::kSeparator).u32_le(2);
  event.u16_le(0x0004).bytes(Bytes(20, 1)).u16_le(0x000B).bytes(Bytes(32, 1));
  event.sized32_le(Bytes(4, 1));
  // pcrIndex, eventType, digestCount, algorithmId, digest, algorithmId, digest, eventSize, event
  const std::vector<std::size_t> fields = {0, 4, 8, 12, 14, 34, 36, 68, 72};
  for (std::size_t size = 1; size < event.size(); ++size) {
    const ByteView cut = event.view().first(size);
    const BootLogReading reading = read_with_tail(header, to_bytes(cut));
    ASSERT_TRUE(reading.broken) << size;
    EXPECT_EQ(reading.broken->code, ErrorCode::kTruncated) << size;
    const auto next = std::upper_bound(fields.begin(), fields.end(), size);
    EXPECT_EQ(reading.broken->offset, header.size() + *std::prev(next)) << size;
    EXPECT_EQ(reading.log.events.size(), 1U);
  }
  EXPECT_FALSE(read_with_tail(header, to_bytes(event.view())).broken);
}

TEST(BootLogHostile, AnEventAboveItsBoundIsRefusedThoughItIsThere) {
  ByteWriter event;
  event.u32_le(7).u32_le(event_type::kSeparator).u32_le(1).u16_le(0x000B).bytes(Bytes(32, 1));
  event.sized32_le(Bytes(limits::kEventDataSizeMax + 1, 1));
  const BootLogReading reading =
      read_with_tail(agile_header({HashAlgorithm::kSha256}), to_bytes(event.view()));
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kTooLarge);
  EXPECT_EQ(reading.log.events.size(), 1U);
}

TEST(BootLogHostile, DigestCountsThatCannotBe) {
  for (const std::uint32_t count : {3U, 17U, 1000000U, 0xFFFFFFFFU}) {
    ByteWriter tail;
    tail.u32_le(7).u32_le(event_type::kSeparator).u32_le(count);
    tail.u16_le(0x000B).bytes(Bytes(32, 1)).u16_le(0x0004).bytes(Bytes(20, 1)).u32_le(0);
    EXPECT_TRUE(read_with_tail(agile_header(kBanks), to_bytes(tail.view())).broken) << count;
  }
}

TEST(BootLogHostile, AnEventWithADigestTwice) {
  ByteWriter tail;
  tail.u32_le(7).u32_le(event_type::kSeparator).u32_le(2);
  tail.u16_le(0x000B).bytes(Bytes(32, 1)).u16_le(0x000B).bytes(Bytes(32, 2)).u32_le(0);
  const BootLogReading reading = read_with_tail(agile_header(kBanks), to_bytes(tail.view()));
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kMalformed);
}

TEST(BootLogHostile, AnEventWithADigestThatTheHeaderDoesNotList) {
  ByteWriter tail;
  tail.u32_le(7).u32_le(event_type::kSeparator).u32_le(1);
  tail.u16_le(0x000C).bytes(Bytes(48, 1)).u32_le(0);
  EXPECT_TRUE(read_with_tail(agile_header(kBanks), to_bytes(tail.view())).broken);
}

TEST(BootLogHostile, NoActionAbuse_SpecIdWithImpossibleNumbersOfAlgorithms) {
  for (const std::uint32_t count : {0U, 17U, 1000000U, 0x40000000U, 0xFFFFFFFFU}) {
    ByteWriter data;
    data.bytes(testing::spec_id_prefix()).u32_le(count);
    data.u16_le(0x000B).u16_le(32).u8(0);
    const Bytes log = header_event(data.view());
    const BootLogReading reading = read_boot_log(log);
    ASSERT_TRUE(reading.broken) << count;
    EXPECT_STREQ(reading.broken->context, "TCG_EfiSpecIDEvent");
    EXPECT_TRUE(reading.log.events.empty());
  }
}

TEST(BootLogHostile, NoActionAbuse_SpecIdWithWrongDigestSizes) {
  const std::vector<testing::AlgorithmList> lists = {
      {{0x0004, 32}}, {{0x000B, 0}},  {{0x000B, 20}},         {{0x000B, 0xFFFF}},
      {{0x1234, 0}},  {{0x1234, 65}}, {{0x1234, 0xFFFF}},     {{0x000B, 32}, {0x000B, 32}},
      {{0x0012, 20}}, {{0x000D, 63}}, {{0x5, 20}, {0x5, 20}},
  };
  for (const auto& list : lists) {
    const Bytes log = header_with(list);
    const BootLogReading reading = read_boot_log(log);
    EXPECT_TRUE(reading.broken);
    EXPECT_TRUE(reading.log.events.empty());
  }
}

TEST(BootLogHostile, SpecIdCutAnywhereIsBroken) {
  const Bytes data = testing::spec_id_data(kBanks);
  for (std::size_t size = 16; size < data.size(); ++size) {
    const Bytes log = header_event(ByteView(data).first(size));
    EXPECT_TRUE(read_boot_log(log).broken) << size;
  }
}

TEST(BootLogHostile, SpecIdWithVendorInfoBeyondItsEvent) {
  Bytes data = testing::spec_id_data(kBanks);
  data.back() = 4;
  const Bytes log = header_event(data);
  EXPECT_TRUE(read_boot_log(log).broken);
}

TEST(BootLogHostile, NoActionIsNeverExtended) {
  BootLogWriter plain(BootLogFormat::kCryptoAgile, kBanks);
  plain.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  BootLogWriter abused(BootLogFormat::kCryptoAgile, kBanks);
  abused.event(0, event_type::kNoAction, as_bytes("evil"), as_bytes("evil"));
  abused.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  abused.event(7, event_type::kNoAction, as_bytes("evil"), as_bytes("evil"));
  abused.event(0xFFFFFFFF, event_type::kNoAction, as_bytes("evil"), as_bytes("evil"));
  EXPECT_EQ(replay(read_boot_log(plain.bytes()).log, HashAlgorithm::kSha256),
            replay(read_boot_log(abused.bytes()).log, HashAlgorithm::kSha256));
}

TEST(BootLogHostile, ManyAlmostEmptyEventsAreReadInLinearTime) {
  // Every event looks like the beginning of padding; a reader that looks ahead from each of them
  // would take hours.
  ByteWriter out;
  out.bytes(agile_header({HashAlgorithm::kSha256}));
  for (std::uint32_t i = 0; i < limits::kLogEventsMax - 1; ++i) {
    out.u32_le(0).u32_le(0).u32_le(0).u32_le(0);
  }
  out.u32_le(1);
  const BootLogReading reading = read_boot_log(out.view());
  EXPECT_TRUE(reading.broken);
  EXPECT_EQ(reading.log.events.size(), limits::kLogEventsMax);
}

TEST(BootLogHostile, DropsNothingInTheMiddle) {
  // All events of PCR 4 are gone: the replay must not claim PCR 4, rather than show its reset
  // value.
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  writer.event(7, event_type::kSeparator, as_bytes("v"), as_bytes("v"));
  const PcrBank bank = replay(read_boot_log(writer.bytes()).log, HashAlgorithm::kSha256);
  EXPECT_TRUE(bank.has(0));
  EXPECT_FALSE(bank.has(4));
  EXPECT_TRUE(bank.has(7));
}

}  // namespace
}  // namespace quotemill
