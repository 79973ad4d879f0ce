// bench/overload in its short form: what is promised of a daemon that is offered twice what it can
// do, by hosts of which some are hostile.
#include <gtest/gtest.h>

#include "tests/support/process.h"
#include "transport/render/json.h"

namespace quotemill {
namespace {

using testing::Finished;
using transport::Json;

void expect_every_fault(const Json& report) {
  for (const char* action :
       {"quote-only", "restart", "reboot", "bad_signature", "wrong_nonce", "replay", "wrong_pcr",
        "tampered_log", "truncated", "wrong_key", "flood", "slow_reader", "storm"}) {
    EXPECT_TRUE(report["actions"].contains(action)) << action;
  }
  EXPECT_GT(report["replays_refused"], 0);
  EXPECT_GT(report["flood_messages"], 0);
  EXPECT_GT(report["unread_messages"], 0);
  EXPECT_GT(report["storm_connections"], 0);
  const Json& counted = report["daemon"];
  EXPECT_GT(counted["repeated"].get<int>() + counted["receipts_again"].get<int>(), 0)
      << "floods are answered by the same receipt, or by none";
  EXPECT_EQ(counted["nonce_reused"], 0) << "what is sent again is the same evidence";
  EXPECT_GT(counted["handshakes_refused"], 0) << "storms are kept out";
  EXPECT_EQ(counted["socket_reopened"], 0);
}

// Rates and times are the machine's, and others build and test on it: bounds on them are wide here,
// and bench/overload says what they are.
// Without a share of the processors for the daemon: beside other tests it gets less than that, and
// in eight seconds chance would leave some host without a receipt.
TEST(Overload, ADaemonThatIsOfferedTooMuchGoesOnAndIsFair) {
  const Finished finished = testing::run({{"bench/overload", "--hosts", "200", "--seconds", "8",
                                           "--daemon-cpus", "0", "--programs", QUOTEMILL_BIN_DIR}},
                                         std::chrono::seconds(240));
  EXPECT_TRUE(finished.ok()) << finished.output;
  const std::optional<Json> parsed = transport::parse_json(finished.output);
  ASSERT_TRUE(parsed) << finished.output;
  const Json& report = *parsed;
  EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
  EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
  EXPECT_EQ(report["unanswered"], 0);
  EXPECT_EQ(report["starved"], false) << report["receipts_per_host"].dump();
  EXPECT_GT(report["throughput_over_saturation"], 0.5);
  EXPECT_LT(report["memory_mb"]["growth_besides_store"], 32.0) << report["memory_mb"].dump();
  EXPECT_GT(report["busy"]["count"], 0) << "the inbox was full";
  EXPECT_LT(report["busy"]["latency_us"]["p50"], 500'000);
  expect_every_fault(report);
}

}  // namespace
}  // namespace quotemill
