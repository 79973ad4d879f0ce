// A daemon that is late through no fault of its hosts: it was stopped with evidence in its queues,
// in which the clocks of their TPMs seem to lag then. Half a minute.
#include <csignal>
#include <functional>
#include <thread>

#include "tests/integration/simulated_fleet.h"

namespace quotemill {
namespace {

using testing::Process;
using testing::TestDaemon;
using transport::Json;

class LateDaemonTest : public testing::SimulatedFleetTest {
 protected:
  // Longer than the 15 s that a clock may lag behind two thirds of the time.
  static constexpr std::chrono::seconds kAway{26};

  // The report of a fleet that attests before and after.
  Json attest_across(const std::function<void(TestDaemon&)>& away) {
    TestDaemon daemon(for_imported());
    EXPECT_TRUE(daemon.start());
    EXPECT_TRUE(daemon.cli({"import", exported("100")}).ok());
    Process running(fleet(daemon, "100", {"--seconds", "34"}));
    EXPECT_TRUE(testing::eventually(
        [&] { return daemon.get("status")["pipeline"]["attestations"].get<int>() > 1'000; }));
    away(daemon);
    EXPECT_EQ(running.wait_for(testing::kPatience), 0) << running.output();
    EXPECT_EQ(daemon.get("status")["pipeline"]["internal_errors"], 0);
    asked_again_ = daemon.get("status")["pipeline"]["asked_again"].get<int>();
    return report_of(running.output());
  }

  static void expect_no_fault(const Json& report) {
    EXPECT_EQ(report["wrong_verdicts"], 0) << report["wrong"].dump(1);
    EXPECT_TRUE(report["errors"].empty()) << report["errors"].dump();
    EXPECT_EQ(report["unanswered"], 0);
  }

  int asked_again_ = 0;  // by what the daemon counted
};

TEST_F(LateDaemonTest, ThatWasStoppedFailsNoHostWhoseEvidenceWaited) {
  const Json report = attest_across([](TestDaemon& daemon) {
    daemon.process().send_signal(SIGSTOP);
    std::this_thread::sleep_for(kAway);
    daemon.process().send_signal(SIGCONT);
  });
  expect_no_fault(report);
  EXPECT_GE(asked_again_, 20) << "many were waiting";
  EXPECT_GE(report["asked_again"], 20);
}

}  // namespace
}  // namespace quotemill
