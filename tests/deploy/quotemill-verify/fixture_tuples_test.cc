// Quotes of real machines: the good ones are proven, each tampered one is not.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::has_finding;
using testing::json_of;
using testing::read_file;
using testing::verify_program;
using testing::write_file;

std::string trimmed(const Bytes& text) {
  const std::string_view view = as_text(text);
  return std::string(view.substr(0, view.find_last_not_of(" \r\n") + 1));
}

// The files of one run, by option; a test may change a path.
using Files = std::map<std::string, std::string>;

struct Tuple {
  std::string name;
  Files files;
  std::string nonce;
};

std::vector<Tuple> all_tuples() {
  std::vector<Tuple> tuples;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures() / "tuples")) {
    const std::filesystem::path& folder = entry.path();
    Tuple tuple{folder.filename(), {}, trimmed(read_file(folder / "nonce.hex"))};
    tuple.files["--ak"] = folder / "ak.pub.pem";
    tuple.files["--attest"] = folder / "quote.msg";
    tuple.files["--signature"] = folder / "quote.sig";
    const std::map<std::string, const char*> optional = {{"--pcrs", "pcrs.tpm2tools.bin"},
                                                         {"--eventlog", "eventlog.bin"}};
    for (const auto& [option, file] : optional) {
      if (std::filesystem::exists(folder / file)) {
        tuple.files[option] = folder / file;
      }
    }
    tuples.push_back(tuple);
  }
  return tuples;
}

testing::Finished verify(const Files& files, const std::string& nonce,
                         const std::vector<std::string>& flags = {}) {
  std::vector<std::string> arguments = {"quote", "--json", "--nonce", nonce};
  for (const auto& [option, file] : files) {
    arguments.insert(arguments.end(), {option, file});
  }
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return verify_program(arguments);
}

// t35 and t36 quote a PCR 0 that their log does not give (fixtures README): the right answer is no.
const std::set<std::string> kDiffering = {"t35-immune-failed-1", "t36-immune-failed-2"};

std::vector<std::string> flags_for(const Tuple& tuple) {
  return tuple.name.starts_with("t01") ? std::vector<std::string>{"--allow-weak"}
                                       : std::vector<std::string>{};
}

class FixtureTuples : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_fixtures()) {
      GTEST_SKIP() << "no fixtures";
    }
  }
};

TEST_F(FixtureTuples, GoodOnesAreProven) {
  const std::vector<Tuple> tuples = all_tuples();
  EXPECT_GE(tuples.size(), 27U);
  for (const Tuple& tuple : tuples) {
    const testing::Finished finished = verify(tuple.files, tuple.nonce, flags_for(tuple));
    const bool differing = kDiffering.contains(tuple.name);
    EXPECT_EQ(finished.exit_status, differing ? 1 : 0) << tuple.name << finished.output;
    const auto json = json_of(finished);
    ASSERT_TRUE(json.is_object()) << tuple.name;
    EXPECT_EQ(has_finding(json, "log.mismatch"), differing) << tuple.name;
    EXPECT_FALSE(has_finding(json, "freshness.unchecked")) << tuple.name;
  }
}

TEST_F(FixtureTuples, DifferingLogsNameTheirPcr) {
  for (const Tuple& tuple : all_tuples()) {
    if (!kDiffering.contains(tuple.name)) {
      continue;
    }
    const auto json = json_of(verify(tuple.files, tuple.nonce));
    EXPECT_EQ(json["pcrs"]["sha256"]["0"]["proof"], "mismatch");
    for (const char* pcr : {"1", "2", "3", "4", "5", "6", "7"}) {
      EXPECT_EQ(json["pcrs"]["sha256"][pcr]["proof"], "replayed") << pcr;
    }
    for (const auto& finding : json["findings"]) {
      if (finding["severity"] == "fail") {
        EXPECT_EQ(finding["pcr"], 0);
      }
    }
  }
}

// By the table of the fixtures' README.
TEST_F(FixtureTuples, LogsReproduceThePcrsOfTheTable) {
  const std::map<std::string, std::pair<std::string, std::set<int>>> table = {
      {"t01-goattest-windows-gcp", {"sha1", {0, 4, 5, 7, 11, 12, 13, 14}}},
      {"t02-gotpmtools-cos85-nonce9009-sha1", {"sha1", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t02-gotpmtools-cos85-nonce9009-sha256", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t02-gotpmtools-cos85-nonce9009-sha384", {"sha384", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t03-gotpmtools-cos85-nononce-sha1", {"sha1", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t03-gotpmtools-cos85-nononce-sha256", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t03-gotpmtools-cos85-nononce-sha384", {"sha384", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}},
      {"t04-openeuler-boot", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7}}},
      {"t30-immune-imn-dell-wbcl-bootctrs", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14}}},
      {"t35-immune-failed-1", {"sha256", {1, 2, 3, 4, 5, 6, 7}}},
      {"t36-immune-failed-2", {"sha256", {1, 2, 3, 4, 5, 6, 7}}},
      {"t37-immune-good-1", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7}}},
      {"t38-immune-issue926-x1carbon-ancient", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7}}},
      {"t39-immune-issue926-x1carbon-before", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7}}},
      {"t41-immune-r340", {"sha256", {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14}}}};
  std::size_t seen = 0;
  for (const Tuple& tuple : all_tuples()) {
    const auto row = table.find(tuple.name);
    if (row == table.end()) {
      continue;
    }
    ++seen;
    const auto json = json_of(verify(tuple.files, tuple.nonce, {"--allow-weak"}));
    std::set<int> replayed;
    for (const auto& [pcr, value] : json["pcrs"][row->second.first].items()) {
      if (value["proof"] == "replayed") {
        replayed.insert(std::stoi(pcr));
      }
    }
    EXPECT_EQ(replayed, row->second.second) << tuple.name;
  }
  EXPECT_EQ(seen, table.size());
}

