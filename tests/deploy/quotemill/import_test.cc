#include <deque>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "deploy/quotemill/commands/commands.h"
#include "engine/base/limits.h"
#include "tests/support/temp_folder.h"
#include "transport/control/import_line.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using transport::ControlAnswer;
using transport::ControlError;

std::string line(unsigned number) {
  ImportedIdentity identity;
  identity.name = "web-" + std::to_string(number);
  const std::string ak = "ak-" + std::to_string(number);
  identity.ak_public = to_bytes(as_bytes(ak));
  identity.curve_key.fill(1);
  identity.curve_key[0] = static_cast<std::uint8_t>(number);
  identity.curve_key[1] = static_cast<std::uint8_t>(number >> 8U);
  return transport::to_line(transport::render_import(identity)) + "\n";
}

// A daemon that takes everything, unless an answer was put into `answers_`.
class ImportTest : public ::testing::Test {
 protected:
  Exit run(const std::string& contents, bool is_dry_run = false, bool is_json = false) {
    std::ofstream(folder_ / "hosts.jsonl") << contents;
    Settings settings;
    settings.json = is_json;
    Session session(settings, {},
                    [this](const std::string& verb, const Json& args, int) -> ControlAnswer {
                      EXPECT_EQ(verb, "hosts.import");
                      requests_.push_back(args);
                      if (!answers_.empty()) {
                        ControlAnswer answer = std::move(answers_.front());
                        answers_.pop_front();
                        return answer;
                      }
                      return Json{{"imported", args["check"] == true ? 0 : args["hosts"].size()},
                                  {"unchanged", 0U},
                                  {"mistakes", Json::array()}};
                    },
                    {out_, err_});
    return run_import(session, {(folder_ / "hosts.jsonl").string(), is_dry_run});
  }

  testing::TempFolder folder_;
  std::deque<ControlAnswer> answers_;
  std::vector<Json> requests_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ImportTest, ChecksTheWholeFileBeforeItWritesAnything) {
  std::string contents;
  for (unsigned number = 0; number < 300; ++number) {
    contents += line(number);
  }
  EXPECT_EQ(run(contents), Exit::kFine) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("300 hosts imported"));
  ASSERT_EQ(requests_.size(), 10U);
  std::size_t written = 0;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    EXPECT_EQ(requests_[i]["check"], i < 5);
    EXPECT_LE(requests_[i]["hosts"].size(), limits::kImportHostsMax);
    written += i < 5 ? 0 : requests_[i]["hosts"].size();
  }
  EXPECT_EQ(written, 300U);
}

TEST_F(ImportTest, ADryRunOnlyChecks) {
  EXPECT_EQ(run(line(1) + "\n" + line(2), true), Exit::kFine);
  EXPECT_EQ(requests_.size(), 1U);
  EXPECT_THAT(out_.str(), HasSubstr("2 hosts would be imported"));
}

TEST_F(ImportTest, TellsEveryMistakeWithItsLine) {
  const std::string contents = line(1) + "{\n\n" + line(2) + "{\"name\": \"web-3\"}\n" + line(1);
  EXPECT_EQ(run(contents), Exit::kError);
  EXPECT_TRUE(requests_.empty()) << "nothing was asked for";
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:2: is no JSON"));
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:5: ak_public is missing"));
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:6: name is that of line 1"));
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:6: ak_public is that of line 1"));
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:6: curve_key is that of line 1"));
  EXPECT_THAT(err_.str(), HasSubstr("nothing was imported"));
}

TEST_F(ImportTest, TellsTheLineOfTheDaemonsMistakes) {
  answers_ = {
      Json{{"imported", 0U},
           {"unchanged", 0U},
           {"mistakes", {{{"index", 1U}, {"what", "name is taken"}, {"hint", "retire it"}}}}}};
  EXPECT_EQ(run("\n" + line(1) + "\n" + line(2)), Exit::kError);
  EXPECT_EQ(requests_.size(), 1U) << "nothing was written";
  EXPECT_THAT(err_.str(), HasSubstr("hosts.jsonl:4: name is taken\n  retire it\n"));
}

TEST_F(ImportTest, CountsWhatWasWrittenWhenItIsInterrupted) {
  std::string contents;
  for (unsigned number = 0; number < limits::kImportHostsMax + 1; ++number) {
    contents += line(number);
  }
  const Json fine = {{"imported", 0U}, {"unchanged", 0U}, {"mistakes", Json::array()}};
  Json written = fine;
  written["imported"] = limits::kImportHostsMax;
  answers_ = {fine, fine, written, ControlError{ErrorCode::kStorage, "disk full", {}}};
  EXPECT_EQ(run(contents, false, true), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("64 hosts of 65 were imported, the others were not"));
  const std::optional<Json> summary = transport::parse_json(out_.str());
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)["imported"], 64);
  EXPECT_EQ((*summary)["hosts"], 65);
}

TEST_F(ImportTest, RefusesAnEmptyFileAndEndlessLines) {
  EXPECT_EQ(run("\n\n"), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("there is no host in the file"));
  EXPECT_EQ(run(std::string(limits::kImportLineSizeMax + 1, '{')), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("is longer than"));
}

TEST_F(ImportTest, ShowsAHundredMistakesAndCountsTheOthers) {
  std::string contents;
  for (int i = 0; i < 150; ++i) {
    contents += "{}\n";
  }
  EXPECT_EQ(run(contents, false, true), Exit::kError);
  const std::optional<Json> summary = transport::parse_json(out_.str());
  ASSERT_TRUE(summary);
  EXPECT_EQ((*summary)["mistakes"].size(), 100U);
  EXPECT_EQ((*summary)["mistake_count"], 150);
}

}  // namespace
}  // namespace quotemill::cli
