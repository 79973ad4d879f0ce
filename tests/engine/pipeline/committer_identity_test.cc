// What becomes of hosts by decision.
#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::baseline_of;
using testing::codes;
using testing::CommitterTest;
using ::testing::ElementsAre;
using testing::kStaleAfter;
using testing::policy_of;
using testing::SmallEngine;
using testing::SoftwareHost;

TEST_F(CommitterTest, AddsManyHostsInOneWriteOrNone) {
  const auto add = [&](unsigned first) {
    return engine.committer.change([first](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      for (unsigned number = first; number < first + 3; ++number) {
        update.added.push_back(SoftwareHost(KeyKind::kEcP256, number).record());
      }
      return update;
    });
  };
  ASSERT_TRUE(add(50));
  for (unsigned number = 50; number < 53; ++number) {
    const HostState state = engine.state(SoftwareHost(KeyKind::kEcP256, number));
    EXPECT_EQ(state.state, TrustState::kUnknown);
    EXPECT_EQ(state.generation, 1U);
  }
  EXPECT_TRUE(engine.changes.all().empty()) << "nobody knew them before";
  const std::size_t before = engine.hosts.size();
  engine.store.fail_next_commit();
  EXPECT_FALSE(add(60));
  EXPECT_EQ(engine.hosts.size(), before);
}

TEST_F(CommitterTest, DecidesIdentitiesOneAfterAnother) {
  const SoftwareHost other(KeyKind::kEcP256, 1);
  HostRecord record = other.record();
  record.name = host.record().name;
  const auto result =
      engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
        if (view.hosts.find_by_name(record.name)) {
          return Error{ErrorCode::kConflict, "name"};
        }
        IdentityUpdate update;
        update.record = record;
        return update;
      });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_EQ(engine.hosts.find_by_name(record.name)->record->uid, host.record().uid);
}

TEST_F(CommitterTest, KnowsTheTokensThatWereWritten) {
  const TokenRecord token{hash(HashAlgorithm::kSha256, as_bytes("token")), 2, {}, {}};
  const auto write = [&](std::uint32_t uses) {
    return engine.committer.change([&, uses](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.tokens = {token};
      update.tokens[0].uses_left = uses;
      return update;
    });
  };
  ASSERT_TRUE(write(2));
  ASSERT_TRUE(write(1));
  ASSERT_TRUE(engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
    EXPECT_EQ(view.tokens.at(token.id.hex()).uses_left, 1U);
    return IdentityUpdate{};
  }));
}

TEST_F(CommitterTest, JudgesUnderABaselineAsSoonAsItIsCaptured) {
  SmallEngine bare;
  bare.enrol(host);
  bare.attest(host);
  EXPECT_THAT(bare.blame(host), ElementsAre(FindingCode::kBootBaselineAbsent));
  const SnapshotId before = bare.snapshot()->id();
  ASSERT_TRUE(bare.committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.baseline = baseline_of(host);
    return update;
  }));
  EXPECT_NE(bare.snapshot()->id(), before);
  bare.attest(host);
  EXPECT_EQ(bare.state(host).state, TrustState::kTrusted);
  EXPECT_EQ(bare.store.baselines()->size(), 1U);
}

// Nobody judges it any more: an old green must not stay until the host attests again, or for good.
TEST_F(CommitterTest, Hostile_AHostThatLosesItsPolicyIsUnknownAtOnce) {
  SmallEngine bound(policy_of("[match]\nlabels = [\"env=prod\"]\n"), {baseline_of(host)});
  host.record().labels = {{"env", "prod"}};
  bound.enrol(host);
  bound.attest(host);
  ASSERT_EQ(bound.state(host).state, TrustState::kTrusted);
  host.record().labels = {{"env", "test"}};
  bound.put(host, false);
  const HostState state = bound.state(host);
  EXPECT_EQ(state.state, TrustState::kUnknown);
  EXPECT_THAT(codes(state.verdict.findings), ElementsAre(FindingCode::kPolicyNone));
  EXPECT_EQ(bound.changes.all().back().current, TrustState::kUnknown);
  ASSERT_EQ(bound.store.revisions(host.record().uid, 0, UINT64_MAX, 10)->size(), 1U);
  bound.clock.advance(10 * kStaleAfter);
  bound.settle();
  EXPECT_EQ(bound.state(host).state, TrustState::kUnknown) << "nor does it turn stale";
  host.record().labels = {{"env", "prod"}};
  bound.put(host, false);
  bound.attest(host);
  EXPECT_EQ(bound.state(host).state, TrustState::kTrusted);
}

TEST_F(CommitterTest, Hostile_HostsWhosePolicyIsWithdrawnOrNarrowedAreUnknownAtOnce) {
  engine.attest(host);
  SoftwareHost other(KeyKind::kEcP256, 1);
  engine.enrol(other);
  engine.attest(other);
  const auto narrow = [&](const RegistryView& view) -> Result<IdentityUpdate> {
    PolicyRequest request;
    request.apply = {"[policy]\nid = \"default\"\nversion = 2\n[match]\nnames = [\"" +
                     other.record().name + "\"]\n"};
    Result<PolicyChange> planned = engine.policies->plan(request, view.now.wall);
    if (!planned) {
      return planned.error();
    }
    IdentityUpdate update;
    update.policies = *std::move(planned);
    return update;
  };
  engine.store.fail_next_commit();
  ASSERT_FALSE(engine.committer.change(narrow));
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kTrusted) << "nothing changed";
  ASSERT_TRUE(engine.committer.change(narrow));
  engine.store.fail_next_commit();
  engine.settle();
  engine.settle();
  EXPECT_EQ(trust(), TrustState::kUnknown) << "tried again";
  EXPECT_THAT(codes(engine.state(host).verdict.findings), ElementsAre(FindingCode::kPolicyNone));
  EXPECT_NE(engine.state(other).state, TrustState::kUnknown);
}

TEST_F(CommitterTest, GivesTheStreamANewId) {
  engine.attest(host);
  const std::string before = engine.changes.stream_id();
  engine.committer.renew_stream();
  engine.settle();
  engine.clock.advance(kStaleAfter);
  engine.settle();
  EXPECT_NE(engine.changes.stream_id(), before);
  EXPECT_EQ(engine.changes.stream_id(), engine.store.status()->stream_id);
  EXPECT_EQ(engine.changes.all().back().sequence, 2U) << "the sequence goes on";
}

}  // namespace
}  // namespace quotemill
