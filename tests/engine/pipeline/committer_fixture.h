// CommitterTest: a host that is enrolled with a small engine, and what is asked about it.
#pragma once

#include <utility>

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

  TrustState trust() { return engine.state(host).state; }

  std::uint64_t dropped() { return engine.counters.dropped_not_current.load(); }

  // From now on all of them, or none.
  void refuse_writes(bool refuses) { engine.store.fail_commits(refuses); }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

}  // namespace quotemill::testing
