// Boot logs of real machines: all are read, and the PCR values known for them are reproduced.
#include "tests/support/fixture_logs.h"

#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/replay.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::all_boot_logs;
using testing::fixtures;
using testing::LogFixture;
using testing::read_file;

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

// "sha256:7" -> hex, from lines "sha256:7 <hex>" or from the YAML of tpm2_pcrread and
// tpm2_eventlog.
using PcrTexts = std::map<std::string, std::string>;

PcrTexts known_pcrs(const std::filesystem::path& path) {
  PcrTexts known;
  const Bytes bytes = read_file(path);
  std::istringstream lines{std::string(as_text(bytes))};
  std::string bank;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    words >> first >> second >> third;
    const bool ends_in_colon = !first.empty() && first.back() == ':';
    if (ends_in_colon && hash_algorithm_named(first.substr(0, first.size() - 1))) {
      bank = first.substr(0, first.size() - 1);
    } else if (first.rfind("sha", 0) == 0 && first.find(':') != std::string::npos) {
      known[first] = second;
    } else if (!bank.empty() && !first.empty() && first.find_first_not_of("0123456789:") == 0) {
      bank.clear();
    } else if (!bank.empty()) {
      std::string hex = second == ":" ? third : second;
      if (hex.rfind("0x", 0) == 0) {
        const std::string index = first.substr(0, first.find(':'));
        hex = hex.substr(2);
        for (char& digit : hex) {
          digit = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
        }
        known[bank + ":" + index] = hex;
      }
    }
  }
  return known;
}

// The PCRs that differ from what is known; `compared` counts those that both have.
std::set<std::string> differences(const BootLog& log, const PcrTexts& known,
                                  std::size_t& compared) {
  std::set<std::string> different;
  for (const HashAlgorithm bank : log.banks) {
    if (!can_hash(bank)) {
      continue;
    }
    const PcrBank replayed = replay(log, bank);
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      const std::string name = std::string(name_of(bank)) + ":" + std::to_string(pcr);
      const auto found = known.find(name);
      if (replayed.has(pcr) && found != known.end()) {
        ++compared;
        if (found->second != replayed.at(pcr).hex()) {
          different.insert(name);
        }
      }
    }
  }
  return different;
}

// Where the values known for a log are; empty if none are.
std::filesystem::path known_values_of(const std::string& log) {
  const std::filesystem::path path = log;
  const std::string name = path.filename();
  const std::filesystem::path folder = fixtures() / path.parent_path();
  const std::vector<std::filesystem::path> places = {
      folder / "pcrs.txt", folder / "pcrread.yaml",
      folder / "parsed-tpm2-tools-5.5" / "1stcut" / (path.stem().string() + ".yml"),
      folder / "event-raw" / (name + ".yaml"),
      fixtures() / "expected" / ("go-tpm-tools__" + name + ".pcrs.txt")};
  const bool has_expected = log.rfind("google+go-tpm-tools", 0) == 0;
  for (const std::filesystem::path& place : places) {
    const bool is_expected = place.parent_path().filename() == "expected";
    if (std::filesystem::exists(place) && is_expected == has_expected) {
      return place;
    }
  }
  return {};
}

TEST(FixtureLogs, EveryRealLogIsRead) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::set<std::string> empty_files = {
      "intel-secl+intel-secl/pkg/tagent/test/eventlog/empty.bin",
      "keylime+keylime/test/data/create-mb-policy/binary_bios_measurements-empty"};
  std::set<std::string> broken;
  std::size_t read = 0;
  for (const LogFixture& fixture : all_boot_logs()) {
    const Bytes bytes = testing::boot_log_bytes(fixture.path);
    const BootLogReading reading = read_boot_log(bytes);
    if (reading.broken) {
      broken.insert(fixture.path);
      continue;
    }
    ++read;
    EXPECT_FALSE(reading.log.events.empty()) << fixture.path;
    EXPECT_EQ(reading.log.format == BootLogFormat::kSha1, fixture.kind == "tcg-eventlog-sha1")
        << fixture.path;
  }
  EXPECT_EQ(broken, empty_files);
  EXPECT_GE(read, 100U);
}

TEST(FixtureLogs, KnownPcrValuesAreReproduced) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  // Facts about the evidence, not about the reader: t35 and t36 quote a PCR 0 of the SHA-256 bank
  // that their log does not give, though its SHA-1 digests do give that bank's PCR 0; the "hahuri"
  // host's kernel put an IMA entry into PCR 11.
  const std::map<std::string, std::set<std::string>> differing = {
      {"tuples/t35-immune-failed-1/eventlog.bin", {"sha256:0"}},
      {"tuples/t36-immune-failed-2/eventlog.bin", {"sha256:0"}},
      {"derived/immune-gmbh+guard-oss/hahuri-invalid-eventlog.values/eventlog.bin",
       {"sha1:11", "sha256:11"}}};
  std::size_t logs = 0;
  std::size_t pcrs = 0;
  for (const LogFixture& fixture : all_boot_logs()) {
    const std::filesystem::path values = known_values_of(fixture.path);
    const PcrTexts known = known_pcrs(values);
    if (known.empty()) {
      continue;
    }
    const Bytes bytes = testing::boot_log_bytes(fixture.path);
    std::size_t compared = 0;
    const auto expected = differing.find(fixture.path);
    EXPECT_EQ(differences(read_boot_log(bytes).log, known, compared),
              expected == differing.end() ? std::set<std::string>{} : expected->second)
        << fixture.path;
    EXPECT_GT(compared, 0U) << fixture.path << " " << values;
    ++logs;
    pcrs += compared;
  }
  EXPECT_GE(logs, 45U);
  EXPECT_GE(pcrs, 700U);
  RecordProperty("logs", static_cast<int>(logs));
  RecordProperty("pcrs", static_cast<int>(pcrs));
}

TEST(FixtureLogs, BootAggregateSampleIsReproduced) {
  const std::filesystem::path folder = fixtures() / "linux-integrity+ima-evm-utils/tests";
  const Bytes bytes = read_file(folder / "sample-binary_bios_measurements-pcrs-8-9");
  const Bytes text = read_file(folder / "sample-tpm-2.0-pcrs-8-9");
  if (bytes.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  // "pcrread: tsspcrread -halg sha1", then "0: <hex>".
  PcrTexts known;
  std::string bank;
  std::istringstream lines{std::string(as_text(text))};
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = split(line, ' ');
    if (line.rfind("pcrread:", 0) == 0) {
      bank = words.back();
    } else if (words.size() == 2) {
      known[bank + ":" + words[0].substr(0, words[0].find(':'))] = words[1];
    }
  }
  std::size_t compared = 0;
  EXPECT_TRUE(differences(read_boot_log(bytes).log, known, compared).empty());
  EXPECT_GE(compared, 10U);
}

TEST(FixtureLogs, RealStartupLocalitiesAreFound) {
  const Bytes dell = read_file(fixtures() / "kgoldman+ibmtss/utils/dell1.log");
  const Bytes qemu = read_file(fixtures() / "qemu/sb-on/eventlog.bin");
  if (dell.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  EXPECT_EQ(read_boot_log(dell).log.startup_locality, 3);
  EXPECT_EQ(read_boot_log(qemu).log.startup_locality, 0);
}

}  // namespace
}  // namespace quotemill
