// Baselines as operators import, look at and retire them.
#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"

namespace quotemill::daemon {
namespace {

using ::testing::HasSubstr;
using transport::Json;

const std::string kShim = std::string(64, 'a') + "  shimx64.efi\n";
const std::string kNewShim = std::string(64, 'b') + "  shimx64.efi\n";

class OperatorBaselinesTest : public AttestingFixture {
 protected:
  static Json import_args(const std::string& uploaded, const std::string& name,
                          std::uint32_t version = 0, bool is_confirmed = false) {
    return {{"upload", uploaded},  {"name", name},        {"version", version},
            {"file", "shim.list"}, {"operator", "alice"}, {"confirmed", is_confirmed}};
  }

  Json import(const std::string& content, const std::string& name, std::uint32_t version = 0,
              bool is_confirmed = false) {
    return ask("baseline.import", import_args(upload(content), name, version, is_confirmed));
  }

  std::string exported(const std::string& name, std::uint32_t version = 0) {
    const Json answer =
        ask("baseline.export", {{"name", name}, {"version", version}, {"offset", 0}});
    const std::optional<Bytes> bytes = from_hex(answer["hex"].get<std::string>());
    return std::string(as_text(*bytes));
  }
};

TEST_F(OperatorBaselinesTest, ImportsAFileAndGivesItBackAsItWas) {
  const Json answer = import(kShim, "shim");
  EXPECT_EQ(answer["version"], 1);
  EXPECT_EQ(answer["values"], 1);
  EXPECT_EQ(answer["file"]["format"], "list");
  EXPECT_EQ(answer["file"]["by"], "alice");
  EXPECT_EQ(answer["in_force"], false) << "no policy names it";
  EXPECT_EQ(exported("shim"), kShim);
  const auto kept = *store_.baselines();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0]->values[0].name, "shimx64.efi");
  EXPECT_EQ(acts_.back().verb, "baseline.import");
  EXPECT_THAT(acts_.back().subject, HasSubstr("shim of sha256:"));
  EXPECT_EQ(store_.audit(1, 10)->back().act.who, "alice");
}

TEST_F(OperatorBaselinesTest, AVersionMustBeAboveAllOfItsName) {
  EXPECT_EQ(import(kShim, "shim", 41)["version"], 41);
  EXPECT_EQ(import(kNewShim, "shim")["version"], 42);
  const std::string again = upload(kShim);
  const transport::ControlError error = refusal("baseline.import", import_args(again, "shim", 41));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("version 42"));
}

TEST_F(OperatorBaselinesTest, AFileWithAMistakeChangesNothing) {
  const std::string uploaded = upload(kShim + "nonsense\n");
  const transport::ControlError error = refusal("baseline.import", import_args(uploaded, "shim"));
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_THAT(error.message, HasSubstr("line 2, column 1"));
  EXPECT_TRUE(policies_->baselines().empty());
  EXPECT_TRUE(store_.baselines()->empty());
  EXPECT_EQ(refusal("baseline.import", import_args(upload(kShim), "../shim")).code,
            ErrorCode::kConfig);
}

TEST_F(OperatorBaselinesTest, OnlyWhatWasUploadedWholeIsImported) {
  const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(kShim)).hex();
  const auto part = [&](std::uint64_t offset, const std::string& text) {
    return Json{{"sha256", sha256},
                {"size", kShim.size()},
                {"offset", offset},
                {"hex", to_hex(as_bytes(text))}};
  };
  EXPECT_EQ(refusal("baseline.import", import_args(sha256, "shim")).code, ErrorCode::kNotFound);
  ask("upload", part(0, kShim.substr(0, 10)));
  EXPECT_EQ(refusal("baseline.import", import_args(sha256, "shim")).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal("upload", part(9, kShim.substr(9))).code, ErrorCode::kConflict);
  EXPECT_EQ(refusal("upload", part(10, std::string(kShim.size() - 10, 'x'))).code,
            ErrorCode::kMismatch);
  EXPECT_EQ(refusal("upload", {{"sha256", sha256},
                               {"size", limits::kReferenceFileSizeMax + 1},
                               {"offset", 0},
                               {"hex", ""}})
                .code,
            ErrorCode::kConfig);
}

TEST_F(OperatorBaselinesTest, ShowsAndComparesInWords) {
  import(kShim, "shim");
  import(kNewShim, "shim");
  const Json shown = ask("baseline.show", {{"name", "shim"}, {"version", 1}});
  EXPECT_EQ(shown["references"][0]["name"], "shimx64.efi");
  EXPECT_EQ(shown["next"], nullptr);
  EXPECT_EQ(ask("baseline.show", {{"name", "shim"}})["version"], 2) << "the one in use";
  const Json diff = ask("baseline.diff", {{"from", "shim"}, {"from_version", 1}, {"to", "shim"}});
  EXPECT_EQ(diff["found"], 1);
  EXPECT_THAT(diff["differences"][0]["text"].get<std::string>(),
              HasSubstr("replaced: shimx64.efi"));
  EXPECT_THAT(refusal("baseline.show", {{"name", "shin"}}).message, HasSubstr("did you mean shim"));
}

