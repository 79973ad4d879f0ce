// The JSON of `quotemill-verify eventlog`: what programs may rely on.
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "deploy/quotemill-verify/log_report.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using nlohmann::json;
using testing::has_finding;
using testing::variable_data;

json json_of_log(ByteView bytes) {
  offline::LogReport report;
  offline::read_log(bytes, nullptr, report);
  std::ostringstream out;
  offline::print_json(out, report);
  return json::parse(out.str());
}

bool is_lower_hex(const json& value) {
  return value.is_string() &&
         value.get<std::string>().find_first_not_of("0123456789abcdef") == std::string::npos;
}

void check_pcrs(const json& pcrs) {
  static const std::set<std::string> kBanks = {"sha1", "sha256", "sha384", "sha512", "sm3_256"};
  for (const auto& [bank, values] : pcrs.items()) {
    EXPECT_TRUE(kBanks.contains(bank)) << bank;
    for (const auto& [index, value] : values.items()) {
      EXPECT_LT(std::stoi(index), 24);
      EXPECT_TRUE(is_lower_hex(value)) << value;
    }
  }
}

void check_event(const json& event, std::size_t index) {
  static const std::set<std::string> kProofs = {"data_proven", "digest_proven", "unproven_type",
                                                "not_measured"};
  EXPECT_EQ(event["index"], index);
  EXPECT_TRUE(event["pcr"].is_number_unsigned());
  EXPECT_TRUE(event["type"].is_string());
  EXPECT_TRUE(event["digests"].is_object());
  EXPECT_TRUE(kProofs.contains(event["proof"].get<std::string>())) << event["proof"];
  EXPECT_TRUE(event["data"].is_object());
  EXPECT_TRUE(event["data"]["kind"].is_string());
  for (const auto& digest : event["digests"]) {
    EXPECT_TRUE(is_lower_hex(digest)) << digest;
  }
}

void check_schema(const json& log, const std::string& path) {
  const ::testing::ScopedTrace trace(__FILE__, __LINE__, path);
  for (const char* key : {"format", "algorithms", "pcrs", "events", "claims", "findings"}) {
    EXPECT_TRUE(log.contains(key)) << key;
  }
  EXPECT_TRUE(log["format"] == "sha1" || log["format"] == "crypto_agile");
  EXPECT_TRUE(log["algorithms"].is_array());
  check_pcrs(log["pcrs"]);
  std::size_t index = 0;
  for (const json& event : log["events"]) {
    check_event(event, index++);
  }
  EXPECT_TRUE(log["claims"].is_object());
  for (const json& finding : log["findings"]) {
    EXPECT_TRUE(finding["code"].is_string() && finding["severity"].is_string() &&
                finding["message"].is_string());
  }
}

TEST(EventLogJson, EveryRealLogFollowsTheSchema) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  for (const testing::LogFixture& fixture : testing::all_boot_logs()) {
    check_schema(json_of_log(testing::boot_log_bytes(fixture.path)), fixture.path);
  }
}

TEST(EventLogJson, EveryExtendedPcrHasAValue) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  for (const testing::LogFixture& fixture : testing::all_boot_logs()) {
    const json log = json_of_log(testing::boot_log_bytes(fixture.path));
    for (const json& event : log["events"]) {
      for (const auto& [bank, digest] : event["digests"].items()) {
        const bool measured = event["type"] != "EV_NO_ACTION" && bank != "sm3_256";
        const std::string pcr = std::to_string(event["pcr"].get<unsigned>());
        // A PCR of which one event has no digest in this bank is not reproduced.
        const bool whole = !has_finding(log, "log.digest_missing");
        EXPECT_TRUE(!measured || !whole || log["pcrs"][bank].contains(pcr))
            << fixture.path << " " << bank << ":" << pcr;
      }
    }
  }
}

