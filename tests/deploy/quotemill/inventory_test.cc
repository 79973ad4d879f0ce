// The commands about what is expected, and about what latched.
#include <gmock/gmock.h>

#include "tests/deploy/quotemill/commands_fixture.h"
#include "tests/support/temp_folder.h"

namespace quotemill::cli {
namespace {

using ::testing::HasSubstr;
using transport::ControlError;

class InventoryTest : public CommandsTest {
 protected:
  std::string file(std::string_view content) {
    quotemill::testing::write_file(folder_ / "fleet.csv", as_bytes(content));
    return folder_ / "fleet.csv";
  }

  quotemill::testing::TempFolder folder_;
};

TEST_F(InventoryTest, SendsTheFileAndSaysWhatBecameOfIt) {
  answers_ = {Json{{"received", 10}}, Json{{"expected", 2},
                                           {"approved", 1},
                                           {"labelled", 0},
                                           {"unchanged", 3},
                                           {"mistakes_found", 0},
                                           {"mistakes", Json::array()}}};
  Session session = this->session();
  EXPECT_EQ(run_inventory_import(session, file("ek,name\n")), Exit::kFine);
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[0]["verb"], "upload");
  EXPECT_EQ(requests_[1]["verb"], "inventory.import");
  EXPECT_EQ(requests_[1]["args"]["upload"], requests_[0]["args"]["sha256"]);
  EXPECT_EQ(out_.str(), "imported: 2 expected, 1 admitted, 0 labelled, 3 as they were\n");
}

TEST_F(InventoryTest, TellsMistakesByLineAndColumnAndFails) {
  answers_ = {Json{{"received", 10}},
              Json{{"expected", 0},
                   {"mistakes_found", 2},
                   {"mistakes", {{{"line", 3}, {"column", 7}, {"what", "is no name"}}}}}};
  Session session = this->session();
  const std::string name = file("x");
  EXPECT_EQ(run_inventory_import(session, name), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr(name + ":3:7: is no name"));
  EXPECT_THAT(err_.str(), HasSubstr("mistakes: 2; nothing was imported"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(InventoryTest, ADryRunAsksForTheCheck) {
  answers_ = {Json{{"received", 10}}, Json{{"expected", 1}, {"mistakes_found", 0}}};
  Session session = this->session({.is_dry_run = true});
  EXPECT_EQ(run_inventory_import(session, file("x")), Exit::kFine);
  EXPECT_EQ(requests_[1]["verb"], "inventory.import.check");
  EXPECT_THAT(out_.str(), HasSubstr("would import: 1 expected"));
}

TEST_F(InventoryTest, AFileThatIsNotThereIsToldAndNothingIsSent) {
  Session session = this->session();
  EXPECT_EQ(run_inventory_import(session, folder_ / "none"), Exit::kError);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(InventoryTest, ListsAllPages) {
  const auto page = [](const char* name, const Json& next) {
    return Json{
        {"expected",
         {{{"name", name}, {"listed", nullptr}, {"by", "inventory:a"}, {"ek_sha256", "ab"}}}},
        {"next", next}};
  };
  answers_ = {page("web-01", "web-01"), page("web-02", nullptr)};
  Session session = this->session();
  EXPECT_EQ(run_inventory_list(session), Exit::kFine);
  EXPECT_EQ(requests_[1]["args"]["after"], "web-01");
  EXPECT_THAT(out_.str(), HasSubstr("web-01"));
  EXPECT_THAT(out_.str(), HasSubstr("web-02"));
}

TEST_F(InventoryTest, RemovesAnExpectedHost) {
  answers_ = {Json{{"dry_run", false}, {"name", "web-01"}}};
  Session session = this->session();
  EXPECT_EQ(run_inventory_remove(session, "web-01"), Exit::kFine);
  EXPECT_EQ(requests_[0]["verb"], "inventory.remove");
  EXPECT_EQ(out_.str(), "expects web-01 no more\n");
}

class AcknowledgeTest : public CommandsTest {
 protected:
  static Json answer() {
    return {{"name", "web-01"},
            {"state", "trusted"},
            {"acknowledged", {{{"code", "ima.violation"}, {"message", "a file"}}}}};
  }
};

TEST_F(AcknowledgeTest, NamesWhatItLetGoOf) {
  answers_ = {answer()};
  Session session = this->session();
  EXPECT_EQ(
      run_acknowledge(session, {.host = "web-01", .finding = "ima.violation", .reason = "ok"}),
      Exit::kFine);
  EXPECT_EQ(requests_[0]["verb"], "acknowledge");
  EXPECT_EQ(requests_[0]["args"]["finding"], "ima.violation");
  EXPECT_EQ(requests_[0]["args"]["reason"], "ok");
  EXPECT_FALSE(requests_[0]["args"]["operator"].get<std::string>().empty());
  EXPECT_EQ(out_.str(), "acknowledged ima.violation: a file\nweb-01 is trusted\n");
}

TEST_F(AcknowledgeTest, ADryRunSaysWhatItWouldLetGoOf) {
  answers_ = {answer()};
  Session session = this->session({.is_dry_run = true});
  EXPECT_EQ(run_acknowledge(session, {.host = "web-01"}), Exit::kFine);
  EXPECT_EQ(requests_[0]["verb"], "acknowledge.check");
  EXPECT_FALSE(requests_[0]["args"].contains("finding"));
  EXPECT_EQ(out_.str(), "would acknowledge ima.violation: a file\n");
}

TEST_F(AcknowledgeTest, WhatIsNotLatchedIsAnError) {
  answers_ = {ControlError{ErrorCode::kConflict, "is not held by anything that latched", {}}};
  Session session = this->session();
  EXPECT_EQ(run_acknowledge(session, {.host = "web-01"}), Exit::kError);
  EXPECT_THAT(err_.str(), HasSubstr("not held"));
}

TEST_F(AcknowledgeTest, AHostShowsWhatHoldsIt) {
  Json host = row("web-01", "failed");
  host["latched"] = {{{"code", "ima.violation"},
                      {"message", "a file"},
                      {"since", "2026-11-26T10:00:00Z"},
                      {"seq", 7},
                      {"acknowledged", false}}};
  answers_ = {host};
  Session session = this->session();
  run_host(session, {.host = "web-01"});
  EXPECT_THAT(out_.str(), HasSubstr("Latched\n  ima.violation since "));
  EXPECT_THAT(out_.str(), HasSubstr("(attestation 7)"));
}

}  // namespace
}  // namespace quotemill::cli
