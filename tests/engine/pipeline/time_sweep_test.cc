// Reference values that begin and end to count: time alone moves hosts, each once.
#include "engine/pipeline/time_sweep.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)
using ::testing::Contains;

constexpr std::int64_t kDay = 86'400'000;
constexpr WallTime kStart{1'700'000'000'000};  // of the clock

constexpr const char* kPolicy = R"(
[freshness]
stale_after = "30d"
[boot]
baselines = []
references = ["boot"]
)";

// All that `host` boots with, as an imported baseline.
std::shared_ptr<const Baseline> set_of(const SoftwareHost& host, WallTime from, WallTime until) {
  auto set = std::make_shared<Baseline>();
  set->name = "boot";
  set->file = ImportedFile{};
  const Bytes log = host.log();
  for (const BootEvent& event : read_boot_log(log).log.events) {
    if (event.is_measured()) {
      ReferenceValue value;
      value.digest = *Digest::from(HashAlgorithm::kSha256, event.digest(HashAlgorithm::kSha256));
      value.valid_from = from;
      value.valid_until = until;
      set->values.push_back(std::move(value));
    }
  }
  std::sort(set->values.begin(), set->values.end(), in_value_order);
  return set;
}

class TimeSweepTest : public ::testing::Test {
 protected:
  void begin(WallTime from, WallTime until) {
    engine = std::make_unique<SmallEngine>(
        policy_of(kPolicy),
        std::vector<std::shared_ptr<const Baseline>>{set_of(host, from, until)});
    engine->enrol(host);
  }

  // Time goes by, and whoever waits for its turns does what it has to.
  TimeSweepReport go_on(std::int64_t ms) {
    engine->clock.advance(ms);
    return look();
  }

  TimeSweepReport look() {
    engine->settle();
    if (engine->policies->turns() == turns) {
      return {};
    }
    turns = engine->policies->turns();
    return sweep(parts(), [] { return false; });
  }

  TimeSweepParts parts() {
    return {engine->hosts, engine->store, *engine->policies, engine->server_key,
            [this](std::vector<ReappraisedHost> judged) {
              return engine->committer.commit_reappraised(std::move(judged));
            }};
  }

  TrustState trust() { return engine->state(host).state; }

  SoftwareHost host;
  std::unique_ptr<SmallEngine> engine;
  std::uint64_t turns = 0;
};

TEST_F(TimeSweepTest, TheEndOfAValidityFailsAHostThatSaysNothing) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  ASSERT_EQ(trust(), TrustState::kTrusted);
  look();
  EXPECT_EQ(go_on(kDay - 1).moved, 0U);
  ASSERT_EQ(trust(), TrustState::kTrusted);
  EXPECT_EQ(go_on(1).moved, 1U);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine->blame(host), Contains(FindingCode::kBootReferenceUnknown));
  const std::vector<Change> changes = engine->changes.all();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes.back().current, TrustState::kFailed);
  EXPECT_EQ(changes.back().time, (WallTime{kStart.ms + kDay}));
  EXPECT_EQ(changes.back().snapshot, engine->snapshot()->id());
  go_on(kDay);
  engine->attest(host);
  EXPECT_EQ(engine->changes.all().size(), 2U) << "one edge, not one each time";
}

TEST_F(TimeSweepTest, TheBeginningOfAValidityHealsAHost) {
  begin({kStart.ms + kDay}, {});
  engine->attest(host);
  ASSERT_EQ(trust(), TrustState::kFailed);
  EXPECT_EQ(go_on(kDay).moved, 1U);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_TRUE(engine->changes.all().back().reasons.empty());
}

TEST_F(TimeSweepTest, TheNextAttestationComesToTheSame) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  go_on(kDay);
  ASSERT_EQ(trust(), TrustState::kFailed);
  engine->attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
  engine->attest(host);
  EXPECT_EQ(engine->counters.reaffirmed.load(), 2U) << "the sweep has said it already";
}

