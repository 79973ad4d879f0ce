// The commands about images of ESXi, against answers that a test gives.
#include <fstream>

#include <gmock/gmock.h>

#include "deploy/references/reference_file.h"
#include "tests/deploy/quotemill/commands_fixture.h"
#include "tests/deploy/quotemill/packages/sample_vibs.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using testing::SampleVib;

class ImagesTest : public CommandsTest {
 protected:
  static Json image(const std::string& name, const Json& approved, const Json& retired = nullptr) {
    return {{"name", name},
            {"version", 2},
            {"kind", "imported"},
            {"values", 300},
            {"captured", "2026-11-26T10:00:00.000Z"},
            {"file", {{"name", "imgdb.tgz"}, {"by", "alice"}}},
            {"retired", retired},
            {"retired_by", retired.is_null() ? Json(nullptr) : Json("carol")},
            {"in_force", true},
            {"hosts", 41},
            {"last_attested", "2026-11-26T11:00:00.000Z"},
            {"image",
             {{"name", "ESXi-8.0U3"},
              {"vendor", "VMware, Inc."},
              {"version", "8.0.3"},
              {"build", "24280767"},
              {"acceptance", "certified"},
              {"vibs", 120},
              {"database", "sha256:ab"},
              {"approved", approved},
              {"approved_by", approved.is_null() ? Json(nullptr) : Json("bob")}}}};
  }

  std::string vib_file() {
    const std::string path = (folder_.path() / "driver.vib").string();
    std::ofstream(path, std::ios::binary)
        << SampleVib{"i40en", "1.2.3", {{"i40en", "driver"}}}.file();
    return path;
  }

  quotemill::testing::TempFolder folder_;
};

TEST_F(ImagesTest, ImportSendsAPlainFileOfTheImage) {
  answers_ = {Json{{"received", 1}}, image("drivers", nullptr), image("drivers", nullptr)};
  Session one = session();
  EXPECT_EQ(run_images_import(one, {{vib_file()}, {"drivers"}, {}}), Exit::kFine) << err_.str();
  ASSERT_EQ(requests_.size(), 3U);
  const std::optional<Bytes> sent = from_hex(requests_[0]["args"]["hex"].get<std::string>());
  const auto reading = references::read_reference_file(as_text(*sent), "esxi-image");
  ASSERT_TRUE(reading) << reading.error().detail;
  EXPECT_EQ(reading->image->vibs[0].name, "i40en");
  EXPECT_EQ(requests_[1]["verb"], "baseline.import.check");
  EXPECT_EQ(requests_[2]["verb"], "baseline.import");
  EXPECT_EQ(requests_[1]["args"]["format"], "esxi-image");
  EXPECT_EQ(requests_[1]["args"]["name"], "drivers");
  EXPECT_THAT(out_.str(), HasSubstr("imported drivers@2: ESXi-8.0U3, 8.0.3 build 24280767"));
  EXPECT_THAT(err_.str(), HasSubstr("not trusted before 'quotemill images approve drivers@2'"));
  expect_clean();
}

