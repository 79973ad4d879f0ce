// quotemill-verify ima: what it prints and how it ends.
#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "tests/deploy/quotemill-verify/verify_program.h"
#include "tests/engine/eventlog/ima_bytes.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::digest_field;
using testing::field;
using testing::fixtures;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::joined;
using testing::json_of;
using testing::measured_entry;
using testing::ng_entry;
using testing::read_file;
using testing::TempFolder;
using testing::text_field;
using testing::verify_program;
using testing::write_file;

class ImaProgram : public ::testing::Test {
 protected:
  std::string write(const std::string& name, ByteView contents) {
    write_file(folder_.path() / name, contents);
    return (folder_.path() / name).string();
  }

  std::string list(const std::vector<Bytes>& entries) { return write("list", joined(entries)); }

  TempFolder folder_;
};

TEST_F(ImaProgram, JudgesFilesByReferences) {
  const std::string path = list({ng_entry("boot_aggregate"), ng_entry("/usr/bin/ls"),
                                 ng_entry("/tmp/x"), ng_entry("/var/x")});
  const std::string hex(64, 'a');
  std::string known;
  for (int i = 0; i < 32; ++i) {
    known += "ab";
  }
  const std::string good =
      write("good", as_bytes("# package: coreutils 9.1\n" + known + "  /usr/bin/ls\n"));
  const auto fine = verify_program({"ima", path, "--references", good, "--json"});
  EXPECT_EQ(fine.exit_status, 0) << fine.output;
  const nlohmann::json json = json_of(fine);
  ASSERT_EQ(json["events"].size(), 4U);
  EXPECT_EQ(json["events"][0]["outcome"], "boot_aggregate");
  EXPECT_EQ(json["events"][1]["outcome"], "referenced");
  EXPECT_EQ(json["events"][1]["data"]["package"], "coreutils 9.1");
  EXPECT_EQ(json["events"][2]["outcome"], "referenced_elsewhere");
  EXPECT_EQ(json["claims"]["outcomes"]["referenced"], 1);
  const std::string bad = write("bad", as_bytes(hex + "  /usr/bin/ls\n"));
  const auto failed =
      verify_program({"ima", path, "--references", bad, "--exclude", "/var/.*", "--json"});
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_TRUE(has_finding(json_of(failed), "ima.file.digest_unknown"));
  EXPECT_TRUE(has_finding(json_of(failed), "ima.file.unknown"));
  EXPECT_EQ(json_of(failed)["events"][3]["outcome"], "excluded");
}

TEST_F(ImaProgram, TakesARuntimePolicyOfKeylime) {
  const std::string path = list({ng_entry("boot_aggregate"), ng_entry("/usr/bin/ls"),
                                 ng_entry("/var/log/x"), ng_entry("/srv/y")});
  const std::string policy =
      write("policy", as_bytes(R"({"digests": {"/usr/bin/ls": ["00", )" + std::string("\"") +
                               std::string(64, 'c') + R"("]}, "excludes": ["/var/log"]})"));
  const auto refused = verify_program({"ima", path, "--references", policy});
  EXPECT_EQ(refused.exit_status, 2) << "00 is no digest";
  const std::string valid =
      write("policy", as_bytes(R"({"digests": {"/usr/bin/ls": [")" + std::string(64, 'c') +
                               R"("]}, "excludes": ["/var/log"]})"));
  const nlohmann::json json =
      json_of(verify_program({"ima", path, "--references", valid, "--json"}));
  EXPECT_EQ(json["events"][1]["outcome"], "wrong_digest");
  EXPECT_EQ(json["events"][2]["outcome"], "excluded");
  EXPECT_EQ(json["events"][3]["outcome"], "unknown");
}

