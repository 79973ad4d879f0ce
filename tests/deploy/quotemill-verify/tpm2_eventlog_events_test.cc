// Our reading of events against tpm2_eventlog 5.4, over all fixtures: types and digests agree where
// the tool reads a log, and each log that it refuses has a reason that the specification settles.
#include <array>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;

// An event as the tool prints it.
struct ToolEvent {
  std::string type;
  std::map<std::string, std::string> digests;  // bank -> hexadecimal
};

std::string value_of(const std::string& line) {
  std::string value = line.substr(line.find(": ") + 2);
  std::erase(value, '"');
  return value;
}

// The events of the tool's YAML. Fields of events' contents are indented deeper.
std::vector<ToolEvent> parse(const std::string& yaml) {
  std::vector<ToolEvent> events;
  std::istringstream lines(yaml);
  std::string bank;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  PCRIndex: ", 0) == 0) {  // SHA-1 logs have no EventNum before it
      events.emplace_back();
    } else if (line == "pcrs:") {
      break;
    } else if (line.rfind("  EventType: ", 0) == 0 && !events.empty()) {
      events.back().type = value_of(line);
    } else if (line.rfind("  - AlgorithmId: ", 0) == 0) {
      bank = value_of(line);
    } else if (line.rfind("    Digest: ", 0) == 0 && !events.empty() && !bank.empty()) {
      events.back().digests[bank] = value_of(line);
      bank.clear();
    }
  }
  return events;
}

bool is_name(const std::string& type) {
  return type.rfind("EV_", 0) == 0;
}

// Returns how many digests were compared.
std::size_t compare(const BootLog& log, const std::vector<ToolEvent>& theirs,
                    const std::string& path) {
  EXPECT_EQ(log.events.size(), theirs.size()) << path;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < std::min(log.events.size(), theirs.size()); ++i) {
    const BootEvent& ours = log.events[i];
    const std::string type = event_type_name(ours.type);
    // The tool has fewer names than the specification 1.06.
    if (is_name(theirs[i].type) && is_name(type)) {
      EXPECT_EQ(type, theirs[i].type) << path << " event " << i;
    }
    for (const auto& [name, hex] : theirs[i].digests) {
      const std::optional<HashAlgorithm> bank = hash_algorithm_named(name);
      if (bank && ours.is_measured()) {
        EXPECT_EQ(to_hex(ours.digest(*bank)), hex) << path << " event " << i;
        ++compared;
      }
    }
  }
  return compared;
}

struct Refusal {
  std::string_view message;  // of the tool's
  std::string_view because;
};

// Why the tool is wrong, or right.
constexpr std::array kRefusals = {
    Refusal{"bad pcrIndex for EV_NO_ACTION event",
            "confidential VMs put such events into another register than 0; they are not measured"},
    Refusal{
        "PCR Index -1 is out of bounds",
        "Windows logs EV_NO_ACTION with PCR index 0xFFFFFFFF, and padding may be of such bytes: "
        "neither is measured"},
    Refusal{"insufficient size for event header", "padding behind the last event is none"},
    Refusal{"size insufficient for EventSize", "padding behind the last event is none"},
    Refusal{"SpecID digest data malformed", "the header lists SHA-256 before SHA-1, as it may"},
    Refusal{"failed to parse tpm2 eventlog", "the file is empty: we refuse it as well"},
};

std::string reason_of(const std::string& output) {
  for (const Refusal& refusal : kRefusals) {
    if (output.find(refusal.message) != std::string::npos) {
      return std::string(refusal.because);
    }
  }
  return {};
}

bool has_padding(const BootLogReading& reading) {
  return !reading.broken && std::any_of(reading.log.remarks.begin(), reading.log.remarks.end(),
                                        [](const LogRemark& remark) {
                                          return remark.code == LogRemarkCode::kPaddingDropped;
                                        });
}

