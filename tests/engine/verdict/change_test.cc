#include "engine/verdict/change.h"

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

TEST(Compare, ManagesWithoutCounters) {
  HostState after = state_of(TrustState::kFailed);
  after.counters.reset();
  EXPECT_EQ(compare(state_of(TrustState::kTrusted), after)->reset_count, 0U);
}

}  // namespace
}  // namespace quotemill