TEST_F(FixtureTuples, WeakSignaturesNeedPermission) {
  for (const Tuple& tuple : all_tuples()) {
    if (tuple.name.starts_with("t01")) {
      const testing::Finished finished = verify(tuple.files, tuple.nonce);
      EXPECT_EQ(finished.exit_status, 1);
      EXPECT_TRUE(has_finding(json_of(finished), "quote.weak_algorithm"));
    }
  }
}

TEST_F(FixtureTuples, EveryFormOfTheKeyServes) {
  for (const Tuple& tuple : all_tuples()) {
    for (const char* form : {"ak.tpmt", "ak.tpm2b", "ak.crt"}) {
      const std::filesystem::path path = fixtures() / "tuples" / tuple.name / form;
      if (!std::filesystem::exists(path)) {
        continue;
      }
      Files files = tuple.files;
      files["--ak"] = path;
      const testing::Finished finished = verify(files, tuple.nonce, flags_for(tuple));
      EXPECT_EQ(finished.exit_status, 0) << path << finished.output;
    }
  }
}

TEST_F(FixtureTuples, TextPcrFilesServeWhateverElseTheyList) {
  for (const Tuple& tuple : all_tuples()) {
    const std::filesystem::path values = fixtures() / "tuples" / tuple.name / "pcrs.txt";
    if (!std::filesystem::exists(values)) {
      continue;
    }
    Files files = tuple.files;
    files["--pcrs"] = values;
    const testing::Finished finished = verify(files, tuple.nonce, flags_for(tuple));
    EXPECT_EQ(finished.exit_status, kDiffering.contains(tuple.name) ? 1 : 0)
        << tuple.name << finished.output;
  }
}

// A byte changed in the middle of what is compared: the quote, the signature, a PCR value.
TEST_F(FixtureTuples, TamperedOnesAreNotProven) {
  const testing::TempFolder folder;
  const std::map<std::string, std::size_t> places = {
      {"--attest", 50}, {"--signature", 60}, {"--pcrs", 150}};
  for (const Tuple& tuple : all_tuples()) {
    for (const auto& [option, place] : places) {
      if (!tuple.files.contains(option)) {
        continue;
      }
      Bytes bytes = read_file(tuple.files.at(option));
      ASSERT_GT(bytes.size(), place);
      bytes[place] ^= 0x01U;
      write_file(folder / "tampered", bytes);
      Files files = tuple.files;
      files[option] = folder / "tampered";
      const testing::Finished finished = verify(files, tuple.nonce, flags_for(tuple));
      EXPECT_EQ(finished.exit_status, 1) << tuple.name << " " << option << finished.output;
      EXPECT_EQ(json_of(finished)["verdict"], "not_proven");
    }
    const testing::Finished other = verify(tuple.files, tuple.nonce + "00", flags_for(tuple));
    EXPECT_EQ(other.exit_status, 1) << tuple.name;
    EXPECT_TRUE(has_finding(json_of(other), "quote.nonce"));
  }
}

TEST_F(FixtureTuples, WithoutANonceFreshnessIsUnchecked) {
  for (const Tuple& tuple : all_tuples()) {
    if (tuple.name != "t04-openeuler-boot") {
      continue;
    }
    const testing::Finished finished =
        verify_program({"quote", "--json", "--ak", tuple.files.at("--ak"), "--attest",
                        tuple.files.at("--attest"), "--signature", tuple.files.at("--signature")});
    EXPECT_EQ(finished.exit_status, 0);
    const auto json = json_of(finished);
    EXPECT_TRUE(has_finding(json, "freshness.unchecked"));
    EXPECT_EQ(json["unchecked"][0], "nonce");
    EXPECT_EQ(json["unchecked"][1], "pcrs");
  }
}

