#include "engine/eventlog/boot_aggregate.h"

#include <gtest/gtest.h>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::read_file;

PcrBank some_pcrs(HashAlgorithm algorithm, std::uint32_t count = 10) {
  PcrBank bank(algorithm);
  for (std::uint32_t pcr = 0; pcr < count; ++pcr) {
    bank.set(pcr, hash(algorithm, Bytes(1, static_cast<std::uint8_t>(pcr))));
  }
  return bank;
}

Digest digest_of(const PcrBank& bank, std::uint32_t count) {
  Bytes all;
  for (std::uint32_t pcr = 0; pcr < count; ++pcr) {
    const Digest value = bank.at(pcr);
    all.insert(all.end(), value.view().begin(), value.view().end());
  }
  return hash(bank.algorithm(), all);
}

TEST(BootAggregate, HoldsInEveryFormThatKernelsWrote) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                        HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    const std::vector<PcrBank> banks = {some_pcrs(HashAlgorithm::kSha1), some_pcrs(algorithm)};
    for (const std::uint32_t count : {8U, 10U}) {
      const BootAggregateCheck check = check_boot_aggregate(digest_of(banks[1], count), banks);
      EXPECT_EQ(check.state, BootAggregateState::kHolds) << name_of(algorithm);
      EXPECT_EQ(check.pcr_count, count);
    }
  }
}

TEST(BootAggregate, OfAnotherBootDiffers) {
  const std::vector<PcrBank> banks = {some_pcrs(HashAlgorithm::kSha256)};
  Digest other = digest_of(banks[0], 10);
  other.writable()[0] ^= 1U;
  const BootAggregateCheck check = check_boot_aggregate(other, banks);
  EXPECT_EQ(check.state, BootAggregateState::kDiffers);
  EXPECT_EQ(check.expected, digest_of(banks[0], 10)) << "what today's kernels would list";
}

TEST(BootAggregate, IsNotJudgedWithoutTheValues) {
  const std::vector<PcrBank> banks = {some_pcrs(HashAlgorithm::kSha256, 8)};
  EXPECT_EQ(check_boot_aggregate(digest_of(banks[0], 8), banks).state, BootAggregateState::kHolds);
  const Digest other = hash(HashAlgorithm::kSha256, as_bytes("other"));
  EXPECT_EQ(check_boot_aggregate(other, banks).state, BootAggregateState::kNoValues)
      << "PCR 8 and 9 are not there: it may be of ten";
  EXPECT_EQ(check_boot_aggregate(hash(HashAlgorithm::kSha1, as_bytes("x")), banks).state,
            BootAggregateState::kNoValues);
  EXPECT_EQ(check_boot_aggregate(other, {}).state, BootAggregateState::kNoValues);
}

TEST(BootAggregate, OfZerosTellsThatThereWasNoTpm) {
  EXPECT_EQ(check_boot_aggregate(Digest(HashAlgorithm::kSha1), {}).state,
            BootAggregateState::kNoTpm);
}

TEST(BootAggregate, RealListsHoldAgainstTheirBootLogs) {
  struct Case {
    const char* list;
    const char* log;
  };

  for (const Case& one :
       {Case{"qemu/sb-on/ima.bin", "qemu/sb-on/eventlog.bin"},
        Case{"qemu/sb-off/ima.bin", "qemu/sb-off/eventlog.bin"},
        Case{"linux-integrity+ima-evm-utils/tests/sample-ascii_runtime_measurements-pcrs-8-9",
             "linux-integrity+ima-evm-utils/tests/sample-binary_bios_measurements-pcrs-8-9"}}) {
    const Bytes list = read_file(fixtures() / one.list);
    const Bytes log = read_file(fixtures() / one.log);
    if (list.empty()) {
      GTEST_SKIP() << "no fixtures";
    }
    ImaReader reader(list);
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr);
    const std::optional<Digest> listed = boot_aggregate_of(*entry);
    ASSERT_TRUE(listed) << one.list;
    const BootLogReading reading = read_boot_log(log);
    std::vector<PcrBank> banks;
    for (const HashAlgorithm bank : reading.log.banks) {
      banks.push_back(replay(reading.log, bank));
      for (std::uint32_t pcr = 0; pcr < 10; ++pcr) {
        if (!banks.back().has(pcr)) {
          banks.back().set(pcr, Digest(bank));
        }
      }
    }
    EXPECT_EQ(check_boot_aggregate(*listed, banks).state, BootAggregateState::kHolds) << one.list;
  }
}

TEST(BootAggregate, Hostile_AnEntryOfAnotherPcrIsNone) {
  for (const std::uint32_t pcr : {kImaPcr, 11U}) {
    const Bytes list = testing::ng_entry("boot_aggregate", pcr);
    ImaReader reader(list);
    const ImaEntry* const entry = reader.next();
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(boot_aggregate_of(*entry).has_value(), pcr == kImaPcr);
  }
}

}  // namespace
}  // namespace quotemill
