// The command line: how runs end, and what they print.
#include <fstream>

#include <gtest/gtest.h>

#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::fixtures;
using testing::has_finding;
using testing::json_of;
using testing::read_file;
using testing::TempFolder;
using testing::verify_program;
using testing::write_file;

BootLogWriter small_log() {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  log.event(0, event_type::kSCrtmVersion, as_bytes("1.0"), as_bytes("1.0"));
  log.event(7, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  return log;
}

TEST(VerifyProgram, UsageErrorsEndWith2) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"bogus"},
      {"quote"},
      {"quote", "--bogus"},
      {"eventlog"},
      {"eventlog", "a", "b"},
      {"quote", "--ak", "a", "--attest", "b"},
      {"quote", "--ak", "CMakeLists.txt", "--attest", "CMakeLists.txt", "--signature",
       "CMakeLists.txt"}};  // no key
  for (const auto& arguments : wrong) {
    EXPECT_EQ(verify_program(arguments).exit_status, 2) << ::testing::PrintToString(arguments);
  }
}

TEST(VerifyProgram, HelpAndVersionEndWith0) {
  EXPECT_EQ(verify_program({"--help"}).exit_status, 0);
  EXPECT_EQ(verify_program({"quote", "--help"}).exit_status, 0);
  EXPECT_EQ(verify_program({"--version"}).exit_status, 0);
}

TEST(VerifyProgram, UnreadableFilesEndWith2) {
  EXPECT_EQ(verify_program({"eventlog", "/nonexistent"}).exit_status, 2);
  EXPECT_EQ(verify_program({"eventlog", "/"}).exit_status, 2);
  const std::string readable = "CMakeLists.txt";
  EXPECT_EQ(verify_program(
                {"quote", "--ak", "/nonexistent", "--attest", readable, "--signature", readable})
                .exit_status,
            2);
}

TEST(VerifyProgram, ANonceThatIsNoHexadecimalEndsWith2) {
  const std::filesystem::path folder = fixtures() / "tuples/t04-openeuler-boot";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no fixtures";
  }
  for (const char* nonce : {"abc", "xy", "0x00", " 00"}) {
    EXPECT_EQ(
        verify_program({"quote", "--ak", folder / "ak.pub.pem", "--attest", folder / "quote.msg",
                        "--signature", folder / "quote.sig", "--nonce", nonce})
            .exit_status,
        2)
        << nonce;
  }
}

// "$UNSET" in a script must not turn a check off.
TEST(VerifyProgram, AnEmptyFileNameEndsWith2AndNamesItsOption) {
  for (const std::string empty :
       {"--ak", "--attest", "--signature", "--pcrs", "--eventlog", "--ima"}) {
    std::vector<std::string> arguments = {"quote"};
    for (const char* option : {"--ak", "--attest", "--signature"}) {
      if (option != empty) {
        arguments.insert(arguments.end(), {option, "CMakeLists.txt"});
      }
    }
    arguments.insert(arguments.end(), {empty, ""});
    const testing::Finished finished = verify_program(arguments);
    EXPECT_EQ(finished.exit_status, 2) << empty;
    EXPECT_NE(finished.output.find(empty + ": the file name is empty"), std::string::npos)
        << finished.output;
  }
  const testing::Finished finished = verify_program({"eventlog", ""});
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_NE(finished.output.find("the file name is empty"), std::string::npos);
}

TEST(VerifyProgram, AKeyThatIsNoneIsNamedWithTheFormsThatServe) {
  const TempFolder folder;
  write_file(folder /
                 "garb\x1B"
                 "age",
             as_bytes("garbage\n"));
  const testing::Finished finished =
      verify_program({"quote", "--ak",
                      folder / "garb\x1B"
                               "age",
                      "--attest", "CMakeLists.txt", "--signature", "CMakeLists.txt"});
  EXPECT_EQ(finished.exit_status, 2);
  for (const char* part : {"--ak", "garb\\x1bage", "PEM", "DER", "TPM2B_PUBLIC", "TPMT_PUBLIC"}) {
    EXPECT_NE(finished.output.find(part), std::string::npos) << part << ": " << finished.output;
  }
}

TEST(VerifyProgram, AFullDiskIsNoVerdict) {
  const TempFolder folder;
  write_file(folder / "log", small_log().bytes());
  const testing::Finished finished =
      testing::run({{"sh", "-c",
                     std::string(QUOTEMILL_BIN_DIR) + "/quotemill-verify eventlog " +
                         (folder / "log").string() + " > /dev/full"}});
  EXPECT_EQ(finished.exit_status, 2);
}

