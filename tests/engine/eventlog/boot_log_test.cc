#include "engine/eventlog/boot_log.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/log_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::agile_header;
using testing::kBanks;
using testing::sha1_event;
using testing::spec_id_data;

bool has_remark(const BootLogReading& reading, LogRemarkCode code, std::uint32_t event) {
  return std::any_of(
      reading.log.remarks.begin(), reading.log.remarks.end(),
      [&](const LogRemark& remark) { return remark.code == code && remark.event == event; });
}

constexpr std::string_view kCalling = "Calling EFI Application from Boot Option";

// A log of three measured events.
BootLogWriter small_log() {
  BootLogWriter log(BootLogFormat::kCryptoAgile, kBanks);
  log.event(0, event_type::kSCrtmVersion, as_bytes("1.0"), as_bytes("1.0"));
  log.event(4, event_type::kEfiAction, as_bytes(kCalling), as_bytes(kCalling));
  log.event(7, event_type::kSeparator, Bytes{0, 0, 0, 0}, Bytes{0, 0, 0, 1});
  return log;
}

TEST(BootLog, ReadsWhatTheSpecificationShows) {
  const BootLogWriter writer = small_log();
  const BootLogReading reading = read_boot_log(writer.bytes());
  ASSERT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.format, BootLogFormat::kCryptoAgile);
  EXPECT_EQ(reading.log.banks, kBanks);
  ASSERT_EQ(reading.log.events.size(), 4U);
  EXPECT_FALSE(reading.log.events[0].is_measured());
  const BootEvent& event = reading.log.events[2];
  EXPECT_EQ(event.number, 2U);
  EXPECT_EQ(event.pcr, 4U);
  EXPECT_EQ(event.type, event_type::kEfiAction);
  EXPECT_EQ(as_text(event.data), kCalling);
  EXPECT_EQ(to_hex(event.digest(HashAlgorithm::kSha1)), "cd0fdb4531a6ec41be2753ba042637d6e5f7f256");
  EXPECT_EQ(event.digest(HashAlgorithm::kSha256).size(), 32U);
  EXPECT_TRUE(event.digest(HashAlgorithm::kSha512).empty());
  EXPECT_TRUE(reading.log.remarks.empty());
}

TEST(BootLog, ReadsSha1LogsWithoutAHeader) {
  BootLogWriter writer(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  ASSERT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.format, BootLogFormat::kSha1);
  EXPECT_TRUE(reading.log.has_bank(HashAlgorithm::kSha1));
  EXPECT_FALSE(reading.log.has_bank(HashAlgorithm::kSha256));
  EXPECT_EQ(reading.log.events.at(0).digest(HashAlgorithm::kSha1).size(), 20U);
}

TEST(BootLog, ReadsSha1LogsThatOpenWithStartupLocality) {
  BootLogWriter writer(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  writer.startup_locality(3);
  writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  ASSERT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.format, BootLogFormat::kSha1);
  EXPECT_EQ(reading.log.startup_locality, 3);
  EXPECT_TRUE(reading.log.remarks.empty());
}

TEST(BootLog, NothingIsNoLog) {
  const BootLogReading reading = read_boot_log({});
  EXPECT_TRUE(reading.log.events.empty());
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kTruncated);
}

TEST(BootLog, PaddingAloneIsNoLog) {
  for (const std::uint8_t byte : std::initializer_list<std::uint8_t>{0x00, 0xFF}) {
    const Bytes padding(4096, byte);
    EXPECT_TRUE(read_boot_log(padding).broken);
    EXPECT_TRUE(read_boot_log(padding).log.events.empty());
  }
}

TEST(BootLog, TextIsNoLog) {
  const std::string text =
      "---\nversion: 1\nevents:\n- EventNum: 0\n  PCRIndex: 0\n  EventType: 3\n";
  const BootLogReading reading = read_boot_log(as_bytes(text));
  EXPECT_TRUE(reading.log.events.empty());
  ASSERT_TRUE(reading.broken);
  EXPECT_STREQ(reading.broken->context, "TCG_PCClientPCREvent");
}

TEST(BootLog, KeepsEverythingBeforeTheBreak) {
  const BootLogWriter writer = small_log();
  const ByteView whole = writer.bytes();
  std::size_t whole_readings = 0;
  std::size_t events_before = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const BootLogReading reading = read_boot_log(whole.first(size));
    ASSERT_GE(reading.log.events.size(), events_before);
    events_before = reading.log.events.size();
    // A cut behind the zeros that open an event of PCR 0 looks like padding, and is remarked.
    const bool whole_reading = !reading.broken && reading.log.remarks.empty();
    whole_readings += whole_reading ? 1 : 0;
  }
  EXPECT_EQ(events_before, 3U);
  EXPECT_EQ(whole_readings, 3U);  // the cuts between two events
}