TEST(EventLogJson, QemusEventsAreProvenAsKnown) {
  const Bytes bytes = testing::boot_log_bytes("qemu/sb-on/eventlog.bin");
  if (bytes.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const json log = json_of_log(bytes);
  for (const json& event : log["events"]) {
    const std::string type = event["type"];
    const std::string proof = event["proof"];
    if (type == "EV_EFI_VARIABLE_DRIVER_CONFIG" || type == "EV_EFI_VARIABLE_AUTHORITY" ||
        type == "EV_EFI_GPT_EVENT" || type == "EV_EFI_ACTION" || type == "EV_SEPARATOR" ||
        type == "EV_S_CRTM_VERSION") {
      EXPECT_EQ(proof, "data_proven") << event["index"];
      EXPECT_EQ(event["hashed"], "data");
    } else if (type == "EV_EFI_PLATFORM_FIRMWARE_BLOB" ||
               type == "EV_EFI_BOOT_SERVICES_APPLICATION") {
      EXPECT_EQ(proof, "digest_proven") << event["index"];
    } else if (type == "EV_EFI_VARIABLE_BOOT") {
      EXPECT_EQ(event["hashed"], "variable_data") << event["index"];
    } else if (type == "EV_IPL" && event["pcr"] == 8) {
      EXPECT_EQ(event["hashed"], "text") << event["index"];
    } else if (type == "EV_IPL" && event["pcr"] == 9) {
      EXPECT_EQ(proof, "digest_proven") << event["index"];
    }
  }
}

TEST(EventLogJson, OvmfsPcr0DiffersWithSecureBootThoughItsVersionIsTheSame) {
  const Bytes on = testing::boot_log_bytes("qemu/sb-on/eventlog.bin");
  const Bytes off = testing::boot_log_bytes("qemu/sb-off/eventlog.bin");
  if (on.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  EXPECT_NE(json_of_log(on)["pcrs"]["sha256"]["0"], json_of_log(off)["pcrs"]["sha256"]["0"]);
  EXPECT_EQ(json_of_log(on)["events"][1]["digests"], json_of_log(off)["events"][1]["digests"]);
}

TEST(EventLogJson, WindowsEventsOutsideThePcrsAreNotMeasured) {
  const Bytes bytes = testing::boot_log_bytes("tuples/t41-immune-r340/eventlog.bin");
  if (bytes.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  std::size_t outside = 0;
  const json log = json_of_log(bytes);
  for (const json& event : log["events"]) {
    if (event["pcr"] == 0xFFFFFFFF) {
      EXPECT_EQ(event["proof"], "not_measured");
      ++outside;
    }
  }
  EXPECT_GT(outside, 0U);
}

TEST(EventLogJson, ConfidentialMachinesRegistersClaimNoPcr7) {
  const Bytes bytes =
      testing::boot_log_bytes("google+go-eventlog/testdata/eventlogs/ccel/CCEL_unpadded.data.bin");
  if (bytes.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const json log = json_of_log(bytes);
  EXPECT_EQ(log["algorithms"], json({"sha384"}));
  EXPECT_FALSE(log["pcrs"]["sha384"].contains("7"));
  EXPECT_NE(log["claims"]["secure_boot"]["standing"], "proven");
}

// What a host would show that boots with Secure Boot off, relabels what was measured, and extends
// PCR 7 with the events of another boot.
TEST(EventLogHostile, Go20266893_ARelabelledPcr7IsReplayedAndProvesNothing) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  const auto add = [&log](std::uint32_t type, ByteView measured, ByteView shown) {
    log.event(7, type, measured, shown);
  };
  const Bytes off = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{0});
  const Bytes on = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{1});
  add(0x12345678, off, {});
  add(0x12345678, Bytes(4), {});
  add(event_type::kEfiVariableDriverConfig, on, on);
  add(event_type::kSeparator, Bytes(4), Bytes(4));
  const json shown = json_of_log(log.bytes());
  EXPECT_TRUE(shown["pcrs"]["sha256"].contains("7"));
  EXPECT_EQ(shown["events"][1]["proof"], "unproven_type");
  EXPECT_NE(shown["claims"]["secure_boot"]["standing"], "proven");
  EXPECT_TRUE(has_finding(shown, "log.event_type"));
  EXPECT_TRUE(has_finding(shown, "log.separator"));
}

TEST(EventLogHostile, Go20266893_AnApplicationRelabelledAsFirmwareIsAFinding) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  log.event(4, event_type::kEfiPlatformFirmwareBlob, as_bytes("malware"), Bytes(16));
  const json shown = json_of_log(log.bytes());
  EXPECT_EQ(shown["events"][1]["proof"], "unproven_type");
  EXPECT_EQ(shown["events"][1]["unproven_because"], "misplaced");
  EXPECT_TRUE(has_finding(shown, "log.event_type"));
}

