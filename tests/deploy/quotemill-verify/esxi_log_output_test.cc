// What `quotemill-verify eventlog` and `diff` say of an ESXi host's log.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "bench/fleet/esxi_boot_model.h"
#include "deploy/quotemill-verify/log_report.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using nlohmann::json;
using testing::has_finding;
using ::testing::HasSubstr;
using ::testing::Not;

struct Output {
  std::string text;
  std::string json_text;
  json parsed;
};

Bytes log_with(EsxiFault fault) {
  bench::EsxiBootModel model;
  model.image = std::make_shared<bench::EsxiImageModel>(bench::esxi_image(3, 30));
  model.other_image = std::make_shared<bench::EsxiImageModel>(bench::esxi_image(4, 30));
  model.asset_tag = "rack-17";
  model.fault = fault;
  return bench::write_esxi_boot_log(model).log;
}

Output output_of(ByteView log) {
  offline::LogReport report;
  offline::read_log(log, nullptr, report);
  std::ostringstream text;
  offline::print_text(text, report);
  std::ostringstream json_text;
  offline::print_json(json_text, report);
  return {text.str(), json_text.str(), json::parse(json_text.str())};
}

const json* event_of_kind(const json& events, std::string_view kind) {
  for (const json& event : events) {
    if (event["data"]["kind"] == kind) {
      return &event;
    }
  }
  return nullptr;
}

TEST(EsxiLogOutput, DecodesEachTaggedEvent) {
  const Output output = output_of(log_with(EsxiFault::kNone));
  const json& events = output.parsed["events"];
  const json* const module = event_of_kind(events, "esxi_module");
  ASSERT_NE(module, nullptr);
  EXPECT_EQ((*module)["data"]["name"], "b.b00");
  EXPECT_EQ((*module)["proof"], "digest_proven");
  const json* const version = event_of_kind(events, "esxi_version");
  ASSERT_NE(version, nullptr);
  EXPECT_EQ((*version)["data"]["version"], "8.0.3-24280770");
  EXPECT_EQ((*version)["proof"], "data_proven");
  EXPECT_EQ((*version)["hashed"], "tagged_data");
  for (const char* const kind :
       {"esxi_boot_options", "esxi_command_line", "esxi_signer", "esxi_asset_tag"}) {
    EXPECT_NE(event_of_kind(events, kind), nullptr) << kind;
  }
}

TEST(EsxiLogOutput, ClaimsWhatBooted) {
  const Output output = output_of(log_with(EsxiFault::kNone));
  const json& esxi = output.parsed["claims"]["esxi"];
  EXPECT_EQ(esxi["layout"], "loader");
  EXPECT_EQ(esxi["modules"].size(), 32U);
  EXPECT_EQ(esxi["asset_tag"], "rack-17");
  EXPECT_EQ(esxi["versions"][0]["file"], "/b.b00");
  EXPECT_EQ(esxi["authorities"].size(), 1U);
  EXPECT_THAT(output.text, HasSubstr("8.0.3-24280770 of /b.b00"));
}

TEST(EsxiLogOutput, SaysGrammarOfNoCleanLogAndOfEveryRelabelledOne) {
  const Output clean = output_of(log_with(EsxiFault::kNone));
  EXPECT_THAT(clean.text, Not(HasSubstr("grammar")));
  EXPECT_THAT(clean.json_text, Not(HasSubstr("grammar")));
  EXPECT_TRUE(clean.parsed["findings"].empty()) << clean.parsed["findings"];
  for (const EsxiFault fault : {EsxiFault::kOptionsAsCommandLine, EsxiFault::kOptionsAsSigner,
                                EsxiFault::kForgedVersion, EsxiFault::kExcusedTwice}) {
    const Output bad = output_of(log_with(fault));
    EXPECT_TRUE(has_finding(bad.parsed, "esxi.log.grammar")) << name_of(fault);
    EXPECT_THAT(bad.text, HasSubstr("grammar")) << name_of(fault);
  }
}

TEST(EsxiLogOutput, ARecoveryKeyIsInNoOutput) {
  const Bytes log = log_with(EsxiFault::kSecretTyped);
  const std::string key(bench::kTypedRecoveryKey);
  ASSERT_THAT(std::string(as_text(log)), HasSubstr(key));
  const Output output = output_of(log);
  const std::string hex = to_hex(as_bytes(key));
  for (const std::string& each : {output.text, output.json_text}) {
    EXPECT_THAT(each, Not(HasSubstr(key)));
    EXPECT_THAT(each, Not(HasSubstr(hex)));
    EXPECT_THAT(each, HasSubstr("encryptionRecoveryKey=[redacted]"));
  }
  EXPECT_TRUE(has_finding(output.parsed, "esxi.log.secret"));
  const json* const line = event_of_kind(output.parsed["events"], "esxi_command_line");
  ASSERT_NE(line, nullptr);
  EXPECT_EQ((*line)["proof"], "data_proven") << "its hash was checked";
}

TEST(EsxiLogOutput, ThePrograms) {
  const testing::TempFolder folder;
  const auto write = [&folder](const char* name, ByteView bytes) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path, std::ios::binary) << as_text(bytes);
    return path;
  };
  const std::string clean = write("clean", log_with(EsxiFault::kNone));
  const std::string secret = write("secret", log_with(EsxiFault::kSecretTyped));
  const std::string bad = write("bad", log_with(EsxiFault::kOptionsAsCommandLine));
  EXPECT_EQ(testing::verify_program({"eventlog", clean}).exit_status, 0);
  EXPECT_EQ(testing::verify_program({"eventlog", bad}).exit_status, 1);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"eventlog", secret},
                                             {"eventlog", "--json", secret},
                                             {"diff", clean, secret},
                                             {"diff", "--json", clean, secret}}) {
    const testing::Finished finished = testing::verify_program(arguments);
    EXPECT_THAT(finished.output, Not(HasSubstr(bench::kTypedRecoveryKey)));
    EXPECT_THAT(finished.output, Not(HasSubstr(to_hex(as_bytes(bench::kTypedRecoveryKey)))));
  }
  EXPECT_EQ(testing::verify_program({"esxi", "--report", clean}).exit_status, 2);
  if (testing::have_fixtures()) {
    const std::string manifest = "../shared/fixtures/esxi/host_manifest.json";
    EXPECT_EQ(testing::verify_program({"esxi", "--report", manifest}).exit_status, 0);
    const json parsed =
        testing::json_of(testing::verify_program({"esxi", "--json", "--report", manifest}));
    EXPECT_EQ(parsed["pcrs"]["sha256"]["21"]["state"], "replayed");
  }
}

}  // namespace
}  // namespace quotemill
