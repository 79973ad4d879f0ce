#include "engine/eventlog/boot_log_writer.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"

namespace quotemill {
namespace {

// Writes again what was read: equal bytes show that nothing was lost.
Bytes written_again(const BootLog& log) {
  BootLogWriter writer(log.format, log.banks);
  for (const BootEvent& event : log.events) {
    if (log.format == BootLogFormat::kCryptoAgile && event.number == 0) {
      continue;  // the header, which the writer's constructor has written
    }
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : log.banks) {
      digests.push_back(*Digest::from(bank, event.digest(bank)));
    }
    writer.event_with_digests(event.pcr, event.type, digests, event.data);
  }
  return to_bytes(writer.bytes());
}

struct RandomLog {
  explicit RandomLog(unsigned seed) : random(seed) {}

  std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
  }

  Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (std::uint8_t& byte : out) {
      byte = static_cast<std::uint8_t>(below(256));
    }
    return out;
  }

  std::vector<HashAlgorithm> banks() {
    std::vector<HashAlgorithm> all = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                      HashAlgorithm::kSha384, HashAlgorithm::kSha512};
    std::shuffle(all.begin(), all.end(), random);
    all.resize(1 + below(4));
    return all;
  }

  std::mt19937 random;
};

constexpr std::array kTypes = {event_type::kSeparator, event_type::kIpl, event_type::kEfiAction,
                               event_type::kEfiPlatformFirmwareBlob, event_type::kSCrtmVersion};

TEST(BootLogWriter, ReadingWhatWasWrittenGivesItBack) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomLog random(seed);
    const bool agile = random.below(4) != 0;
    const auto banks = agile ? random.banks() : std::vector<HashAlgorithm>{HashAlgorithm::kSha1};
    BootLogWriter writer(agile ? BootLogFormat::kCryptoAgile : BootLogFormat::kSha1, banks);
    if (random.below(2) == 0) {
      writer.startup_locality(3);
    }
    const std::uint32_t events = 1 + random.below(60);
    for (std::uint32_t i = 0; i < events; ++i) {
      // Never ends in a run that a reader could take for padding.
      Bytes data = random.bytes(random.below(300));
      data.push_back(0x5A);
      writer.event(random.below(24), kTypes.at(random.below(kTypes.size())), data, data);
    }
    const BootLogReading reading = read_boot_log(writer.bytes());
    ASSERT_FALSE(reading.broken) << "seed " << seed;
    EXPECT_TRUE(reading.log.remarks.empty()) << "seed " << seed;
    EXPECT_EQ(reading.log.banks, banks);
    EXPECT_TRUE(equal(written_again(reading.log), writer.bytes())) << "seed " << seed;
  }
}

// The replay of random logs against a plain second implementation.
TEST(BootLogWriter, RandomLogsReplayToWhatTheDefinitionGives) {
  for (unsigned seed = 1000; seed < 1050; ++seed) {
    RandomLog random(seed);
    const std::vector<HashAlgorithm> banks = random.banks();
    BootLogWriter writer(BootLogFormat::kCryptoAgile, banks);
    std::vector<std::vector<Digest>> values;
    for (const HashAlgorithm bank : banks) {
      values.emplace_back(16, Digest(bank));
    }
    std::uint32_t mask = 0;
    for (int i = 0; i < 40; ++i) {
      const std::uint32_t pcr = random.below(16);
      const Bytes data = random.bytes(1 + random.below(50));
      writer.event(pcr, event_type::kIpl, data, as_bytes("shown"));
      for (std::vector<Digest>& bank : values) {
        Bytes both = to_bytes(bank[pcr].view());
        const Digest measured = hash(bank[pcr].algorithm(), data);
        both.insert(both.end(), measured.view().begin(), measured.view().end());
        bank[pcr] = hash(measured.algorithm(), both);
      }
      mask |= 1U << pcr;
    }
    const BootLog log = read_boot_log(writer.bytes()).log;
    for (std::size_t i = 0; i < banks.size(); ++i) {
      const PcrBank replayed = replay(log, banks[i]);
      ASSERT_EQ(replayed.mask(), mask);
      for (std::uint32_t pcr = 0; pcr < 16; ++pcr) {
        if (replayed.has(pcr)) {
          EXPECT_EQ(replayed.at(pcr), values[i][pcr]) << "seed " << seed << " PCR " << pcr;
        }
      }
    }
  }
}

}  // namespace
}  // namespace quotemill