TEST(VerifyProgram, ShowsALogAsJson) {
  const TempFolder folder;
  write_file(folder / "log", small_log().bytes());
  const testing::Finished finished = verify_program({"eventlog", folder / "log", "--json"});
  EXPECT_EQ(finished.exit_status, 0);
  const auto json = json_of(finished);
  EXPECT_EQ(json["format"], "crypto_agile");
  EXPECT_EQ(json["algorithms"], nlohmann::json({"sha1", "sha256"}));
  EXPECT_EQ(json["events"].size(), 3U);
  EXPECT_EQ(json["events"][1]["index"], 1);
  EXPECT_EQ(json["events"][1]["pcr"], 0);
  EXPECT_EQ(json["events"][1]["type"], "EV_S_CRTM_VERSION");
  EXPECT_EQ(json["events"][1]["data"]["text"], "1.0");
  EXPECT_EQ(json["events"][1]["proof"], "data_proven");
  EXPECT_EQ(json["events"][1]["data_hex"], "312e30");
  EXPECT_EQ(json["events"][1]["data_size"], 3);
  EXPECT_EQ(json["events"][1]["digests"]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["pcrs"]["sha256"]["0"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["pcrs"]["sha1"].size(), 2U);
  ASSERT_EQ(json["findings"].size(), 1U);
  EXPECT_EQ(json["findings"][0]["code"], "log.separator") << "PCR 0 has none";
}

TEST(VerifyProgram, ShowsABrokenLogUpToItsBreak) {
  const TempFolder folder;
  const BootLogWriter log = small_log();
  write_file(folder / "log", log.bytes().first(log.bytes().size() - 1));
  const testing::Finished finished = verify_program({"eventlog", folder / "log", "--json"});
  EXPECT_EQ(finished.exit_status, 1);
  const auto json = json_of(finished);
  EXPECT_EQ(json["events"].size(), 2U);
  EXPECT_TRUE(json["pcrs"]["sha256"].contains("0"));
  EXPECT_FALSE(json["pcrs"]["sha256"].contains("7"));
  ASSERT_TRUE(has_finding(json, "log.malformed"));
  EXPECT_EQ(json["findings"].back()["event"], 2);
  EXPECT_EQ(json["findings"].back()["severity"], "fail");
}

TEST(VerifyProgram, WhatIsNoLogEndsWith1AndAFinding) {
  const TempFolder folder;
  const std::vector<Bytes> none = {{}, Bytes(5000, 0xFF), to_bytes(as_bytes("hello, world\n"))};
  for (const Bytes& bytes : none) {
    write_file(folder / "log", bytes);
    const testing::Finished finished = verify_program({"eventlog", folder / "log", "--json"});
    EXPECT_EQ(finished.exit_status, 1);
    EXPECT_TRUE(has_finding(json_of(finished), "log.malformed"));
    EXPECT_TRUE(json_of(finished)["events"].empty());
    EXPECT_EQ(verify_program({"eventlog", folder / "log"}).exit_status, 1);
  }
}

TEST(VerifyProgram, LeavesOutABankThatCannotBeComputed) {
  const TempFolder folder;
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256, HashAlgorithm::kSm3_256});
  log.event(0, event_type::kSCrtmVersion, as_bytes("1.0"), as_bytes("1.0"));
  write_file(folder / "log", log.bytes());
  const auto json = json_of(verify_program({"eventlog", folder / "log", "--json"}));
  EXPECT_EQ(json["algorithms"], nlohmann::json({"sha256", "sm3_256"}));
  EXPECT_TRUE(json["pcrs"].contains("sha256"));
  EXPECT_FALSE(json["pcrs"].contains("sm3_256"));
  EXPECT_TRUE(has_finding(json, "log.algorithm_unknown"));
}

TEST(VerifyProgram, TextIsEscaped) {
  const TempFolder folder;
  BootLogWriter log(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  log.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("\x1B[31mPROVEN\r\nfake line"));
  log.event(8, event_type::kIpl, as_bytes("x"), as_bytes("grub_cmd: \x1B]0;title\x07"));
  write_file(folder / "log", log.bytes());
  const testing::Finished finished = verify_program({"eventlog", folder / "log"});
  EXPECT_EQ(finished.exit_status, 0);
  for (const char character : finished.output) {
    ASSERT_TRUE(character == '\n' || (character >= ' ' && character <= '~'));
  }
  EXPECT_EQ(finished.output.find("\nfake line"), std::string::npos);
}

TEST(VerifyProgram, ReadsEveryRealLog) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::ifstream manifest(fixtures() / "MANIFEST.tsv");
  int proven = 0;
  for (std::string line; std::getline(manifest, line);) {
    const std::string path = line.substr(0, line.find('\t'));
    if (line.find("\ttcg-eventlog-") == std::string::npos || path.ends_with(".b64")) {
      continue;
    }
    const testing::Finished finished = verify_program({"eventlog", fixtures() / path, "--json"});
    EXPECT_TRUE(json_of(finished).is_object()) << path;
    EXPECT_TRUE(finished.exit_status == 0 || finished.exit_status == 1) << path;
    proven += finished.exit_status == 0 ? 1 : 0;
  }
  EXPECT_GE(proven, 95);
}

// The program is to run where nothing else of Quotemill is installed.
TEST(VerifyProgram, LinksNoDatabaseNoSocketsNoScheduler) {
  if (!testing::have_program("ldd")) {
    GTEST_SKIP() << "no ldd";
  }
  const testing::Finished finished =
      testing::run({{"ldd", std::string(QUOTEMILL_BIN_DIR) + "/quotemill-verify"}});
  ASSERT_TRUE(finished.ok());
  for (const char* library : {"rocksdb", "zmq", "tbb", "tss2", "protobuf"}) {
    EXPECT_EQ(finished.output.find(library), std::string::npos) << library;
  }
}

}  // namespace
}  // namespace quotemill
