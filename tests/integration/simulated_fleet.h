// A fleet of simulated hosts, which a test imports into a daemon and has attest to it.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "transport/render/json.h"

namespace quotemill::testing {

class SimulatedFleetTest : public ::testing::Test {
 protected:
  // Of a daemon that trusts imported hosts and leaves it to the fleet when they attest.
  static DaemonSettings for_imported() {
    DaemonSettings settings;
    settings.identity = "imported = \"info\"";
    settings.attest_every = "60s";
    settings.stale_after = "5m";
    return settings;
  }

  // Exports so many hosts.
  std::string exported(const std::string& hosts) {
    const std::string file = (folder_ / "hosts.jsonl").string();
    const Finished finished = run(
        {{QUOTEMILL_BIN_DIR "/quotemill-fleet", "export", "--hosts", hosts, "--keys", kKeys, file}},
        kPatience);
    EXPECT_TRUE(finished.ok()) << finished.output;
    return file;
  }

  // To the daemon, or through a gateway at `endpoint`.
  static Command fleet(const TestDaemon& daemon, const std::string& hosts,
                       const std::vector<std::string>& more, const std::string& endpoint = {}) {
    std::vector<std::string> words = {QUOTEMILL_BIN_DIR "/quotemill-fleet",
                                      "run",
                                      "--hosts",
                                      hosts,
                                      "--keys",
                                      kKeys,
                                      "--connect",
                                      endpoint.empty() ? daemon.attest().endpoint : endpoint,
                                      "--server-key",
                                      (daemon.folder() / "state/server.pub").string()};
    words.insert(words.end(), more.begin(), more.end());
    return Command{words};
  }

  static Finished attest(const TestDaemon& daemon, const std::string& hosts,
                         const std::vector<std::string>& more, const std::string& endpoint = {}) {
    return run(fleet(daemon, hosts, more, endpoint), std::chrono::seconds(90));
  }

  static transport::Json report_of(const std::string& output) {
    const std::optional<transport::Json> report = transport::parse_json(output);
    EXPECT_TRUE(report) << output;
    return report.value_or(transport::Json::object());
  }

  static constexpr const char* kKeys = "rsa2048:0.8,ecdsa_p256:0.2";
  TempFolder folder_;
};

}  // namespace quotemill::testing