TEST_F(TimeSweepTest, AnAttestationMovesTheHostEvenIfNobodySweeps) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  engine->clock.advance(kDay);
  engine->settle();
  engine->attest(host);
  EXPECT_EQ(trust(), TrustState::kFailed);
}

TEST_F(TimeSweepTest, Hostile_AClockThatIsSetForthEndsWhatEndsAndOneThatIsSetBackRevivesNothing) {
  for (const std::int64_t jump : {std::int64_t{3'600'000}, 365 * kDay}) {
    turns = 0;
    begin({kStart.ms - jump / 2}, {kStart.ms + jump / 2});
    engine->attest(host);
    look();
    ASSERT_EQ(trust(), TrustState::kTrusted);
    engine->clock.step_wall(-jump);
    look();
    EXPECT_EQ(trust(), TrustState::kTrusted) << "it goes on with the boot clock";
    engine->clock.step_wall(2 * jump);
    look();
    EXPECT_EQ(trust(), TrustState::kFailed) << "by the wall clock it is over";
    engine->clock.step_wall(-jump);
    look();
    EXPECT_EQ(trust(), TrustState::kFailed) << "what was revoked stays so";
    EXPECT_EQ(engine->changes.all().size(), 2U) << "each edge once";
  }
}

TEST_F(TimeSweepTest, ANewerVerdictIsNeverReplaced) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  engine->clock.advance(kDay);
  engine->settle();

  // Judged by the sweep while another attestation is committed.
  TimeSweepParts overtaken = parts();
  overtaken.commit = [this](std::vector<ReappraisedHost> judged) {
    engine->attest(host);
    return engine->committer.commit_reappraised(std::move(judged));
  };
  EXPECT_EQ(sweep(overtaken, [] { return false; }).moved, 0U);
  EXPECT_EQ(engine->state(host).sequence, 2U);
  EXPECT_EQ(engine->changes.all().size(), 2U) << "the attestation's own";
}

TEST_F(TimeSweepTest, SilentHostsStayStaleAndTheRetiredStayWhatTheyAre) {
  begin({kStart.ms + 40 * kDay}, {});
  engine->attest(host);
  go_on(31 * kDay);
  ASSERT_EQ(trust(), TrustState::kStale);
  EXPECT_EQ(go_on(10 * kDay).moved, 0U);
  EXPECT_EQ(trust(), TrustState::kStale) << "old evidence makes no silent host trusted";
}

TEST_F(TimeSweepTest, AFailedWriteIsToldAndMovesNobody) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  look();
  engine->clock.advance(kDay);
  engine->settle();
  engine->store.fail_next_commit();
  const TimeSweepReport report = sweep(parts(), [] { return false; });
  EXPECT_EQ(report.unwritten, 1U);
  EXPECT_EQ(report.failed, 0U);
  EXPECT_EQ(trust(), TrustState::kTrusted);
  EXPECT_EQ(sweep(parts(), [] { return false; }).moved, 1U) << "the next one does it";
}

TEST_F(TimeSweepTest, EndsEarlyWhenItIsOver) {
  begin({}, {kStart.ms + kDay});
  engine->attest(host);
  engine->clock.advance(kDay);
  engine->settle();
  EXPECT_EQ(sweep(parts(), [] { return true; }).judged, 0U);
}

TEST_F(TimeSweepTest, TimeHasNoTurnsWhereNothingHasAValidity) {
  begin({}, {});
  engine->attest(host);
  go_on(365 * kDay);
  EXPECT_EQ(engine->policies->turns(), 0U);
}

TEST_F(TimeSweepTest, WhatTimeFindsCanLatch) {
  engine = std::make_unique<SmallEngine>(
      policy_of(std::string(kPolicy) + "[latch]\nfindings = [\"boot.reference.unknown\"]\n"),
      std::vector<std::shared_ptr<const Baseline>>{set_of(host, {}, {kStart.ms + kDay})});
  engine->enrol(host);
  engine->attest(host);
  go_on(kDay);
  ASSERT_EQ(trust(), TrustState::kFailed);
  EXPECT_NE(engine->state(host).latches, nullptr);
}

}  // namespace
}  // namespace quotemill
