#include "bench/fleet/measured_boot_model.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"

namespace quotemill::bench {
namespace {

// Reads a log that must be whole and ordinary.
BootLog read_whole(const Bytes& bytes) {
  BootLogReading reading = read_boot_log(bytes);
  EXPECT_FALSE(reading.broken) << reading.broken->to_string();
  EXPECT_TRUE(reading.log.remarks.empty());
  return std::move(reading.log);
}

// The PCRs whose values differ between the boots of two models.
std::set<std::uint32_t> differing_pcrs(const MeasuredBootModel& left,
                                       const MeasuredBootModel& right) {
  const Bytes left_bytes = write_boot_log(left);
  const Bytes right_bytes = write_boot_log(right);
  const PcrBank left_bank = replay(read_whole(left_bytes), HashAlgorithm::kSha256);
  const PcrBank right_bank = replay(read_whole(right_bytes), HashAlgorithm::kSha256);
  EXPECT_EQ(left_bank.mask(), right_bank.mask());
  std::set<std::uint32_t> out;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (left_bank.has(pcr) && left_bank.at(pcr) != right_bank.at(pcr)) {
      out.insert(pcr);
    }
  }
  return out;
}

TEST(MeasuredBootModel, HasTheSizeAndBanksOfARealBoot) {
  const Bytes bytes = write_boot_log({});
  const BootLog log = read_whole(bytes);
  EXPECT_THAT(bytes.size(), ::testing::AllOf(::testing::Ge(20'000U), ::testing::Le(40'000U)));
  EXPECT_THAT(log.events.size(), ::testing::AllOf(::testing::Ge(90U), ::testing::Le(120U)));
  EXPECT_EQ(log.format, BootLogFormat::kCryptoAgile);
  EXPECT_EQ(log.banks, (std::vector{HashAlgorithm::kSha1, HashAlgorithm::kSha256}));
  EXPECT_EQ(replay(log, HashAlgorithm::kSha256).mask(), 0b0100'0011'1111'1111U);
}

TEST(MeasuredBootModel, IsDeterministic) {
  EXPECT_EQ(write_boot_log({}), write_boot_log({}));
}

TEST(MeasuredBootModel, DataHashesToTheDigestWhereRealFirmwaresDoes) {
  const Bytes bytes = write_boot_log({});
  const std::set<std::uint32_t> plain{event_type::kEfiVariableDriverConfig,
                                      event_type::kEfiVariableAuthority,
                                      event_type::kSeparator,
                                      event_type::kEfiAction,
                                      event_type::kSCrtmVersion,
                                      event_type::kEfiGptEvent};
  std::size_t checked = 0;
  for (const BootEvent& event : read_whole(bytes).events) {
    if (!plain.contains(event.type)) {
      continue;
    }
    for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
      EXPECT_TRUE(equal(event.digest(bank), hash(bank, event.data).view())) << event.number;
      ++checked;
    }
  }
  EXPECT_GE(checked, 40U);
}

TEST(MeasuredBootModel, GrubsTextHashesToTheDigest) {
  const Bytes bytes = write_boot_log({});
  for (const BootEvent& event : read_whole(bytes).events) {
    if (event.pcr != 8 || event.type != event_type::kIpl) {
      continue;
    }
    std::string_view text = as_text(event.data);
    text.remove_suffix(1);
    text.remove_prefix(text.find(": ") + 2);
    EXPECT_TRUE(equal(event.digest(HashAlgorithm::kSha256),
                      hash(HashAlgorithm::kSha256, as_bytes(text)).view()))
        << text;
  }
}

TEST(MeasuredBootModel, EachPcrOfFirmwareHasOneSeparator) {
  const Bytes bytes = write_boot_log({});
  std::vector<std::uint32_t> pcrs;
  for (const BootEvent& event : read_whole(bytes).events) {
    if (event.type == event_type::kSeparator) {
      pcrs.push_back(event.pcr);
    }
  }
  EXPECT_THAT(pcrs, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(MeasuredBootModel, HostsDifferInPcr1And5Only) {
  EXPECT_THAT(differing_pcrs({.host_seed = 1}, {.host_seed = 2}), ::testing::ElementsAre(1, 5));
}

TEST(MeasuredBootModel, AnotherBootLoaderShowsInPcr4AsOneEvent) {
  EXPECT_THAT(differing_pcrs({}, {.boot_loader = "15.9-1"}), ::testing::ElementsAre(4));
  const Bytes before_bytes = write_boot_log({});
  const Bytes after_bytes = write_boot_log({.boot_loader = "15.9-1"});
  const BootLog before = read_whole(before_bytes);
  const BootLog after = read_whole(after_bytes);
  ASSERT_EQ(before.events.size(), after.events.size());
  std::vector<std::uint32_t> changed;
  for (std::size_t i = 0; i < before.events.size(); ++i) {
    if (!equal(before.events[i].digests, after.events[i].digests)) {
      changed.push_back(after.events[i].type);
    }
  }
  EXPECT_THAT(changed, ::testing::ElementsAre(event_type::kEfiBootServicesApplication));
}

TEST(MeasuredBootModel, OtherChangesShowWhereTheyDoInReality) {
  EXPECT_THAT(differing_pcrs({}, {.kernel = "6.1.0-33-amd64"}), ::testing::ElementsAre(4, 8, 9));
  EXPECT_THAT(differing_pcrs({}, {.secure_boot = false}), ::testing::ElementsAre(7));
  EXPECT_THAT(differing_pcrs({}, {.firmware = "2.5.0"}), ::testing::ElementsAre(0, 1));
  EXPECT_THAT(differing_pcrs({}, {.grub = "2.12-1"}), ::testing::ElementsAre(4));
}

TEST(MeasuredBootModel, WritesTheBanksAskedFor) {
  const Bytes bytes = write_boot_log({.banks = {HashAlgorithm::kSha384}});
  EXPECT_EQ(read_whole(bytes).banks, std::vector{HashAlgorithm::kSha384});
}

}  // namespace
}  // namespace quotemill::bench
