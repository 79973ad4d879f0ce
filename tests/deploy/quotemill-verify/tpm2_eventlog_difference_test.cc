// The PCR values of all logs that tpm2_eventlog 5.4 can read, beside ours. It extends EV_NO_ACTION
// events and ignores StartupLocality: only PCRs with one of those may differ, and they are counted.
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

// How the values of one log, or of all, compare.
struct Comparison {
  std::size_t equal = 0;
  std::size_t explained = 0;   // they differ, and the tool is known to be wrong about this PCR
  std::size_t wrong_pcr0 = 0;  // of those: logs with such a PCR 0
};

// What the tool extends and the specification does not, or begins otherwise.
bool tool_is_wrong_about(const BootLog& log, std::uint32_t pcr) {
  return (pcr == 0 && log.startup_locality != 0) ||
         std::any_of(log.events.begin(), log.events.end(), [pcr](const BootEvent& event) {
           return event.number > 0 && !event.is_measured() && event.pcr == pcr;
         });
}

void compare(const BootLog& log, const std::vector<PcrBank>& theirs, const std::string& name,
             Comparison& result) {
  bool pcr0_differs = false;
  for (const PcrBank& bank : theirs) {
    const PcrBank ours = replay(log, bank.algorithm());
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      // PCR 17 to 22: the tool begins with zeros, as if there had been a dynamic launch.
      if (!bank.has(pcr) || !ours.has(pcr) || (pcr >= 17 && pcr <= 22)) {
        continue;
      }
      if (ours.at(pcr) == bank.at(pcr)) {
        ++result.equal;
        continue;
      }
      EXPECT_TRUE(tool_is_wrong_about(log, pcr)) << name << " PCR " << pcr;
      ++result.explained;
      pcr0_differs = pcr0_differs || pcr == 0;
    }
  }
  result.wrong_pcr0 += pcr0_differs ? 1 : 0;
}

TEST(Tpm2EventlogDifference, ValuesAgreeButWhereTheToolExtendsWhatIsNotMeasured) {
  if (!testing::have_fixtures() || !testing::have_program("tpm2_eventlog")) {
    GTEST_SKIP() << "no fixtures or no tpm2_eventlog";
  }
  std::ifstream manifest(fixtures() / "MANIFEST.tsv");
  std::size_t logs = 0;
  Comparison result;
  for (std::string line; std::getline(manifest, line);) {
    const std::string path = line.substr(0, line.find('\t'));
    if (line.find("\ttcg-eventlog-") == std::string::npos || path.ends_with(".b64")) {
      continue;
    }
    const Bytes bytes = read_file(fixtures() / path);
    const BootLogReading reading = read_boot_log(bytes);
    if (reading.broken) {
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
      compare(reading.log, *theirs, path, result);
    }
  }
  RecordProperty("logs", static_cast<int>(logs));
  RecordProperty("equal", static_cast<int>(result.equal));
  RecordProperty("explained", static_cast<int>(result.explained));
  RecordProperty("wrong_pcr0", static_cast<int>(result.wrong_pcr0));
  EXPECT_GE(logs, 85U);
  EXPECT_GE(result.equal, 1'700U);
  EXPECT_GE(result.wrong_pcr0,
            15U);  // a tool that never differs was not compared where it is wrong
}

}  // namespace
}  // namespace quotemill