TEST(BootLog, RemarksDroppedPadding) {
  for (const std::uint8_t byte : std::initializer_list<std::uint8_t>{0x00, 0xFF}) {
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 7, 4096}) {
      const BootLogWriter writer = small_log();
      Bytes log = to_bytes(writer.bytes());
      log.insert(log.end(), size, byte);
      const BootLogReading reading = read_boot_log(log);
      EXPECT_FALSE(reading.broken) << size;
      EXPECT_EQ(reading.log.events.size(), 4U);
      EXPECT_TRUE(has_remark(reading, LogRemarkCode::kPaddingDropped, 4));
    }
  }
}

TEST(BootLog, PaddingMayBeOfZerosAndOnesMixed) {
  for (const Bytes& padding :
       {Bytes{0x00, 0x00, 0xFF, 0xFF}, Bytes{0xFF, 0x00}, Bytes{0x00, 0xFF, 0x00}}) {
    const BootLogWriter writer = small_log();
    Bytes log = to_bytes(writer.bytes());
    for (int i = 0; i < 1000; ++i) {
      log.insert(log.end(), padding.begin(), padding.end());
    }
    const BootLogReading reading = read_boot_log(log);
    EXPECT_FALSE(reading.broken);
    EXPECT_EQ(reading.log.events.size(), 4U);
    EXPECT_TRUE(has_remark(reading, LogRemarkCode::kPaddingDropped, 4));
    EXPECT_TRUE(replay(reading.log, HashAlgorithm::kSha256).has(0));
  }
}

TEST(BootLog, AVendorsInformationBehindTheHeadersSizeIsReadPastAndRemarked) {
  Bytes data = spec_id_data(kBanks);
  data.back() = 4;
  Bytes log = testing::header_event(data);
  log.insert(log.end(), {0xDE, 0xAD, 0xBE, 0xEF});
  const BootLogWriter writer = small_log();
  const ByteView events = writer.bytes().subspan(agile_header(kBanks).size());
  log.insert(log.end(), events.begin(), events.end());
  const BootLogReading reading = read_boot_log(log);
  EXPECT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.banks, kBanks);
  EXPECT_EQ(reading.log.events.size(), 4U);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kVendorInfoOutside, 0));
  EXPECT_EQ(replay(reading.log, HashAlgorithm::kSha256),
            replay(read_boot_log(writer.bytes()).log, HashAlgorithm::kSha256));
}

TEST(BootLog, AVendorsInformationInItsHeaderIsNotRemarked) {
  Bytes data = spec_id_data(kBanks);
  data.back() = 4;
  data.insert(data.end(), {0xDE, 0xAD, 0xBE, 0xEF});
  Bytes log = testing::header_event(data);
  const BootLogWriter writer = small_log();
  const ByteView events = writer.bytes().subspan(agile_header(kBanks).size());
  log.insert(log.end(), events.begin(), events.end());
  const BootLogReading reading = read_boot_log(log);
  EXPECT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.events.size(), 4U);
  EXPECT_TRUE(reading.log.remarks.empty());
}

// Its expected reading stands beside it: the header, both banks, no event.
TEST(BootLog, ARealHeaderWithItsVendorsInformationBehindItIsRead) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Bytes log = testing::read_file(
      testing::fixtures() /
      "tpm2-software+tpm2-tools/test/integration/fixtures/specid-vendordata.bin");
  const BootLogReading reading = read_boot_log(log);
  EXPECT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.banks, kBanks);
  EXPECT_EQ(reading.log.events.size(), 1U);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kVendorInfoOutside, 0));
}

TEST(BootLog, DataThatEndsLikePaddingIsNotPadding) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.event(7, event_type::kSeparator, Bytes(4, 0x00), Bytes(64, 0x00));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.events.size(), 2U);
  EXPECT_TRUE(reading.log.remarks.empty());
}

TEST(BootLog, BreaksAtGarbageBehindTheLastEvent) {
  const BootLogWriter writer = small_log();
  Bytes log = to_bytes(writer.bytes());
  log.insert(log.end(), {0xFF, 0xFF, 0xFF, 0x01});
  const BootLogReading reading = read_boot_log(log);
  EXPECT_TRUE(reading.broken);
  EXPECT_EQ(reading.log.events.size(), 4U);
}

TEST(BootLog, RemarksARepeatedSpecId) {
  BootLogWriter writer = small_log();
  writer.event_with_digests(0, event_type::kNoAction, testing::zero_digests(kBanks),
                            spec_id_data(kBanks));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_FALSE(reading.broken);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kSpecIdRepeated, 4));
}

