// Random damage: every reading must stay inside its bytes (the sanitizers look on), keep its events
// within the bounds, and replay without a fault.
#include <random>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::read_file;

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  Bytes damaged(Bytes bytes) {
    const std::size_t times = 1 + below(6);
    for (std::size_t i = 0; i < times && !bytes.empty(); ++i) {
      damage(bytes);
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  void damage(Bytes& bytes) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0:  // a bit
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << below(8)));
        break;
      case 1:  // an extreme length or count
        for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i) {
          bytes[i] = 0xFF;
        }
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:  // a piece twice
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 16, bytes[at]);
        break;
      default:  // a piece gone
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() +
                        static_cast<std::ptrdiff_t>(std::min(at + 1 + below(64), bytes.size())));
        break;
    }
  }

  std::mt19937 random_;
};

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
    expect_sound(Mutator(seed).damaged(to_bytes(writer.bytes())));
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
      expect_sound(Mutator(seed).damaged(log));
    }
  }
}

}  // namespace
}  // namespace quotemill