TEST(EventLogHostile, Cve2021_42299_BanksThatTellDifferentStoriesAreAFinding) {
  BootLogWriter good(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  good.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("x"));
  Bytes mixed = to_bytes(good.bytes());
  mixed[mixed.size() - 1 - 4 - 32 - 2 - 1] ^= 1U;  // the last byte of the SHA-1 digest
  EXPECT_TRUE(has_finding(json_of_log(mixed), "log.event_banks"));
  EXPECT_FALSE(has_finding(json_of_log(good.bytes()), "log.event_banks"));
}

TEST(EventLogHostile, AnErrorSeparatorFails) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  log.event(7, event_type::kSeparator, Bytes{1, 0, 0, 0}, Bytes{1, 0, 0, 0});
  const json shown = json_of_log(log.bytes());
  ASSERT_TRUE(has_finding(shown, "log.separator"));
  EXPECT_EQ(shown["findings"][0]["severity"], "fail");
}

TEST(EventLogHostile, HostsTextCannotBreakTheJson) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  for (const std::string_view text : {"\"},{\"", "\xff\xfe\xfd", "\\u0000", "\x1b[31m\n"}) {
    log.event(8, event_type::kIpl, as_bytes(text), as_bytes(text));
    const Bytes name = variable_data(guids::kGlobalVariable, text, as_bytes(text));
    log.event(7, event_type::kEfiVariableDriverConfig, name, name);
  }
  check_schema(json_of_log(log.bytes()), "hostile text");
}

TEST(DiffCommand, EndsWith0IfLogsAreTheSameAnd1IfTheyDiffer) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::string on = testing::fixtures() / "qemu/sb-on/eventlog.bin";
  const std::string off = testing::fixtures() / "qemu/sb-off/eventlog.bin";
  EXPECT_EQ(testing::verify_program({"diff", on, on}).exit_status, 0);
  const testing::Finished differ = testing::verify_program({"diff", on, off, "--json"});
  EXPECT_EQ(differ.exit_status, 1);
  const json shown = testing::json_of(differ);
  EXPECT_EQ(shown["bank"], "sha256");
  bool secure_boot = false;
  for (const json& difference : shown["differences"]) {
    secure_boot = secure_boot || difference["message"].get<std::string>().find(
                                     "(SecureBoot), 1 became 0") != std::string::npos;
  }
  EXPECT_TRUE(secure_boot);
  EXPECT_EQ(testing::verify_program({"diff", on, "/nonexistent"}).exit_status, 2);
  EXPECT_EQ(testing::verify_program({"diff", on}).exit_status, 2);
}

TEST(EventLogCommand, ComparesDbxWithAList) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::string log =
      testing::fixtures() / "google+go-tpm-tools/internal/test/eventlogs/rhel8-uefi.bin";
  const std::string list = testing::fixtures() /
                           "microsoft+secureboot_objects/PostSignedObjects/DBX/arm64/DBXUpdate.bin";
  const json shown =
      testing::json_of(testing::verify_program({"eventlog", log, "--json", "--dbx-list", list}));
  ASSERT_EQ(shown["claims"]["dbx_level"].size(), 1U);
  const json& level = shown["claims"]["dbx_level"][0];
  EXPECT_EQ(level["newest"], "newest");
  EXPECT_EQ(level["level"], "") << "a dbx of x86 has none of what is revoked for ARM";
  EXPECT_GT(level["missing"].get<unsigned>(), 0U);
  EXPECT_EQ(level["standing"], "proven");
  EXPECT_EQ(testing::verify_program({"eventlog", log, "--dbx-list", log}).exit_status, 2);
}

