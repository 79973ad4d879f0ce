// The PCR values of logs that tpm2_eventlog 5.4 can read: it extends EV_NO_ACTION events, ignores
// StartupLocality and fails on others, so only logs without those are compared.
#include <fstream>

#include <gtest/gtest.h>

#include "deploy/quotemill-verify/input_files.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::read_file;

bool has_second_no_action(const BootLog& log) {
  return std::any_of(log.events.begin(), log.events.end(), [](const BootEvent& event) {
    return event.number > 0 && !event.is_measured();
  });
}

// The values that both have are equal; returns how many.
std::size_t compare(const BootLog& log, const std::vector<PcrBank>& theirs,
                    const std::string& name) {
  std::size_t compared = 0;
  for (const PcrBank& bank : theirs) {
    const PcrBank ours = replay(log, bank.algorithm());
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      // PCR 17 to 22: the tool begins with zeros, as if there had been a dynamic launch.
      if (bank.has(pcr) && ours.has(pcr) && (pcr < 17 || pcr > 22)) {
        EXPECT_EQ(ours.at(pcr), bank.at(pcr)) << name << " PCR " << pcr;
        ++compared;
      }
    }
  }
  return compared;
}

TEST(Tpm2EventlogDifference, ValuesAgreeWhereTheToolWorks) {
  if (!testing::have_fixtures() || !testing::have_program("tpm2_eventlog")) {
    GTEST_SKIP() << "no fixtures or no tpm2_eventlog";
  }
  std::ifstream manifest(fixtures() / "MANIFEST.tsv");
  std::size_t logs = 0;
  std::size_t pcrs = 0;
  for (std::string line; std::getline(manifest, line);) {
    const std::string path = line.substr(0, line.find('\t'));
    if (line.find("\ttcg-eventlog-") == std::string::npos || path.ends_with(".b64")) {
      continue;
    }
    const Bytes bytes = read_file(fixtures() / path);
    const BootLogReading reading = read_boot_log(bytes);
    if (reading.broken || has_second_no_action(reading.log)) {
      continue;
    }
    const testing::Finished finished =
        testing::run({{"tpm2_eventlog", (fixtures() / path).string()}});
    const std::size_t values = finished.output.rfind("\npcrs:\n");
    if (!finished.ok() || values == std::string::npos) {
      continue;
    }
    const auto theirs = offline::decode_pcr_file(as_bytes(finished.output.substr(values + 1)));
    if (theirs) {
      ++logs;
      pcrs += compare(reading.log, *theirs, path);
    }
  }
  EXPECT_GE(logs, 40U);
  EXPECT_GE(pcrs, 500U);
}

}  // namespace
}  // namespace quotemill
