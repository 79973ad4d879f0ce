// The time that policies give hosts, at random: against what a plain list says, and what history
// says of each moment afterwards.
#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

#include "tests/engine/pipeline/committer_fixture.h"

namespace quotemill {
namespace {

using testing::CommitterTest;
using testing::kStaleAfter;
using testing::SoftwareHost;

constexpr std::int64_t kHour = 3'600'000;

// A few hosts, two policies and labels between them.
class FreshnessModel {
 public:
  // What is known of a host: since when its time counts, and for how long it was given some.
  struct Known {
    std::int64_t from = 0;
    bool is_prod = false;
    bool is_stale = true;
  };

  std::int64_t allowed_ms(const Known& known) const { return known.is_prod ? prod_ms : default_ms; }

  void look(std::int64_t now) {
    for (auto& [name, known] : hosts) {
      known.is_stale = known.is_stale || now >= known.from + allowed_ms(known);
    }
  }

  std::map<std::string, Known> hosts;
  std::int64_t default_ms = kStaleAfter;
  std::int64_t prod_ms = kStaleAfter;
};

class FreshnessAtRandom : public CommitterTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::string default_text() const { return with_freshness(model.default_ms / 1'000); }

  std::string prod_text() const {
    return "[policy]\nid = \"prod\"\npriority = 1\n[match]\nlabels = [\"env=prod\"]\n"
           "[freshness]\nattest_every = \"10s\"\nstale_after = \"" +
           std::to_string(model.prod_ms / 1'000) + "s\"\n";
  }

  // As host.at tells it.
  TrustState told(const SoftwareHost& of, WallTime at) {
    const std::vector<HistoryEntry> appraisals = *engine.store.history(of.record().uid, 0, 1'000);
    for (const HistoryEntry& entry : appraisals) {
      const WallTime first = entry.run ? entry.run->first_time : entry.time;
      if (first > at) {
        continue;
      }
      Verdict verdict = entry.verdict;
      const auto revised =
          *engine.store.revisions(of.record().uid, entry.first_sequence(), entry.sequence, 1'000);
      WallTime since = entry.time;
      for (const VerdictRevision& revision : revised) {
        if (revision.time <= at) {
          verdict = revision.verdict;
          since = revision.time;
          break;
        }
      }
      return at <= std::max(verdict.valid_until, since) ? verdict.state : TrustState::kStale;
    }
    return TrustState::kUnknown;
  }

  FreshnessModel model;
};

INSTANTIATE_TEST_SUITE_P(Seeds, FreshnessAtRandom, ::testing::Range(1U, 9U));

TEST_P(FreshnessAtRandom, AgreesWithAPlainListAndSoDoesHistory) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  std::mt19937 random(GetParam());
  constexpr std::array kTimes = {20, 60, 120, 300, 600};
  std::vector<SoftwareHost> fleet;
  for (unsigned i = 0; i < 4; ++i) {
    fleet.emplace_back(KeyKind::kEcP256, i);
    engine.enrol(fleet.back());
    model.hosts[fleet.back().record().name];
  }
  engine.clock.advance(kHour);
  apply({default_text(), prod_text()});
  std::vector<std::tuple<std::size_t, WallTime, bool>> seen;
  for (int step = 0; step < 300; ++step) {
    engine.clock.advance(1'000 * static_cast<std::int64_t>(1 + random() % 40));
    engine.settle();
    const Moment now = engine.clock.now();
    model.look(now.boot.ms);
    const std::size_t i = random() % fleet.size();
    SoftwareHost& one = fleet[i];
    FreshnessModel::Known& known = model.hosts[one.record().name];
    switch (random() % 6) {
      case 0:
        model.default_ms = 1'000 * kTimes.at(random() % kTimes.size());
        apply({default_text()});
        break;
      case 1:
        model.prod_ms = 1'000 * kTimes.at(random() % kTimes.size());
        apply({prod_text()});
        break;
      case 2:
        known.is_prod = !known.is_prod;
        one.record().labels = {{"env", known.is_prod ? "prod" : "test"}};
        engine.put(one, false);
        break;
      default:
        one.clock.clock_ms = static_cast<std::uint64_t>(now.boot.ms);
        ASSERT_EQ(engine.attest(one).kind, ReplyKind::kReceipt);
        known.from = now.boot.ms;
        known.is_stale = false;
        break;
    }
    engine.settle();
    model.look(now.boot.ms);
    for (std::size_t each = 0; each < fleet.size(); ++each) {
      const HostState state = engine.state(fleet[each]);
      const FreshnessModel::Known& it = model.hosts[fleet[each].record().name];
      if (state.sequence != 0) {
        ASSERT_EQ(state.state == TrustState::kStale, it.is_stale) << step << ' ' << each;
        seen.emplace_back(each, WallTime{now.wall.ms + 100}, it.is_stale);
      }
    }
  }
  for (const auto& [each, at, is_stale] : seen) {
    EXPECT_EQ(told(fleet[each], at) == TrustState::kStale, is_stale) << each << ' ' << at.ms;
  }
}

}  // namespace
}  // namespace quotemill
