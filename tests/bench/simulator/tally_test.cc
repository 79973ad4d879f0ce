#include "bench/simulator/tally.h"

#include <gtest/gtest.h>

namespace quotemill::bench {
namespace {

Tally sample() {
  Tally tally;
  tally.hosts = 3;
  tally.seconds = 2;
  tally.daemon_cpu = 0.001;
  tally.attestations = 10;
  tally.bytes_sent = 1'234;
  tally.errors["expired"] = 2;
  tally.actions.at(static_cast<std::size_t>(Action::kReboot)) = 4;
  tally.latency.add(500);
  tally.flood_messages = 7;
  tally.asked_again = 6;
  tally.busy_latency.add(90);
  tally.receipts_per_host.add(1);
  tally.receipts_per_host.add(4);
  tally.receipts_per_host.add(5);
  tally.add_wrong("one");
  return tally;
}

TEST(Tally, IsReadAsItIsWritten) {
  const Tally tally = sample();
  const Result<Tally> read = decode_tally(encode_tally(tally));
  ASSERT_TRUE(read);
  EXPECT_EQ(render_tally(*read), render_tally(tally));
  EXPECT_FALSE(decode_tally(transport::Json::object()));
  EXPECT_FALSE(decode_tally(transport::Json::array()));
}

TEST(Tally, AddsWhatProcessesCounted) {
  Tally all = sample();
  all.merge(sample());
  EXPECT_EQ(all.hosts, 6U);
  EXPECT_EQ(all.seconds, 2) << "at the same time";
  EXPECT_EQ(all.wrong_verdicts, 2U);
  EXPECT_EQ(all.errors["expired"], 4U);
  const transport::Json report = render_tally(all);
  EXPECT_EQ(report["attestations_per_s"], 10.0);
  EXPECT_EQ(report["daemon_cpu_us"], 50.0) << "of one daemon, by 20 attestations";
  EXPECT_EQ(report["bytes_per_attestation"]["sent"], 123.4);
  EXPECT_EQ(report["actions"]["reboot"], 8);
  EXPECT_EQ(report["latency_us"]["max"], 500);
  EXPECT_EQ(report["busy_latency_us"]["max"], 90);
  EXPECT_EQ(report["flood_messages"], 14);
  EXPECT_EQ(report["asked_again"], 12);
  EXPECT_EQ(report["receipts_per_host"]["min"], 1);
  EXPECT_EQ(report["receipts_per_host"]["median"], 4);
  EXPECT_EQ(report["receipts_per_host"]["max"], 5);
}

TEST(Tally, TellsSomeWrongVerdictsAndCountsAll) {
  Tally tally;
  for (int i = 0; i < 100; ++i) {
    tally.add_wrong("wrong");
  }
  EXPECT_EQ(tally.wrong_verdicts, 100U);
  EXPECT_EQ(tally.wrong.size(), 10U);
}

}  // namespace
}  // namespace quotemill::bench