TEST(BootLog, ASpecIdInMidLogDoesNotChangeTheFormat) {
  BootLogWriter writer(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  writer.event_with_digests(0, event_type::kNoAction, {Digest(HashAlgorithm::kSha1)},
                            spec_id_data(kBanks));
  writer.event(1, event_type::kSeparator, as_bytes("v"), as_bytes("v"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.format, BootLogFormat::kSha1);
  EXPECT_EQ(reading.log.events.size(), 3U);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kSpecIdRepeated, 1));
}

TEST(BootLog, RemarksANoActionDigest) {
  BootLogWriter writer = small_log();
  writer.event(0, event_type::kNoAction, as_bytes("x"), as_bytes("BIOS"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kNoActionDigestNotZero, 4));
}

TEST(BootLog, RemarksANoActionPcr) {
  BootLogWriter writer = small_log();
  const auto zeros = testing::zero_digests(kBanks);
  writer.event_with_digests(1, event_type::kNoAction, zeros, as_bytes("a"));
  writer.event_with_digests(0x7FFFFFFF, event_type::kNoAction, zeros, as_bytes("b"));
  writer.event_with_digests(0xFFFFFFFF, event_type::kNoAction, zeros, as_bytes("c"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_FALSE(reading.broken);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kNoActionPcrNotZero, 4));
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kNoActionPcrNotZero, 5));
  EXPECT_FALSE(has_remark(reading, LogRemarkCode::kNoActionPcrNotZero, 6));
}

TEST(BootLog, ReadsStartupLocality) {
  for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{0, 3, 4}) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.startup_locality(locality);
    const BootLogReading reading = read_boot_log(writer.bytes());
    EXPECT_EQ(reading.log.startup_locality, locality);
    EXPECT_TRUE(reading.log.remarks.empty());
  }
}

TEST(BootLog, RemarksAndIgnoresAnImpossibleLocality) {
  for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{1, 2, 5, 255}) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.startup_locality(locality);
    const BootLogReading reading = read_boot_log(writer.bytes());
    EXPECT_EQ(reading.log.startup_locality, 0);
    EXPECT_TRUE(has_remark(reading, LogRemarkCode::kLocalityInvalid, 1));
  }
}

TEST(BootLog, RemarksAndIgnoresALateLocality) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.event(7, event_type::kSeparator, as_bytes("x"), as_bytes("x"));  // another PCR: no matter
  writer.event(0, event_type::kSCrtmVersion, as_bytes("x"), as_bytes("x"));
  writer.startup_locality(3);
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_EQ(reading.log.startup_locality, 0);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kLocalityInvalid, 3));
}

TEST(BootLog, KeepsTheFirstOfTwoLocalities) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.startup_locality(3);
  writer.startup_locality(4);
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_EQ(reading.log.startup_locality, 3);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kLocalityInvalid, 2));
}

TEST(BootLog, RemarksALocalityOfAnotherSize) {
  for (const std::size_t size : std::initializer_list<std::size_t>{16, 18, 64}) {
    Bytes data = to_bytes(as_bytes(std::string_view("StartupLocality\0", 16)));
    data.resize(size, 3);
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.event_with_digests(0, event_type::kNoAction, testing::zero_digests(kBanks), data);
    const BootLogReading reading = read_boot_log(writer.bytes());
    EXPECT_EQ(reading.log.startup_locality, 0);
    EXPECT_TRUE(has_remark(reading, LogRemarkCode::kLocalityInvalid, 1)) << size;
  }
}

TEST(BootLog, AnHcrtmEventMeansLocality4) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.event(0, event_type::kEfiHcrtmEvent, as_bytes("code"), as_bytes("HCRTM"));
  writer.event(0, event_type::kSCrtmVersion, as_bytes("x"), as_bytes("x"));
  const BootLogReading reading = read_boot_log(writer.bytes());
  EXPECT_EQ(reading.log.startup_locality, 4);
  EXPECT_TRUE(reading.log.remarks.empty());
}

TEST(BootLog, RemarksAnHcrtmEventThatCannotBe) {
  BootLogWriter late(BootLogFormat::kCryptoAgile, kBanks);
  late.event(0, event_type::kSCrtmVersion, as_bytes("x"), as_bytes("x"));
  late.event(0, event_type::kEfiHcrtmEvent, as_bytes("code"), as_bytes("HCRTM"));
  EXPECT_EQ(read_boot_log(late.bytes()).log.startup_locality, 0);
  EXPECT_TRUE(has_remark(read_boot_log(late.bytes()), LogRemarkCode::kLocalityInvalid, 2));

  BootLogWriter contradicting(BootLogFormat::kCryptoAgile, kBanks);
  contradicting.startup_locality(3);
  contradicting.event(0, event_type::kEfiHcrtmEvent, as_bytes("code"), as_bytes("HCRTM"));
  EXPECT_EQ(read_boot_log(contradicting.bytes()).log.startup_locality, 3);
  EXPECT_TRUE(has_remark(read_boot_log(contradicting.bytes()), LogRemarkCode::kLocalityInvalid, 2));
}