TEST_F(ImaProgram, WhatCannotBeReadEndsWith2) {
  const std::string path = list({ng_entry("boot_aggregate")});
  const std::string text = write("text", as_bytes("x"));
  EXPECT_EQ(verify_program({"ima"}).exit_status, 2);
  EXPECT_EQ(verify_program({"ima", "/nonexistent"}).exit_status, 2);
  for (const char* const option : {"--references", "--keyring", "--pcrs", "--eventlog"}) {
    EXPECT_EQ(verify_program({"ima", path, option, "/nonexistent"}).exit_status, 2) << option;
    EXPECT_EQ(verify_program({"ima", path, option, ""}).exit_status, 2) << option;
  }
  EXPECT_EQ(verify_program({"ima", path, "--references", text}).exit_status, 2);
  EXPECT_EQ(verify_program({"ima", path, "--exclude", "("}).exit_status, 2);
  EXPECT_EQ(verify_program({"ima", path, "--keyring", folder_.path().string()}).exit_status, 2)
      << "a file there is no certificate";
}

TEST_F(ImaProgram, BrokenListsAreTold) {
  const Bytes whole = joined({ng_entry("boot_aggregate"), ng_entry("/x")});
  const std::string path = write("list", ByteView(whole).first(whole.size() - 1));
  const auto finished = verify_program({"ima", path, "--json"});
  EXPECT_EQ(finished.exit_status, 1);
  EXPECT_TRUE(has_finding(json_of(finished), "ima.malformed"));
  EXPECT_EQ(json_of(finished)["events"].size(), 1U);
  EXPECT_EQ(verify_program({"ima", write("empty", {})}).exit_status, 0)
      << "a kernel without an IMA policy has an empty list";
}

TEST_F(ImaProgram, Hostile_NothingOfAListIsPrintedAsItIs) {
  const std::string path =
      list({measured_entry("ima-ng", joined({digest_field("sha\x1B[31m", Bytes(3, 1)),
                                             text_field("/tmp/\x1B[2J\n\xFF\"\\x")})),
            measured_entry("ima-buf", joined({digest_field("sha256", Bytes(32, 1)),
                                              text_field("\x07"), field(Bytes{'"', '\\', '<'})})),
            measured_entry("odd\"\\name", Bytes{0xFF})});
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"ima", path}, {"ima", path, "--json"}}) {
    const auto finished = verify_program(arguments);
    EXPECT_EQ(finished.exit_status, 1);
    for (const char letter : finished.output) {
      ASSERT_TRUE((letter >= ' ' && letter <= '~') || letter == '\n');
    }
  }
  EXPECT_TRUE(json_of(verify_program({"ima", path, "--json"})).is_object());
}

TEST_F(ImaProgram, Hostile_ASecretOfAKexecCommandLineIsNotShown) {
  const std::string_view line = "ro password=hunter2 quiet";
  const std::string path = list({measured_entry(
      "ima-buf",
      joined({digest_field("sha256", hash(HashAlgorithm::kSha256, as_bytes(line)).view()),
              text_field("kexec-cmdline"), field(as_bytes(line))}))});
  const std::string shown = verify_program({"ima", path, "--json"}).output;
  EXPECT_THAT(shown, ::testing::HasSubstr("ro password=[redacted] quiet"));
  EXPECT_THAT(shown, ::testing::Not(::testing::HasSubstr("hunter2")));
}

