#include "engine/verdict/change.h"

#include <functional>

#include <gmock/gmock.h>

#include "tests/support/finding_printers.h"

namespace quotemill {
namespace {

using testing::codes;
using ::testing::ElementsAre;

HostState state_of(TrustState trust) {
  HostState state;
  state.host.bytes.fill(1);
  state.state = trust;
  state.since = {1234};
  state.evidence.writable()[0] = 7;
  state.host_changes = 4;
  state.verdict.snapshot.fill(9);
  state.counters = CounterRecord{{1000, 8, 2, true}, 1, {}, {}};
  state.counters->boot_id.fill(3);
  return state;
}

constexpr std::array kStates = {TrustState::kUnknown, TrustState::kTrusted, TrustState::kWarning,
                                TrustState::kFailed, TrustState::kStale};

TEST(Compare, MakesAChangeForEachPairOfDifferentStates) {
  for (const TrustState before : kStates) {
    for (const TrustState after : kStates) {
      const std::optional<Change> change = compare(state_of(before), state_of(after));
      ASSERT_EQ(change.has_value(), before != after);
      if (change) {
        EXPECT_EQ(change->previous, before);
        EXPECT_EQ(change->current, after);
        EXPECT_EQ(change->host_sequence, 5U);
        EXPECT_EQ(change->evidence.is_filled_with(0), after == TrustState::kStale);
      }
    }
  }
}

TEST(Compare, IgnoresNewFindingsInTheSameState) {
  HostState after = state_of(TrustState::kFailed);
  after.verdict.findings = {Finding{}};
  EXPECT_FALSE(compare(state_of(TrustState::kFailed), after));
}

TEST(Compare, TellsWhenWhyAndUnderWhat) {
  HostState after = state_of(TrustState::kFailed);
  Finding info;
  info.severity = Severity::kInfo;
  Finding failure;
  failure.code = FindingCode::kQuoteNonce;
  after.verdict.findings = {failure, info};
  const Change change = *compare(state_of(TrustState::kTrusted), after);
  EXPECT_EQ(change.host, after.host);
  EXPECT_EQ(change.time, after.since);
  EXPECT_THAT(codes(change.reasons), ElementsAre(FindingCode::kQuoteNonce));
  EXPECT_EQ(change.snapshot, after.verdict.snapshot);
  EXPECT_EQ(change.evidence, after.evidence);
  EXPECT_EQ(change.boot_id, after.counters->boot_id);
  EXPECT_EQ(change.reset_count, 8U);
  EXPECT_EQ(change.restart_count, 2U);
}

// What compare() says of each edge of a host's life, each state remembering what the one before
// did.
std::vector<std::uint64_t> losses_of(const std::vector<TrustState>& life) {
  std::vector<std::uint64_t> losses;
  HostState before = state_of(TrustState::kUnknown);
  before.host_changes = 0;
  for (const TrustState trust : life) {
    HostState after = state_of(trust);
    const Change change = *compare(before, after);
    losses.push_back(change.trust_lost);
    after.host_changes = change.host_sequence;
    after.trust_lost = ends_loss(change) ? 0 : change.trust_lost;
    before = after;
  }
  return losses;
}

TEST(Compare, NamesTheLossThatAChangeBelongsTo) {
  using enum TrustState;
  EXPECT_THAT(losses_of({kTrusted, kFailed, kStale, kFailed, kTrusted, kWarning, kTrusted}),
              ElementsAre(0, 2, 2, 2, 2, 6, 6));
  EXPECT_THAT(losses_of({kFailed, kUnknown, kFailed, kTrusted}), ElementsAre(1, 1, 1, 1))
      << "another identity is no trust";
  EXPECT_THAT(losses_of({kTrusted, kUnknown, kTrusted}), ElementsAre(0, 0, 0));
}

TEST(Compare, DoesNotGuessWhenTrustWasLostBeforeAnybodyNotedIt) {
  const HostState failed = state_of(TrustState::kFailed);
  EXPECT_EQ(compare(failed, state_of(TrustState::kStale))->trust_lost, 0U);
  EXPECT_EQ(compare(failed, state_of(TrustState::kTrusted))->trust_lost, 0U);
}

TEST(EndsLoss, WithTrustOrWithTheEndOfTheHostsLife) {
  Change change;
  change.current = TrustState::kUnknown;
  EXPECT_FALSE(ends_loss(change));
  change.reasons = {Finding{.code = FindingCode::kIdentityChanged}};
  EXPECT_FALSE(ends_loss(change));
  change.reasons = {Finding{.code = FindingCode::kIdentityRetired}};
  EXPECT_TRUE(ends_loss(change));
  change.reasons.clear();
  change.current = TrustState::kTrusted;
  EXPECT_TRUE(ends_loss(change));
}

TEST(IdOfChange, DependsOnAllThatTheChainProtects) {
  Change change;
  change.sequence = 5;
  change.reasons = {Finding{.code = FindingCode::kQuoteNonce, .severity = Severity::kFail}};
  const Digest id = id_of(change);
  EXPECT_EQ(id_of(change), id);
  const std::vector<std::function<void(Change&)>> edits = {
      [](Change& c) { c.chain_before.writable()[0] = 1; },
      [](Change& c) { ++c.sequence; },
      [](Change& c) { c.host.bytes[15] = 1; },
      [](Change& c) { ++c.host_sequence; },
      [](Change& c) { ++c.time.ms; },
      [](Change& c) { c.previous = TrustState::kFailed; },
      [](Change& c) { c.current = TrustState::kTrusted; },
      [](Change& c) { c.evidence.writable()[0] = 1; },
      [](Change& c) { c.snapshot[0] = 1; },
      [](Change& c) { c.reasons.clear(); },
      [](Change& c) { c.reasons[0].code = FindingCode::kQuoteSignature; },
      [](Change& c) { c.reasons[0].severity = Severity::kInfo; }};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    Change other = change;
    edits[i](other);
    EXPECT_NE(id_of(other), id) << "edit " << i;
  }
}

TEST(Compare, ManagesWithoutCounters) {
  HostState after = state_of(TrustState::kFailed);
  after.counters.reset();
  EXPECT_EQ(compare(state_of(TrustState::kTrusted), after)->reset_count, 0U);
}

}  // namespace
}  // namespace quotemill