TEST_F(ImagesTest, ImportSaysWhatIsWrongBeforeAnythingIsSent) {
  Session one = session();
  const std::string path = (folder_.path() / "nonsense").string();
  std::ofstream(path) << "nonsense";
  EXPECT_EQ(run_images_import(one, {{path}, {"x"}, {}}), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("is no image database (gzip)"));
  EXPECT_EQ(run_images_import(one, {{path, path}, {"x"}, {}}), Exit::kUsage);
  EXPECT_EQ(run_images_import(one, {{vib_file()}, {"x", "y"}, {}}), Exit::kUsage);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ImagesTest, ListTellsTheStateAndTheLastAttestation) {
  Json never = image("esxi-8u2", nullptr);
  never["last_attested"] = nullptr;
  never["hosts"] = 0;
  Json unknown = image("esxi-6", nullptr);
  unknown["last_attested"] = nullptr;
  Json vibs = image("oem-drivers", nullptr);
  vibs["hosts"] = 0;
  vibs["image"]["version"] = nullptr;
  vibs["image"]["build"] = nullptr;
  answers_ = {Json{
      {"images",
       {image("esxi-8u3", "2026-11-26T10:30:00.000Z"), never,
        image("esxi-7", "2026-11-26T10:30:00.000Z", "2026-11-26T10:40:00.000Z"), unknown, vibs}}}};
  Session one = session();
  EXPECT_EQ(run_images_list(one), Exit::kFine);
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("esxi-8u3@2 +approved +ESXi-8.0U3 +8.0.3 build "
                                                   "24280767 +120 +41 +2026-11-26"));
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("esxi-8u2@2 +known .* 0 +never"));
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("esxi-7@2 +retired"));
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("oem-drivers@2 +known .* no release +120"));
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("esxi-6@2 +known .* 41 +unknown"));
  expect_clean();
}

TEST_F(ImagesTest, ListSaysWhatToDoWhereThereAreNone) {
  answers_ = {Json{{"images", Json::array()}}};
  Session one = session();
  EXPECT_EQ(run_images_list(one), Exit::kFine);
  EXPECT_THAT(err_.str(), HasSubstr("quotemill images import FILE --as NAME"));
}

TEST_F(ImagesTest, ShowTellsTheVibOfEachBootFile) {
  Json page = image("esxi-8u3", "2026-11-26T10:30:00.000Z");
  page["references"] = {{{"name", "b.b00"},
                         {"source", "esx-base"},
                         {"version", "8.0.3-0.35.24280767"},
                         {"vendor", "VMware"},
                         {"digest", "sha256:cd"}}};
  page["next"] = nullptr;
  answers_ = {page};
  Session one = session();
  EXPECT_EQ(run_images_show(one, "esxi-8u3@2"), Exit::kFine);
  EXPECT_EQ(requests_[0]["args"]["version"], 2);
  EXPECT_THAT(out_.str(), HasSubstr("esxi-8u3@2 (approved): ESXi-8.0U3, 8.0.3 build 24280767"));
  EXPECT_THAT(out_.str(), HasSubstr("by bob"));
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("b.b00 +esx-base +8.0.3-0.35.24280767"));
  expect_clean();
}

TEST_F(ImagesTest, ShowRefusesWhatIsNoImage) {
  Json page = image("shim", nullptr);
  page["image"] = nullptr;
  answers_ = {page};
  Session one = session();
  EXPECT_EQ(run_images_show(one, "shim"), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("shim is no image of ESXi"));
}

TEST_F(ImagesTest, ApproveSaysWhatItDid) {
  answers_ = {image("esxi-8u3", nullptr), image("esxi-8u3", "2026-11-26T10:30:00.000Z")};
  Settings settings;
  settings.is_confirmed = true;
  Session one = session(settings);
  EXPECT_EQ(run_images_approve(one, "esxi-8u3"), Exit::kFine) << err_.str();
  EXPECT_EQ(requests_.back()["verb"], "image.approve");
  EXPECT_THAT(out_.str(), HasSubstr("approved esxi-8u3@2: ESXi-8.0U3"));
}

TEST_F(ImagesTest, ApproveCanBeTriedDry) {
  Json answer = image("esxi-8u3", nullptr);
  answer["dry_run"] = true;
  answers_ = {answer};
  Settings settings;
  settings.is_dry_run = true;
  Session one = session(settings);
  EXPECT_EQ(run_images_approve(one, "esxi-8u3"), Exit::kFine) << err_.str();
  EXPECT_EQ(requests_.back()["verb"], "image.approve.check");
  EXPECT_THAT(out_.str(), HasSubstr("would approve esxi-8u3@2"));
}

}  // namespace
}  // namespace quotemill::cli
