// Simulated boots in a real TPM implementation: swtpm over libtpms.
#include "bench/fleet/measure.h"

#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"
#include "tests/support/swtpm.h"

namespace quotemill::bench {
namespace {

using testing::Swtpm;
using testing::TempFolder;

TEST(Measure, TheTpmHoldsWhatTheLogReplaysTo) {
  const std::unique_ptr<Swtpm> tpm = Swtpm::start();
  if (tpm == nullptr) {
    GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
  }
  Result<agent::TpmDevice> device = agent::TpmDevice::open(tpm->tcti());
  ASSERT_TRUE(device) << device.error().to_string();
  const MeasuredBootModel model{
      .host_seed = 7,
      .banks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha384}};
  const Bytes bytes = write_boot_log(model);
  ASSERT_TRUE(check_reset(*device, HashAlgorithm::kSha256));
  const Result<void> measured = measure(*device, bytes);
  ASSERT_TRUE(measured) << measured.error().to_string();
  const BootLogReading reading = read_boot_log(bytes);
  for (const HashAlgorithm bank : model.banks) {
    const PcrBank expected = replay(reading.log, bank);
    const auto actual = device->read_pcrs({expected.selection()});
    ASSERT_TRUE(actual) << actual.error().to_string();
    EXPECT_EQ(actual->front(), expected) << name_of(bank);
  }
  const Result<void> reset = check_reset(*device, HashAlgorithm::kSha256);
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code, ErrorCode::kConflict);
}

TEST(Measure, RefusesABrokenLog) {
  const std::unique_ptr<Swtpm> tpm = Swtpm::start();
  if (tpm == nullptr) {
    GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
  }
  Result<agent::TpmDevice> device = agent::TpmDevice::open(tpm->tcti());
  ASSERT_TRUE(device);
  Bytes bytes = write_boot_log({});
  bytes.resize(bytes.size() - 5);
  EXPECT_FALSE(measure(*device, bytes));
}

// The program, as deploy/quickstart runs it.
TEST(QuotemillBoot, BootsAHostOncePerReset) {
  const std::unique_ptr<Swtpm> tpm = Swtpm::start();
  if (tpm == nullptr) {
    GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
  }
  const TempFolder folder;
  const testing::Command boot{{QUOTEMILL_BIN_DIR "/quotemill-boot", "--tcti", tpm->tcti(), "--log",
                               (folder / "log").string(), "--boot-id",
                               (folder / "boot_id").string(), "--host-seed", "3"}};
  const testing::Finished first = testing::run(boot);
  ASSERT_TRUE(first.ok()) << first.output;
  EXPECT_EQ(testing::read_file(folder / "log"), write_boot_log({.host_seed = 3}));
  const Bytes boot_id = testing::read_file(folder / "boot_id");
  EXPECT_EQ(boot_id.size(), 37U);
  const testing::Finished second = testing::run(boot);
  EXPECT_FALSE(second.ok());
  EXPECT_NE(second.output.find("restart the TPM"), std::string::npos) << second.output;
  ASSERT_TRUE(tpm->power_cycle());
  EXPECT_TRUE(testing::run(boot).ok());
  EXPECT_NE(testing::read_file(folder / "boot_id"), boot_id);
}

}  // namespace
}  // namespace quotemill::bench
