// CommitterTest: a host that is enrolled with a small engine, and what is asked about it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/pipeline/committer.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill::testing {

inline constexpr std::int64_t kInterval = 60'000;
inline constexpr std::int64_t kStaleAfter = 300'000;

class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() { engine.enrol(host); }

  Judgement good_judgement(const SoftwareHost& of) {
    Submission submission = engine.submission(of);
    submission.boot_log = of.log();
    return engine.judge(std::move(submission));
  }

  // Beside `host`.
  std::vector<SoftwareHost> enrolled(unsigned hosts) {
    std::vector<SoftwareHost> fleet;
    for (unsigned i = 1; i <= hosts; ++i) {
      engine.enrol(fleet.emplace_back(KeyKind::kEcP256, i));
    }
    return fleet;
  }

  // As an operator does: these policies in the place of those of their ids.
  void apply(std::vector<std::string> texts, std::vector<std::string> withdrawn = {}) {
    const auto done =
        engine.committer.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
          PolicyRequest request;
          request.apply = texts;
          request.withdraw = withdrawn;
          request.may_go_back = true;
          Result<PolicyChange> planned = engine.policies->plan(request, view.now.wall);
          if (!planned) {
            return planned.error();
          }
          IdentityUpdate update;
          update.policies = *std::move(planned);
          return update;
        });
    ASSERT_TRUE(done) << done.error().to_string();
    engine.settle();
  }

  // The policy of the engine, with such times.
  static std::string with_freshness(std::int64_t stale_after_s, const std::string& more = {}) {
    return "[policy]\nid = \"default\"\n[freshness]\nattest_every = \"10s\"\nstale_after = \"" +
           std::to_string(stale_after_s) + "s\"\n" + more;
  }

  // The newest first.
  std::vector<VerdictRevision> revisions() {
    return *engine.store.revisions(host.record().uid, 0, UINT64_MAX, 1'000);
  }

  TrustState trust() { return engine.state(host).state; }

  std::uint64_t dropped() { return engine.counters.dropped_not_current.load(); }

  // From now on all of them, or none.
  void refuse_writes(bool refuses) { engine.store.fail_commits(refuses); }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

}  // namespace quotemill::testing
