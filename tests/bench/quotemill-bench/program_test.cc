// quotemill-bench, run briefly with small fleets: every promised benchmark exists, proves its
// result, and reports a rate as JSON.
#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using ::testing::HasSubstr;

struct Output {
  int exit_status = -1;
  std::string standard;
  std::string error;
};

Output bench(const std::string& arguments) {
  const testing::TempFolder folder;
  const std::string command = std::string(QUOTEMILL_BIN_DIR) + "/quotemill-bench " + arguments +
                              " >" + (folder / "out").string() + " 2>" + (folder / "err").string();
  const testing::Finished finished =
      testing::run({{"sh", "-c", command}}, std::chrono::seconds(100));
  return {finished.exit_status, std::string(as_text(testing::read_file(folder / "out"))),
          std::string(as_text(testing::read_file(folder / "err")))};
}

// The name without what Google Benchmark adds to say which clock counts.
std::string plain_name(const std::string& name) {
  return name.substr(0, std::min(name.find("/process_time"), name.find("/real_time")));
}

std::set<std::string> names_of(const std::string& list) {
  std::set<std::string> names;
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    names.insert(plain_name(line));
  }
  return names;
}

// `judged` with evidence, `read` without; the former are among the latter.
std::set<std::string> promised_names(const std::vector<std::string>& judged,
                                     const std::vector<std::string>& read) {
  std::set<std::string> names = {"floor/rsa2048_verify",
                                 "floor/rsa2048_verify_below_evp",
                                 "floor/ecdsa_p256_verify",
                                 "floor/ecdsa_p384_verify",
                                 "floor/ima_entry",
                                 "floor/rocksdb_put_synced_256",
                                 "floor/rocksdb_put_synced_5x256",
                                 "engine/quote_only/rsa2048",
                                 "engine/quote_only/ecdsa_p256",
                                 "engine/key/rsa2048",
                                 "storage/commit/256",
                                 "storage/commit_fleet/256",
                                 "pipeline/quote_only/threads:1",
                                 "pipeline/quote_only/threads:2",
                                 "pipeline/fleet/threads:1",
                                 "pipeline/fleet/threads:2",
                                 "transport/round_trip/1kB",
                                 "transport/round_trip/34kB",
                                 "floor/ima_entry_one_shot",
                                 "engine/ima_read/10000",
                                 "engine/ima_read/100000",
                                 "engine/ima_replay/10000",
                                 "engine/ima_replay/100000",
                                 "engine/ima_judge/10000",
                                 "engine/ima_judge/100000",
                                 "engine/esxi_read/150",
                                 "engine/esxi/first_seen",
                                 "engine/esxi/repeated",
                                 "engine/gateway/16",
                                 "transport/round_trip/16_hosts",
                                 "pipeline/quote_latency/alone/iterations:1024",
                                 "pipeline/quote_latency/beside_list/100000/iterations:1024"};
  const auto grows = [&names](const std::string& with, std::initializer_list<int> sizes) {
    for (const int size : sizes) {
      names.insert("growth/" + with + "/" + std::to_string(size));
    }
  };
  grows("events", {120, 480, 1'920, 7'680});
  grows("images", {1, 4, 16, 64});
  grows("ima_entries", {100, 1'000, 10'000, 100'000, 1'000'000});
  for (const std::string& log : read) {
    names.merge(std::set<std::string>{"engine/log_parse/" + log, "engine/log_parse_in_turn/" + log,
                                      "engine/log_replay/" + log, "engine/log_proofs/" + log,
                                      "engine/log_claims/" + log, "floor/oneshot_replay/" + log,
                                      "floor/oneshot_data_digests/" + log});
  }
  for (const std::string& log : judged) {
    names.merge(std::set<std::string>{
        "floor/replay_sha256/" + log, "floor/data_digests/" + log,
        "engine/first_seen/" + log + "/rsa2048", "engine/fleet/" + log + "/rsa2048",
        "engine/first_seen_events/" + log + "/rsa2048", "engine/fleet_events/" + log + "/rsa2048"});
  }
  return names;
}

TEST(BenchProgram, HasEveryPromisedBenchmark) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Output listed = bench("--benchmark_list_tests --fixtures " + testing::fixtures().string());
  EXPECT_EQ(listed.exit_status, 0);
  EXPECT_EQ(names_of(listed.standard),
            promised_names({"model120", "elitebook", "h12ssl", "openeuler"},
                           {"model120", "elitebook", "h12ssl", "openeuler", "dell_windows", "qemu",
                            "thinkpad"}));
}

TEST(BenchProgram, LeavesOutTheLogsOfRealMachinesThatAreNotThereAndSaysSo) {
  const Output listed = bench("--benchmark_list_tests --fixtures /nonexistent");
  EXPECT_EQ(listed.exit_status, 0);
  EXPECT_EQ(names_of(listed.standard), promised_names({"model120"}, {"model120"}));
  EXPECT_THAT(listed.error, HasSubstr("no logs of real machines in /nonexistent"));
}

TEST(BenchProgram, ProvesAndRatesEverythingThatItMeasures) {
  const bool has_two_cpus = std::thread::hardware_concurrency() >= 2;
  const Output ran =
      bench("--machines 2 --fleet 8 --benchmark_min_time=0.01 --benchmark_format=json" +
            std::string(has_two_cpus ? "" : " --benchmark_filter=-threads:2"));
  ASSERT_EQ(ran.exit_status, 0) << ran.error;
  const auto json = nlohmann::json::parse(ran.standard, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ran.standard;
  ASSERT_GE(json["benchmarks"].size(), has_two_cpus ? 18U : 16U);
  for (const auto& benchmark : json["benchmarks"]) {
    EXPECT_EQ(benchmark.value("error_message", ""), "") << benchmark["name"];
    EXPECT_GT(benchmark.value("items_per_second", 0.0), 0.0) << benchmark["name"];
  }
}

TEST(BenchProgram, RefusesOptionsThatItDoesNotKnow) {
  EXPECT_NE(bench("--bogus").exit_status, 0);
  EXPECT_NE(bench("--machines 0 --benchmark_list_tests").exit_status, 0);
}

}  // namespace
}  // namespace quotemill
