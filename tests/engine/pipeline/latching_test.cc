// What a policy's [latch] does to hosts, through judgement and commit.
#include <gmock/gmock.h>

#include "engine/evidence/receipt.h"
#include "engine/pipeline/reappraisal.h"
#include "engine/verdict/latch.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::measured;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

constexpr const char* kPolicy = R"(
[latch]
findings = ["boot.event.unexpected", "identity.changed"]
)";

class LatchingTest : public ::testing::Test {
 protected:
  LatchingTest() { engine.enrol(host); }

  // Boots something that the baseline does not have, or the honest boot again.
  void boot(bool is_honest) {
    host.reboot();
    host.boot = testing::ordinary_boot();
    if (!is_honest) {
      host.boot.push_back(measured(8, event_type::kIpl, "insmod evil"));
    }
    engine.attest(host);
  }

  TrustState trust() { return engine.state(host).state; }

  Result<std::shared_ptr<const HostRecord>> acknowledge() {
    return engine.committer.change([this](const RegistryView& view) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.state = *view.hosts.find(host.record().uid)->state;
      const auto done =
          quotemill::acknowledge(update.state->latches.get(), {}, update.state->verdict);
      if (!done) {
        return Error{ErrorCode::kConflict, "test"};
      }
      update.state->latches = done->latches;
      update.state->verdict = held(update.state->verdict, done->latches.get());
      update.state->state = update.state->verdict.state;
      return update;
    });
  }

  SoftwareHost host;
  SmallEngine engine{policy_of(kPolicy), {baseline_of(SoftwareHost())}};
};

TEST_F(LatchingTest, WhatLatchedHoldsTheStateOverACleanBoot) {
  engine.attest(host);
  boot(false);
  ASSERT_EQ(trust(), TrustState::kFailed);
  boot(true);
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLatchHeld));
  EXPECT_EQ(engine.changes.all().size(), 2U) << "held is no change";
  const auto history = engine.store.history(host.record().uid, 0, 1);
  EXPECT_THAT(codes(history->front().verdict.findings), Contains(FindingCode::kLatchHeld));
}

TEST_F(LatchingTest, TheReceiptSaysWhatTheStateIs) {
  boot(false);
  host.reboot();
  host.boot = testing::ordinary_boot();
  const Reply reply = engine.attest(host);
  ASSERT_EQ(reply.kind, ReplyKind::kReceipt);
  EXPECT_EQ(decode_receipt(reply.body)->state, static_cast<std::uint8_t>(TrustState::kFailed));
}

TEST_F(LatchingTest, WhatDoesNotLatchHealsWithTheNextBoot) {
  SmallEngine plain{default_policy(), {baseline_of(SoftwareHost())}};
  plain.enrol(host);
  host.boot.push_back(measured(8, event_type::kIpl, "insmod evil"));
  plain.attest(host);
  ASSERT_EQ(plain.state(host).state, TrustState::kFailed);
  host.reboot();
  host.boot = testing::ordinary_boot();
  plain.attest(host);
  EXPECT_EQ(plain.state(host).state, TrustState::kTrusted);
}

TEST_F(LatchingTest, AnAcknowledgementIsOneChangeAndLosesNothingInFlight) {
  boot(false);
  boot(true);
  const std::size_t changes_before = engine.changes.all().size();
  Judgement in_flight = engine.judge(engine.submission(host));
  ASSERT_TRUE(acknowledge());
  EXPECT_EQ(trust(), TrustState::kTrusted);
  ASSERT_EQ(engine.changes.all().size(), changes_before + 1);
  EXPECT_EQ(engine.changes.all().back().current, TrustState::kTrusted);
  EXPECT_EQ(engine.changes.all().back().previous, TrustState::kFailed);
  EXPECT_EQ(engine.commit(std::move(in_flight)).kind, ReplyKind::kReceipt);
  EXPECT_EQ(trust(), TrustState::kTrusted) << "judged before, committed after";
  EXPECT_FALSE(acknowledge());
}

TEST_F(LatchingTest, AnAcknowledgedHostStillTurnsStale) {
  boot(false);
  boot(true);
  ASSERT_TRUE(acknowledge());
  engine.clock.advance(300'000);
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kStale) << "its deadline is still there";
}

TEST_F(LatchingTest, AnAcknowledgementThatIsNotDurableIsNone) {
  boot(false);
  boot(true);
  engine.store.fail_next_commit();
  EXPECT_FALSE(acknowledge());
  EXPECT_EQ(trust(), TrustState::kFailed);
  EXPECT_NE(engine.state(host).latches, nullptr);
}

TEST_F(LatchingTest, SilenceDoesNotLetGo) {
  boot(false);
  engine.clock.advance(300'000);
  engine.settle();
  ASSERT_EQ(trust(), TrustState::kStale);
  boot(true);
  EXPECT_EQ(trust(), TrustState::kFailed);
}

TEST_F(LatchingTest, ANewKeyDoesNotLetGo) {
  boot(false);
  ++host.record().generation;
  engine.put(host, true);
  EXPECT_EQ(trust(), TrustState::kUnknown);
  boot(true);
  EXPECT_EQ(trust(), TrustState::kFailed);
}

TEST_F(LatchingTest, ANewKeyItselfCanLatch) {
  engine.attest(host);
  ++host.record().generation;
  const HostRecord record = host.record();
  ASSERT_TRUE(engine.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = true;
    update.reasons = {
        Finding{.code = FindingCode::kIdentityChanged, .severity = Severity::kWarning}};
    return update;
  }));
  engine.attest(host);
  EXPECT_EQ(trust(), TrustState::kWarning);
  EXPECT_THAT(engine.blame(host), ElementsAre(FindingCode::kLatchHeld));
}

TEST_F(LatchingTest, HeldAttestationsAreReaffirmedAndMakeNoRows) {
  boot(false);
  boot(true);
  engine.attest(host);
  const std::uint64_t before = engine.counters.reaffirmed.load();
  engine.attest(host);
  EXPECT_EQ(engine.counters.reaffirmed.load(), before + 1);
}

TEST_F(LatchingTest, APreviewKnowsWhatHolds) {
  boot(false);
  boot(true);
  const Host now = *engine.hosts.find(host.record().uid);
  const Reappraisal judged = reappraise(now, {*engine.policies->current(), engine.server_key,
                                              engine.keys, engine.store, engine.extends});
  ASSERT_EQ(judged.kind, ReappraisalKind::kVerdict);
  EXPECT_EQ(judged.verdict.state, TrustState::kFailed) << "or it would seem to become trusted";
}

TEST_F(LatchingTest, AHostThatIsGoneHasNothingToAcknowledge) {
  boot(false);
  engine.remove(host);
  const auto done = engine.committer.change([this](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.state.emplace();
    update.state->host = host.record().uid;
    return update;
  });
  EXPECT_TRUE(done);
  EXPECT_FALSE(engine.hosts.find(host.record().uid));
}

}  // namespace
}  // namespace quotemill