TEST_F(OperatorBaselinesTest, ARetiredOneIsOutOfUseAndStaysReadable) {
  import(kShim, "shim");
  import(kNewShim, "shim");
  const Json retired = ask("baseline.retire", {{"name", "shim"}, {"operator", "bob"}});
  EXPECT_EQ(retired["version"], 2);
  EXPECT_EQ(retired["retired_by"], "bob");
  EXPECT_EQ(retired["successor"], 1) << "an older one is in use again";
  EXPECT_TRUE((*store_.baselines())[1]->values.empty()) << "the file has them";
  EXPECT_EQ(ask("baseline.show", {{"name", "shim"}, {"version", 2}})["references"].size(), 1U);
  EXPECT_EQ(exported("shim", 2), kNewShim);
  EXPECT_EQ(
      refusal("baseline.retire", {{"name", "shim"}, {"version", 2}, {"operator", "bob"}}).code,
      ErrorCode::kConflict);
  EXPECT_EQ(import(kShim, "shim")["version"], 3) << "numbers are not used again";
}

TEST_F(OperatorBaselinesTest, SaysWhomAnImportHitsAndRefusesToHitMany) {
  ask("policy.apply",
      {{"texts",
        {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nbaselines = []\n"
         "no_baseline = \"warn\"\nreferences = [\"boot\"]\nunreferenced = \"warn\"\n"}},
       {"confirmed", true},
       {"operator", "alice"}});
  attest(11);
  // What they boot is known: better. Then a set that knows nothing of it: worse.
  const Json good = import(known_boot(), "boot");
  EXPECT_EQ(good["blast"]["better"], 11);
  EXPECT_EQ(good["in_force"], true);
  const std::string uploaded = upload(kShim);
  const transport::ControlError error = refusal("baseline.import", import_args(uploaded, "boot"));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("11 of 11 hosts would get worse"));
  EXPECT_THAT(error.hint, HasSubstr("--yes"));
  EXPECT_EQ(policies_->baselines().size(), 1U);
  const Json check = ask("baseline.import.check", import_args(uploaded, "boot"));
  EXPECT_EQ(check["blast"]["worse"], 11);
  EXPECT_EQ(check["blast"]["groups"][0]["code"], "boot.reference.unknown");
  EXPECT_EQ(policies_->baselines().size(), 1U) << "nothing changed";
  EXPECT_EQ(ask("baseline.import", import_args(uploaded, "boot", 0, true))["version"], 2);
}

// A label can bring another policy, and with it another state: said before it is found out.
TEST_F(OperatorBaselinesTest, SaysWhatALabelBringsAHostUnder) {
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"strict\"\npriority = 1\n[match]\n"
                         "labels = [\"env=prod\"]\n[boot]\nno_baseline = \"fail\"\n"}},
                       {"operator", "alice"}});
  attest(1);
  const auto label = [&](const std::string& verb, const Json& set) {
    return ask(verb, {{"host", "host-0"}, {"set", set}, {"operator", "alice"}})["policy_move"];
  };
  EXPECT_EQ(label("label.check", {{"role", "db"}}), nullptr) << "the policy stays";
  const Json move = label("label.check", {{"env", "prod"}});
  EXPECT_EQ(move["from"], "default");
  EXPECT_EQ(move["to"], "strict");
  EXPECT_EQ(move["state"], "warning");
  EXPECT_EQ(move["state_then"], "failed");
  EXPECT_EQ(label("label", {{"env", "prod"}}), move);
}

TEST_F(OperatorBaselinesTest, RefusesToRetireWhatManyHostsRestOn) {
  ask("policy.apply", {{"texts",
                        {"[policy]\nid = \"default\"\nversion = 2\n[boot]\nbaselines = []\n"
                         "references = [\"boot\"]\n"}},
                       {"confirmed", true},
                       {"operator", "alice"}});
  import(known_boot(), "boot");
  attest(11);
  const Json args = {{"name", "boot"}, {"operator", "bob"}};
  EXPECT_THAT(refusal("baseline.retire", args).message, HasSubstr("11 of 11 hosts"));
  EXPECT_FALSE(policies_->baselines().front()->is_retired());
  EXPECT_EQ(ask("baseline.retire.check", args)["blast"]["worse"], 11);
}

}  // namespace
}  // namespace quotemill::daemon