TEST(BootLog, RemarksAMissingDigest) {
  ByteWriter out;
  out.bytes(agile_header(kBanks));
  out.u32_le(0).u32_le(event_type::kSCrtmVersion).u32_le(1);
  out.u16_le(0x000B).bytes(Digest(HashAlgorithm::kSha256).view()).sized32_le(as_bytes("v"));
  const BootLogReading reading = read_boot_log(out.view());
  EXPECT_FALSE(reading.broken);
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kDigestMissing, 1));
  EXPECT_TRUE(reading.log.events.at(1).digest(HashAlgorithm::kSha1).empty());
  EXPECT_EQ(reading.log.events.at(1).digest(HashAlgorithm::kSha256).size(), 32U);
}

TEST(BootLog, ReadsPastUnknownAlgorithmsByTheHeadersSize) {
  ByteWriter out;
  out.bytes(testing::header_with({{0x1234, 24}, {0x000B, 32}, {0x4321, 7}}));
  out.u32_le(0).u32_le(event_type::kSCrtmVersion).u32_le(3);
  out.u16_le(0x4321).bytes(Bytes(7, 7)).u16_le(0x000B).bytes(Bytes(32, 9));
  out.u16_le(0x1234).bytes(Bytes(24, 24)).sized32_le(as_bytes("v"));
  const BootLogReading reading = read_boot_log(out.view());
  ASSERT_FALSE(reading.broken);
  EXPECT_EQ(reading.log.banks, std::vector<HashAlgorithm>{HashAlgorithm::kSha256});
  EXPECT_TRUE(has_remark(reading, LogRemarkCode::kUnknownDigestAlgorithm, 0));
  EXPECT_TRUE(equal(reading.log.events.at(1).digest(HashAlgorithm::kSha256), Bytes(32, 9)));
}

TEST(BootLog, ReadsSm3WithoutComputingIt) {
  ByteWriter out;
  out.bytes(agile_header({HashAlgorithm::kSm3_256}));
  out.u32_le(0).u32_le(event_type::kSCrtmVersion).u32_le(1);
  out.u16_le(0x0012).bytes(Bytes(32, 3)).sized32_le(as_bytes("v"));
  const BootLogReading reading = read_boot_log(out.view());
  ASSERT_FALSE(reading.broken);
  EXPECT_TRUE(reading.log.has_bank(HashAlgorithm::kSm3_256));
  EXPECT_EQ(reading.log.events.at(1).digest(HashAlgorithm::kSm3_256).size(), 32U);
}

TEST(BootLog, RefusesALogAboveItsBound) {
  const Bytes log(limits::kBootLogSizeMax + 1, 1);
  const BootLogReading reading = read_boot_log(log);
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kTooLarge);
  EXPECT_TRUE(reading.log.events.empty());
}

TEST(BootLog, StopsAtTheBoundOfEvents) {
  ByteWriter out;
  for (std::uint32_t i = 0; i <= limits::kLogEventsMax; ++i) {
    out.bytes(sha1_event(1, event_type::kSeparator, as_bytes("v")));
  }
  const BootLogReading reading = read_boot_log(out.view());
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kTooLarge);
  EXPECT_EQ(reading.log.events.size(), limits::kLogEventsMax);
}

TEST(BootLog, StopsAtTheBoundOfEventsInAgileLogs) {
  ByteWriter out;
  out.bytes(agile_header({HashAlgorithm::kSha256}));
  for (std::uint32_t i = 0; i < limits::kLogEventsMax; ++i) {  // and the header
    out.u32_le(1).u32_le(event_type::kSeparator).u32_le(1);
    out.u16_le(0x000B).bytes(Bytes(32, 1)).sized32_le(as_bytes("v"));
  }
  const BootLogReading reading = read_boot_log(out.view());
  ASSERT_TRUE(reading.broken);
  EXPECT_EQ(reading.broken->code, ErrorCode::kTooLarge);
  EXPECT_EQ(reading.log.events.size(), limits::kLogEventsMax);
}

TEST(BootLog, NamesFormatsAndRemarks) {
  EXPECT_EQ(name_of(BootLogFormat::kSha1), "sha1");
  EXPECT_EQ(name_of(BootLogFormat::kCryptoAgile), "crypto_agile");
  EXPECT_EQ(name_of(LogRemarkCode::kSpecIdRepeated), "spec_id_repeated");
}

}  // namespace
}  // namespace quotemill
