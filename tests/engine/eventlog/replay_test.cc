#include "engine/eventlog/replay.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "tests/engine/eventlog/log_bytes.h"

namespace quotemill {
namespace {

using testing::kBanks;

// What one extension of `begin` with H(measured) gives, by the definition.
Digest extended(Digest begin, std::string_view measured) {
  const Digest digest = hash(begin.algorithm(), as_bytes(measured));
  return hash(begin.algorithm(), {begin.view(), digest.view()});
}

Digest filled(HashAlgorithm bank, std::uint8_t byte) {
  return *Digest::from(bank, Bytes(digest_size(bank), byte));
}

TEST(Replay, FoldsTheDigestsOfEachBank) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  writer.event(4, event_type::kEfiAction, as_bytes("a"), as_bytes("a"));
  writer.event(4, event_type::kEfiAction, as_bytes("b"), as_bytes("b"));
  const BootLog log = read_boot_log(writer.bytes()).log;
  for (const HashAlgorithm bank : kBanks) {
    const PcrBank pcrs = replay(log, bank);
    EXPECT_EQ(pcrs.algorithm(), bank);
    EXPECT_EQ(pcrs.mask(), 1U << 4U);
    EXPECT_EQ(pcrs.at(4), extended(extended(Digest(bank), "a"), "b"));
  }
}

TEST(Replay, BeginsPcr0WithTheStartupLocality) {
  for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{0, 3, 4}) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.startup_locality(locality);
    writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
    Digest begin(HashAlgorithm::kSha256);
    begin.writable().back() = locality;
    EXPECT_EQ(replay(read_boot_log(writer.bytes()).log, HashAlgorithm::kSha256).at(0),
              extended(begin, "v"));
  }
}

TEST(Replay, BeginsDynamicLaunchPcrsWithOnes) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  for (const std::uint32_t pcr : {16U, 17U, 22U, 23U}) {
    writer.event(pcr, event_type::kEventTag, as_bytes("t"), as_bytes("t"));
  }
  const PcrBank pcrs = replay(read_boot_log(writer.bytes()).log, HashAlgorithm::kSha256);
  EXPECT_EQ(pcrs.at(16), extended(Digest(HashAlgorithm::kSha256), "t"));
  EXPECT_EQ(pcrs.at(17), extended(filled(HashAlgorithm::kSha256, 0xFF), "t"));
  EXPECT_EQ(pcrs.at(22), extended(filled(HashAlgorithm::kSha256, 0xFF), "t"));
  EXPECT_EQ(pcrs.at(23), extended(Digest(HashAlgorithm::kSha256), "t"));
}

// A dynamic launch sets all of them to zeros, at once.
TEST(Replay, BeginsDynamicLaunchPcrsWithZerosIfAQuoteSaysSo) {
  constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;
  BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
  for (const std::uint32_t pcr : {16U, 17U, 20U}) {
    writer.event(pcr, event_type::kEventTag, as_bytes("t"), as_bytes("t"));
  }
  const BootLogReading reading = read_boot_log(writer.bytes());
  const Digest from_zeros = extended(Digest(kBank), "t");
  const Digest from_ones = extended(filled(kBank, 0xFF), "t");
  const auto shown_by = [&](const Digest& pcr17, const Digest& pcr20) {
    PcrBank quoted(kBank);
    quoted.set(16, from_zeros);
    quoted.set(17, pcr17);
    quoted.set(20, pcr20);
    return replay_towards(quoted, reading.log, nullptr) == quoted;
  };
  EXPECT_TRUE(shown_by(from_ones, from_ones));
  EXPECT_TRUE(shown_by(from_zeros, from_zeros));
  EXPECT_FALSE(shown_by(from_zeros, from_ones)) << "not some of them";
  EXPECT_FALSE(shown_by(from_zeros, extended(Digest(kBank), "other")));
}

TEST(Replay, LeavesOutAPcrWithAnEventThatLacksTheBank) {
  ByteWriter out;
  out.bytes(testing::agile_header(kBanks));
  for (const std::uint32_t pcr : {1U, 2U}) {
    out.u32_le(pcr).u32_le(event_type::kSeparator).u32_le(pcr);
    out.u16_le(0x000B).bytes(Bytes(32, 1));
    if (pcr == 2) {
      out.u16_le(0x0004).bytes(Bytes(20, 1));
    }
    out.sized32_le(as_bytes("v"));
  }
  const BootLog log = read_boot_log(out.view()).log;
  EXPECT_EQ(replay(log, HashAlgorithm::kSha256).mask(), 0b110U);
  EXPECT_EQ(replay(log, HashAlgorithm::kSha1).mask(), 0b100U);
}

TEST(Replay, ReproducesNothingOfABankThatTheLogLacks) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1});
  writer.event(0, event_type::kSCrtmVersion, as_bytes("v"), as_bytes("v"));
  EXPECT_EQ(replay(read_boot_log(writer.bytes()).log, HashAlgorithm::kSha384).mask(), 0U);
}

// A fleet's machines boot the same but for a few events, and some logs are forged.
TEST(Replay, GivesTheSameWithWhatOtherLogsHaveComputed) {
  std::mt19937 random(20'261'125);
  ExtendMemo memo(128);
  for (int machine = 0; machine < 300; ++machine) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.startup_locality(machine % 3 == 0 ? 3 : 0);
    const auto own = static_cast<std::uint32_t>(random() % 60);
    for (std::uint32_t event = 0; event < 60; ++event) {
      const std::string what = std::to_string(event == own ? random() : event);
      writer.event(event % 24, event_type::kEfiAction, as_bytes(what), as_bytes(what));
    }
    Bytes bytes = to_bytes(writer.bytes());
    if (machine % 2 == 1) {
      bytes[random() % bytes.size()] ^= 0x10;
    }
    const BootLog log = read_boot_log(bytes).log;
    for (const HashAlgorithm bank : kBanks) {
      ASSERT_EQ(replay(log, bank, memo), replay(log, bank)) << machine;
    }
  }
}

TEST(Replay, AValueIsCappedByOneExtendOfZeros) {
  for (const HashAlgorithm bank : kBanks) {
    const Digest value = extended(Digest(bank), "a");
    const Digest capped = hash(bank, {value.view(), Digest(bank).view()});
    EXPECT_TRUE(is_capped(value, capped));
    EXPECT_FALSE(is_capped(value, value));
    EXPECT_FALSE(is_capped(capped, value));
    EXPECT_FALSE(is_capped(value, hash(bank, {value.view(), filled(bank, 0xFF).view()})));
  }
  EXPECT_FALSE(is_capped(Digest(HashAlgorithm::kSha1), Digest(HashAlgorithm::kSha256)));
  EXPECT_FALSE(is_capped(Digest(HashAlgorithm::kSm3_256), Digest(HashAlgorithm::kSm3_256)));
}

}  // namespace
}  // namespace quotemill