// Lines with what this machine's dbx holds, and with one revocation that it lacks.
TEST(EventLogCommand, TellsTheLevelThatDbxHasReached) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::string log =
      testing::fixtures() / "google+go-tpm-tools/internal/test/eventlogs/rhel8-uefi.bin";
  std::string lines;
  const json decoded = testing::json_of(testing::verify_program({"eventlog", log, "--json"}));
  for (const json& event : decoded["events"]) {
    if (event["data"].value("name", "") == "dbx") {
      for (const json& signature : event["data"]["signatures"]) {
        if (signature["type"] == "EFI_CERT_SHA256") {
          lines += "x86_64 2016-08-08 " + signature["data"].get<std::string>() + "\n";
        }
      }
    }
  }
  ASSERT_NE(lines, "");
  const testing::TempFolder folder;
  const auto level_of = [&](const std::string& list) {
    testing::write_file(folder / "list", as_bytes(list));
    return testing::json_of(testing::verify_program(
        {"eventlog", log, "--json", "--dbx-list", folder / "list"}))["claims"]["dbx_level"][0];
  };
  const json all = level_of(lines);
  EXPECT_EQ(all["level"], "2016-08-08");
  EXPECT_EQ(all["newest"], "2016-08-08");
  EXPECT_EQ(all["missing"], 0);
  const json behind = level_of(lines + "x86_64 2023-05-09 " + std::string(64, 'a') + "\n");
  EXPECT_EQ(behind["level"], "2016-08-08");
  EXPECT_EQ(behind["newest"], "2023-05-09");
  EXPECT_EQ(behind["missing"], 1);
}

// Exit statuses and counts of `--final-events`.
TEST(EventLogCommand, ReadsFinalEventsBehindTheLog) {
  const testing::TempFolder folder;
  const auto log_of = [](std::initializer_list<const char*> texts) {
    BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
    for (const char* const text : texts) {
      log.event(5, event_type::kEfiAction, as_bytes(text), as_bytes(text));
    }
    return to_bytes(log.bytes());
  };
  const Bytes whole = log_of({"b", "c"});
  ByteWriter table;
  table.u64_le(1).u64_le(2).bytes(ByteView(whole).subspan(log_of({}).size()));
  testing::write_file(folder / "log", log_of({"a", "b"}));
  testing::write_file(folder / "table", table.view());
  testing::write_file(folder / "cut", table.view().first(table.size() - 1));
  const std::string log = folder / "log";
  const testing::Finished joined =
      testing::verify_program({"eventlog", log, "--json", "--final-events", folder / "table"});
  EXPECT_EQ(joined.exit_status, 0) << joined.output;
  const json shown = testing::json_of(joined);
  EXPECT_EQ(shown["final_events"], json({{"overlap", 1}, {"appended", 1}}));
  EXPECT_EQ(shown["pcrs"], json_of_log(log_of({"a", "b", "c"}))["pcrs"]);
  const testing::Finished cut =
      testing::verify_program({"eventlog", log, "--json", "--final-events", folder / "cut"});
  EXPECT_EQ(cut.exit_status, 1);
  EXPECT_TRUE(has_finding(testing::json_of(cut), "log.malformed"));
  EXPECT_EQ(testing::json_of(cut)["events"].size(), 3U);
  EXPECT_EQ(
      testing::verify_program({"eventlog", log, "--final-events", "/nonexistent"}).exit_status, 2);
}

// The row "real firmware" of the list of hostile inputs: oddities that are harmless.
TEST(RealFirmware, HarmlessOdditiesAreNoFailure) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  const Bytes post_code(9, 0xC3);
  log.event(0, event_type::kPostCode, post_code, post_code);
  Bytes entry(16, 0x77);
  entry.resize(48, 0xAB);
  const Bytes vendor_db = variable_data(guids::kShimLock, "vendor_db", entry);
  const Bytes loader_conf = testing::utf16("loader.conf");
  ByteWriter tagged;
  tagged.u32_le(0xF5BC582A).sized32_le(loader_conf);
  for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
    log.event(pcr, event_type::kSeparator, Bytes(4), Bytes(4));
  }
  log.event(7, event_type::kEfiVariableAuthority, vendor_db, vendor_db);
  log.event(5, event_type::kEventTag, as_bytes("timeout 3\n"), tagged.view());
  const json shown = json_of_log(log.bytes());
  for (const json& finding : shown["findings"]) {
    EXPECT_EQ(finding["severity"], "info") << finding;
  }
  EXPECT_EQ(shown["events"][10]["data"]["name"], "vendor_db");
  EXPECT_EQ(shown["events"][11]["data"]["tagged_events"][0]["name"], "SYSTEMD_LOADER_CONF");
}

}  // namespace
}  // namespace quotemill
