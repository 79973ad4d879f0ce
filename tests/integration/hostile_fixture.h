// A daemon with one honest host, and one that is in the test's hands.
#pragma once

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/verdict/verdict.h"
#include "tests/integration/fleet.h"
#include "tests/integration/raw_host.h"

namespace quotemill::testing {

inline constexpr const char* kHonest = "honest-01";
inline constexpr const char* kHostile = "hostile-01";

inline constexpr auto kTrustedOnWire = static_cast<std::uint8_t>(TrustState::kTrusted);
inline constexpr auto kFailedOnWire = static_cast<std::uint8_t>(TrustState::kFailed);

inline std::string worst_code(const Receipt& receipt) {
  return receipt.findings.empty() ? std::string("none") : receipt.findings.front().code;
}

class HostileTest : public ::testing::Test {
 protected:
  // How long the daemon waits for a log that it asked for.
  explicit HostileTest(const std::string& need_timeout = "30s")
      : daemon_({.roots = {maker_.root_pem()},
                 .pipeline = "need_timeout = \"" + need_timeout + "\"\nmemory_mib = 256\n",
                 .enrolment = "memory_mib = 64\n"}) {}

  void SetUp() override {
    if (!have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    {
      const std::jthread other([this] { EXPECT_TRUE(machine_.make_tpm(maker_)); });
      ASSERT_TRUE(daemon_.start());
      ASSERT_TRUE(honest_.make_tpm(maker_));
    }
    ASSERT_TRUE(honest_.power_on());
    ASSERT_TRUE(machine_.power_on());
    ASSERT_TRUE(join(honest_, daemon_));
    host_ = std::make_unique<RawHost>(machine_, daemon_);
    ASSERT_TRUE(host_->enrol(daemon_.new_token(1)));
  }

  // Whatever happened, the daemon lives, and the honest host was not disturbed.
  void TearDown() override {
    if (host_ == nullptr || HasFatalFailure()) {
      return;
    }
    ASSERT_TRUE(daemon_.process().is_running()) << daemon_.log();
    EXPECT_TRUE(daemon_.attests_again(kHonest)) << honest_.agent_log();
    EXPECT_EQ(states_of(kHonest), std::vector<std::string>{"trusted"});
  }

  std::uint64_t attest_counter(const std::string& name) {
    return daemon_.counter("endpoints", "attest", name);
  }

  // What an Error may not change.
  transport::Json hostile_state() {
    const transport::Json shown = daemon_.host(kHostile);
    return {{"state", shown["state"]}, {"since", shown["since"]}, {"evidence", shown["evidence"]}};
  }

  // Every state that a host came into, in order.
  std::vector<std::string> states_of(const std::string& name) {
    std::vector<std::string> states;
    const transport::Json page = daemon_.get("changes", {{"limit", 500}});
    for (const transport::Json& change : page["changes"]) {
      if (change["host"]["name"] == name) {
        states.push_back(change["new"]);
      }
    }
    return states;
  }

  // A line of the log with the hostile host's name and these words, below the line that was found
  // last: each input must be told anew.
  ::testing::AssertionResult is_told(std::string_view words) {
    const auto find = [&] {
      const std::string log = daemon_.log();
      for (std::size_t at = log.find(words, told_); at != std::string::npos;
           at = log.find(words, at + 1)) {
        const std::size_t begin = log.rfind('\n', at) + 1;
        const std::size_t end = std::min(log.find('\n', at), log.size());
        if (log.substr(begin, end - begin).find("host=hostile-01") != std::string::npos) {
          told_ = end;
          return true;
        }
      }
      return false;
    };
    return eventually(find) ? ::testing::AssertionSuccess()
                            : ::testing::AssertionFailure()
                                  << "no new line \"" << words << "\" of the host in:\n"
                                  << daemon_.log();
  }

  TpmMaker maker_;
  TestDaemon daemon_;
  SimHost honest_{kHonest};
  SimHost machine_{kHostile};
  std::unique_ptr<RawHost> host_;

 private:
  std::size_t told_ = 0;
};

}  // namespace quotemill::testing
