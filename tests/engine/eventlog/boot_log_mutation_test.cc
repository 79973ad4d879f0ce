// Random damage: every reading must stay inside its bytes (the sanitizers look on), keep its events
// within the bounds, and replay without a fault.
#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/log_mutator.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::LogMutator;
using testing::read_file;

void expect_sound(const Bytes& log) {
  const BootLogReading reading = read_boot_log(log);
  ASSERT_LE(reading.log.events.size(), limits::kLogEventsMax);
  for (const BootEvent& event : reading.log.events) {
    ASSERT_TRUE(!event.is_measured() || event.pcr < limits::kPcrCount);
    if (!event.data.empty()) {
      ASSERT_GE(event.data.data(), log.data());
      ASSERT_LE(event.data.data() + event.data.size(), log.data() + log.size());
    }
    for (const HashAlgorithm bank : reading.log.banks) {
      const ByteView digest = event.digest(bank);
      ASSERT_TRUE(digest.empty() || digest.size() == digest_size(bank));
    }
  }
  for (const HashAlgorithm bank : reading.log.banks) {
    if (can_hash(bank)) {
      ASSERT_EQ(replay(reading.log, bank).mask() >> limits::kPcrCount, 0U);
    }
  }
}

TEST(BootLogMutation, DamagedWrittenLogsAreReadSafely) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile,
                       {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSm3_256});
  writer.startup_locality(3);
  for (std::uint32_t i = 0; i < 20; ++i) {
    writer.event(i % 8, event_type::kEfiAction, as_bytes("Calling EFI Application"),
                 as_bytes("Calling EFI Application"));
  }
  for (unsigned seed = 0; seed < 4000; ++seed) {
    expect_sound(LogMutator(seed).damaged(to_bytes(writer.bytes())));
  }
}

TEST(BootLogMutation, DamagedRealLogsAreReadSafely) {
  for (const char* name :
       {"qemu/sb-on/eventlog.bin", "tuples/t01-goattest-windows-gcp/eventlog.bin",
        "tuples/t41-immune-r340/eventlog.bin"}) {
    const Bytes log = read_file(fixtures() / name);
    if (log.empty()) {
      GTEST_SKIP() << "no fixtures";
    }
    for (unsigned seed = 0; seed < 400; ++seed) {
      expect_sound(LogMutator(seed).damaged(log));
    }
  }
}

}  // namespace
}  // namespace quotemill