// Whether our reading of a log has what the reason says.
bool is_borne_out(const std::string& reason, const BootLogReading& reading) {
  const auto any_event = [&reading](auto predicate) {
    return std::any_of(reading.log.events.begin(), reading.log.events.end(), predicate);
  };
  if (reason.find("register") != std::string::npos) {
    return any_event([](const BootEvent& event) { return !event.is_measured() && event.pcr != 0; });
  }
  if (reason.find("Windows") != std::string::npos) {
    return any_event([](const BootEvent& event) { return event.pcr == 0xFFFFFFFF; }) ||
           has_padding(reading);
  }
  if (reason.find("padding behind") != std::string::npos) {
    return has_padding(reading);
  }
  if (reason.find("SHA-256 before") != std::string::npos) {
    return reading.log.banks ==
           std::vector<HashAlgorithm>{HashAlgorithm::kSha256, HashAlgorithm::kSha1};
  }
  return reading.broken.has_value() && reading.log.events.empty();
}

TEST(Tpm2EventlogEvents, TypesAndDigestsAgreeAndEveryRefusalIsExplained) {
  if (!testing::have_fixtures() || !testing::have_program("tpm2_eventlog")) {
    GTEST_SKIP() << "no fixtures or no tpm2_eventlog";
  }
  std::size_t read = 0;
  std::size_t refused = 0;
  std::size_t digests = 0;
  for (const testing::LogFixture& fixture : testing::all_boot_logs()) {
    if (fixture.path.ends_with(".b64")) {
      continue;
    }
    const Bytes bytes = testing::boot_log_bytes(fixture.path);
    const BootLogReading reading = read_boot_log(bytes);
    const testing::Finished finished =
        testing::run({{"tpm2_eventlog", (fixtures() / fixture.path).string()}});
    if (finished.ok()) {
      ++read;
      if (!reading.broken) {
        digests += compare(reading.log, parse(finished.output), fixture.path);
      }
      continue;
    }
    ++refused;
    const std::string reason = reason_of(finished.output);
    EXPECT_NE(reason, "") << fixture.path << ": " << finished.output.substr(0, 300);
    EXPECT_TRUE(is_borne_out(reason, reading)) << fixture.path << ": " << reason;
  }
  RecordProperty("read", static_cast<int>(read));
  RecordProperty("refused", static_cast<int>(refused));
  RecordProperty("digests", static_cast<int>(digests));
  EXPECT_GE(read, 85U);
  EXPECT_GE(digests, 10'000U);
}

// "event.bin" for event-pretty/event.bin.yaml, "inspur.bin" for parsed-tpm2-tools-5.5/1stcut/
// inspur.yml; empty if no log stands beside it or in one of the two folders above.
std::filesystem::path log_beside(const std::filesystem::path& text) {
  std::filesystem::path stem = text.stem();
  if (stem.extension() != ".bin") {
    stem += ".bin";
  }
  std::filesystem::path folder = text.parent_path();
  for (int up = 0; up <= 2; ++up, folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / stem)) {
      return folder / stem;
    }
  }
  return {};
}

TEST(DecodedTextsBesideLogs, HaveTheTypesAndDigestsThatWeRead) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::size_t texts = 0;
  std::size_t digests = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixtures())) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".yaml" && path.extension() != ".yml") {
      continue;
    }
    const std::filesystem::path log = log_beside(path);
    if (log.empty()) {
      continue;
    }
    const Bytes bytes = testing::read_file(log);
    BootLogReading reading = read_boot_log(bytes);
    EXPECT_FALSE(reading.broken) << log;
    // There the tool gave up, and its text ends.
    std::vector<BootEvent>& events = reading.log.events;
    events.erase(std::find_if(events.begin(), events.end(),
                              [](const BootEvent& event) { return event.pcr == 0xFFFFFFFF; }),
                 events.end());
    digests += compare(reading.log, parse(std::string(as_text(testing::read_file(path)))), path);
    ++texts;
  }
  RecordProperty("texts", static_cast<int>(texts));
  RecordProperty("digests", static_cast<int>(digests));
  EXPECT_GE(texts, 28U);
  EXPECT_GE(digests, 3'000U);
}

}  // namespace
}  // namespace quotemill