TEST_F(ImaProgram, ReadsTheListsOfRealBootsAndTheirQuotes) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  for (const char* const name : {"sb-on", "sb-off"}) {
    const std::filesystem::path folder = fixtures() / "qemu" / name;
    for (const char* const form : {"ima.bin", "ima.ascii"}) {
      const auto finished = verify_program({"ima", (folder / form).string(), "--pcrs",
                                            (folder / "pcrread.yaml").string(), "--eventlog",
                                            (folder / "eventlog.bin").string(), "--json"});
      EXPECT_EQ(finished.exit_status, 0) << finished.output.substr(0, 500);
      const nlohmann::json json = json_of(finished);
      EXPECT_EQ(json["claims"]["proven_entries"], 47);
      EXPECT_EQ(json["claims"]["boot_aggregate"]["check"], "holds");
      EXPECT_EQ(json["claims"]["boot_aggregate"]["pcrs"], "0-9");
      EXPECT_EQ(json["pcr_forms"]["sha1"], "listed");
      EXPECT_EQ(json["pcr_forms"]["sha256"], "hashed");
      EXPECT_EQ(json["pcr_forms"]["sha384"], "padded");
      EXPECT_EQ(json["events"][46]["quoted"], true);
      EXPECT_TRUE(json["findings"].empty());
    }
    const nlohmann::json other = json_of(
        verify_program({"ima", (folder / "ima.bin").string(), "--eventlog",
                        (fixtures() / "kgoldman+ibmtss/utils/sha256.log").string(), "--json"}));
    EXPECT_TRUE(other.is_discarded()) << "that is no boot log";
  }
  const auto crossed =
      verify_program({"ima", (fixtures() / "qemu/sb-on/ima.bin").string(), "--pcrs",
                      (fixtures() / "qemu/sb-off/pcrread.yaml").string(), "--json"});
  EXPECT_EQ(crossed.exit_status, 1) << "another boot's";
  EXPECT_TRUE(has_finding(json_of(crossed), "ima.mismatch"));
  EXPECT_TRUE(has_finding(json_of(crossed), "ima.boot_aggregate"));
}

TEST_F(ImaProgram, FindsEveryTrojanOfASignedList) {
  const Bytes key = read_file(fixtures() / "kgoldman+acs/acs/imakey.der");
  if (key.empty()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::filesystem::path keys = folder_.path() / "keys";
  std::filesystem::create_directory(keys);
  write_file(keys / "imakey.der", key);
  const auto finished =
      verify_program({"ima", (fixtures() / "kgoldman+acs/acs/imasig.log").string(), "--keyring",
                      keys.string(), "--json"});
  EXPECT_EQ(finished.exit_status, 1);
  const nlohmann::json json = json_of(finished);
  EXPECT_EQ(json["claims"]["outcomes"]["signed"], 895);
  EXPECT_EQ(json["claims"]["signers"][0]["subject"], "CN=pseudo signing key,O=local");
  std::vector<std::string> badly_signed;
  std::vector<std::string> unsigned_files;
  for (const nlohmann::json& finding : json["findings"]) {
    const bool is_unsigned = finding["code"] == "ima.file.unknown";
    (is_unsigned ? unsigned_files : badly_signed).push_back(finding["message"]);
  }
  EXPECT_THAT(badly_signed,
              ::testing::ElementsAre(HasSubstr("/usr/sbin/atd"), HasSubstr("/usr/bin/xautt"),
                                     HasSubstr("/usr/bin/trojan_badkey"),
                                     HasSubstr("/usr/bin/trojan_badsig")));
  EXPECT_THAT(unsigned_files, ::testing::Contains(HasSubstr("/usr/bin/trojan_nosig")));
  EXPECT_EQ(json["events"][1080]["data"].count("signature_check"), 0U) << "trojan_nosig";
}

// Every list of the fixtures is read to its end, by the program that people use.
TEST_F(ImaProgram, ReadsEveryRealList) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Bytes manifest = read_file(fixtures() / "MANIFEST.tsv");
  std::string_view rest = as_text(manifest);
  int lists = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find("\tima-log\t") == std::string_view::npos ||
        line.find(".b64\t") != std::string_view::npos) {
      continue;
    }
    const std::string path = (fixtures() / line.substr(0, line.find('\t'))).string();
    const nlohmann::json json = json_of(verify_program({"ima", path, "--json"}));
    ASSERT_TRUE(json.is_object()) << path;
    EXPECT_FALSE(has_finding(json, "ima.malformed")) << path;
    EXPECT_FALSE(has_finding(json, "ima.template_unknown")) << path;
    EXPECT_EQ(json["events"].size(), json["claims"]["entries"]) << path;
    ++lists;
  }
  EXPECT_GE(lists, 20);
}

}  // namespace
}  // namespace quotemill