TEST(QemuBoot, AllBanksAreProvenWithImaList) {
  for (const char* machine : {"sb-on", "sb-off"}) {
    const std::filesystem::path folder = fixtures() / "qemu" / machine;
    if (!std::filesystem::exists(folder)) {
      GTEST_SKIP() << "no fixtures";
    }
    for (const std::string bank : {"sha1", "sha256", "sha384"}) {
      for (const char* list : {"ima.bin", "ima.ascii"}) {
        const Files files = {{"--ak", folder / "ak.pub"},
                             {"--attest", folder / ("quote-" + bank + ".msg")},
                             {"--signature", folder / ("quote-" + bank + ".sig")},
                             {"--pcrs", folder / ("quote-" + bank + ".pcrs")},
                             {"--eventlog", folder / "eventlog.bin"},
                             {"--ima", folder / list}};
        const testing::Finished finished = verify(files, trimmed(read_file(folder / "nonce.hex")));
        EXPECT_EQ(finished.exit_status, 0) << machine << bank << list << finished.output;
        const auto json = json_of(finished);
        EXPECT_EQ(json["pcrs"][bank]["10"]["proof"], "replayed");
        EXPECT_GT(json["ima"]["proven_entries"], 40);
        EXPECT_FALSE(has_finding(json, "log.no_events"));
      }
    }
  }
}

// The same boots: no values at all, the logs must give them; and the values of all PCRs and banks.
TEST(QemuBoot, ValuesMayBeLeftOutOrBeMoreThanQuoted) {
  for (const char* machine : {"sb-on", "sb-off"}) {
    const std::filesystem::path folder = fixtures() / "qemu" / machine;
    if (!std::filesystem::exists(folder)) {
      GTEST_SKIP() << "no fixtures";
    }
    const std::string nonce = trimmed(read_file(folder / "nonce.hex"));
    for (const std::string bank : {"sha1", "sha256", "sha384"}) {
      Files files = {{"--ak", folder / "ak.pub"},
                     {"--attest", folder / ("quote-" + bank + ".msg")},
                     {"--signature", folder / ("quote-" + bank + ".sig")},
                     {"--eventlog", folder / "eventlog.bin"},
                     {"--ima", folder / "ima.bin"}};
      const auto derived = json_of(verify(files, nonce));
      files["--pcrs"] = folder / "pcrread.yaml";
      const auto given = json_of(verify(files, nonce));
      for (const auto& json : {derived, given}) {
        EXPECT_EQ(json["verdict"], "proven") << machine << bank << json.dump(2);
        EXPECT_EQ(json["pcrs"].size(), 1U);
        EXPECT_EQ(json["pcrs"][bank].size(), 15U);
        EXPECT_EQ(json["pcrs"][bank]["10"]["proof"], "replayed");
      }
      EXPECT_EQ(derived["pcrs"], given["pcrs"]);
      EXPECT_EQ(derived["ima"], given["ima"]);
      EXPECT_TRUE(derived["unquoted_pcrs"].empty());
      EXPECT_EQ(given["unquoted_pcrs"][bank][0], 15);
      EXPECT_GE(given["unquoted_pcrs"].size(), 3U);
    }
  }
}

TEST(QemuBoot, WithoutValuesNorImaListThePcrIsNamed) {
  const std::filesystem::path folder = fixtures() / "qemu/sb-on";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no fixtures";
  }
  const Files files = {{"--ak", folder / "ak.pem"},
                       {"--attest", folder / "quote-sha256.msg"},
                       {"--signature", folder / "quote-sha256.sig"},
                       {"--eventlog", folder / "eventlog.bin"}};
  const testing::Finished finished = verify(files, trimmed(read_file(folder / "nonce.hex")));
  EXPECT_EQ(finished.exit_status, 1);
  const auto json = json_of(finished);
  EXPECT_FALSE(has_finding(json, "quote.pcr_digest"));
  EXPECT_FALSE(has_finding(json, "log.mismatch"));
  EXPECT_TRUE(std::any_of(json["findings"].begin(), json["findings"].end(), [](const auto& found) {
    return found["code"] == "log.no_events" && found["pcr"] == 10;
  }));
}

TEST(QemuBoot, AnotherBootsLogsAreNamed) {
  const std::filesystem::path on = fixtures() / "qemu/sb-on";
  const std::filesystem::path off = fixtures() / "qemu/sb-off";
  if (!std::filesystem::exists(on)) {
    GTEST_SKIP() << "no fixtures";
  }
  Files files = {{"--ak", on / "ak.pem"},
                 {"--attest", on / "quote-sha256.msg"},
                 {"--signature", on / "quote-sha256.sig"},
                 {"--pcrs", on / "quote-sha256.pcrs"},
                 {"--eventlog", off / "eventlog.bin"},
                 {"--ima", off / "ima.bin"}};
  const auto json = json_of(verify(files, trimmed(read_file(on / "nonce.hex"))));
  EXPECT_EQ(json["verdict"], "not_proven");
  EXPECT_EQ(json["pcrs"]["sha256"]["7"]["proof"], "mismatch");
  EXPECT_EQ(json["pcrs"]["sha256"]["10"]["proof"], "mismatch");
  EXPECT_EQ(json["pcrs"]["sha256"]["6"]["proof"], "replayed");
  EXPECT_TRUE(has_finding(json, "ima.mismatch"));
}

}  // namespace
}  // namespace quotemill
