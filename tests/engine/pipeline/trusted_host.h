// TrustedHost: a host that attested well a minute ago, for tests of what happens to it next.
#pragma once

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill::testing {

inline constexpr std::int64_t kMinute = 60'000;

class TrustedHost : public ::testing::Test {
 protected:
  TrustedHost() {
    engine.enrol(host);
    engine.attest(host);
    EXPECT_EQ(trust(), TrustState::kTrusted);
    pass(kMinute);
  }

  TrustState trust() { return engine.state(host).state; }

  // Time goes by, here and in the TPM.
  void pass(std::int64_t ms) {
    engine.clock.advance(ms);
    host.clock.clock_ms += static_cast<std::uint64_t>(ms);
  }

  // The same log, only some of its events.
  Reply attest_with_log(const std::vector<Measured>& events) {
    Submission submission = engine.submission(host);
    submission.boot_log = log_of(events, host.banks, host.locality);
    return engine.commit(engine.judge(std::move(submission)));
  }

  std::vector<Measured> boot_without(std::uint32_t pcr) const {
    std::vector<Measured> boot = host.boot;
    std::erase_if(boot, [pcr](const Measured& event) { return event.pcr == pcr; });
    return boot;
  }

  SoftwareHost host;
  SmallEngine engine{default_policy(), {baseline_of(SoftwareHost())}};
};

}  // namespace quotemill::testing
