// The thread that judges hosts again when a validity begins or ends.
#include "deploy/quotemilld/validity_keeper.h"

#include <algorithm>
#include <mutex>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "tests/deploy/quotemilld/attesting_fixture.h"
#include "tests/support/eventually.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using transport::Json;
using namespace std::chrono_literals;

constexpr std::int64_t kDay = 86'400'000;
// Ten days behind the beginning of the manual clock.
constexpr const char* kEnd = "2023-11-24T22:13:20Z";

class ValidityKeeperTest : public AttestingFixture {
 protected:
  struct Told {
    bool is_bad = false;
    std::string text;
  };

  // Hosts that boot what a set has whose values end in ten days.
  void attest_by_values_that_end(unsigned hosts) {
    Json values = Json::array();
    std::istringstream lines(known_boot());
    for (std::string digest, name; lines >> digest && std::getline(lines, name);) {
      values.push_back({{"digest", "sha256:" + digest},
                        {"kind", "event"},
                        {"name", name.substr(2)},
                        {"valid_until", kEnd}});
    }
    const std::string file =
        transport::to_line({{"quotemill", "references/1"}, {"values", values}});
    const std::string sha256 = upload(file, file.size());
    ask("baseline.import", {{"upload", sha256}, {"name", "boot"}, {"operator", "alice"}});
    ask("policy.apply",
        {{"texts",
          {"[policy]\nid = \"default\"\nversion = 2\n[freshness]\nstale_after = \"30d\"\n"
           "[boot]\nbaselines = []\nreferences = [\"boot\"]\n"}},
         {"operator", "alice"}});
    attest(hosts);
    ASSERT_EQ(state_of(0), TrustState::kTrusted);
  }

  TrustState state_of(unsigned number) {
    return hosts_.find_by_name("host-" + std::to_string(number))->state->state;
  }

  void start(std::function<Result<ReappraisalCommit>(std::vector<ReappraisedHost>)> commit = {}) {
    if (!commit) {
      commit = [this](std::vector<ReappraisedHost> judged) {
        return committer_.commit_reappraised(std::move(judged));
      };
    }
    keeper_.emplace(
        TimeSweepParts{hosts_, store_, *policies_, server_key_, std::move(commit)},
        [this](bool is_bad, const std::string& text) {
          const std::lock_guard lock(mutex_);
          told_.push_back({is_bad, text});
        },
        ValidityKeeper::Pace{5ms, 5ms});
  }

  // Time goes by, and the commit thread sees it.
  void pass(std::int64_t ms) {
    clock_.advance(ms);
    ask("label", {{"host", "host-0"}, {"set", {{"seen", std::to_string(ms)}}}, {"operator", "a"}});
  }

  std::vector<Told> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  void TearDown() override {
    keeper_.reset();
    AttestingFixture::TearDown();
  }

  std::mutex mutex_;
  std::vector<Told> told_;
  std::optional<ValidityKeeper> keeper_;
};

TEST_F(ValidityKeeperTest, MovesHostsWhenAValidityEndsAndTellsHowMany) {
  attest_by_values_that_end(3);
  start();
  pass(10 * kDay - 1);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(state_of(0), TrustState::kTrusted) << "a moment too early";
  pass(1);
  EXPECT_TRUE(eventually([&] { return state_of(2) == TrustState::kFailed; }));
  EXPECT_TRUE(eventually([&] {
    const std::vector<Told> all = told();
    return !all.empty() && all.back().text.find("3 changed") != std::string::npos;
  }));
  EXPECT_FALSE(told().back().is_bad);
  EXPECT_EQ(store_.revisions(hosts_.find_by_name("host-0")->record->uid, 0, 9, 9)->size(), 1U);
}

TEST_F(ValidityKeeperTest, SaysNothingWhereNothingHasAValidity) {
  attest(1);
  start();
  pass(20 * kDay);
  std::this_thread::sleep_for(50ms);
  EXPECT_THAT(told(), IsEmpty());
}

// A full disk at the very moment: nobody stays trusted by values that have ended.
TEST_F(ValidityKeeperTest, WhatTheStoreDidNotTakeIsTriedAgain) {
  attest_by_values_that_end(1);
  std::atomic<int> refusals{3};
  start([&](std::vector<ReappraisedHost> judged) -> Result<ReappraisalCommit> {
    if (refusals.fetch_sub(1) > 0) {
      return Error{ErrorCode::kBusy, "commit", 0, "the disk is nearly full"};
    }
    return committer_.commit_reappraised(std::move(judged));
  });
  pass(10 * kDay);
  EXPECT_TRUE(eventually([&] { return state_of(0) == TrustState::kFailed; }));
  EXPECT_TRUE(eventually([&] {
    const std::vector<Told> all = told();
    return std::count_if(all.begin(), all.end(), [](const Told& one) { return one.is_bad; }) == 3;
  }));
  EXPECT_THAT(told().front().text, HasSubstr("1 not be written and are tried again"));
}

TEST_F(ValidityKeeperTest, EndsWhileTheStoreRefuses) {
  attest_by_values_that_end(1);
  start([](std::vector<ReappraisedHost>) -> Result<ReappraisalCommit> {
    return Error{ErrorCode::kBusy, "commit"};
  });
  pass(10 * kDay);
  EXPECT_TRUE(eventually([&] { return !told().empty(); }));
  keeper_.reset();
  EXPECT_EQ(state_of(0), TrustState::kTrusted);
}

}  // namespace
}  // namespace quotemill::daemon
