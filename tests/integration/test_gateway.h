// A real quotemill-gateway before a TestDaemon.
//
//   TestGateway gateway;
//   daemon.list_gateway("rack-1", gateway.key(), "r1-*");
//   ASSERT_TRUE(daemon.start());
//   gateway.start(daemon);
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "tests/support/free_port.h"
#include "transport/socket/curve.h"

namespace quotemill::testing {

// quotemill-gateway, with a key that is known before it starts.
class TestGateway {
 public:
  TestGateway() {
    std::filesystem::create_directory(folder_ / "state");
    std::filesystem::permissions(folder_ / "state", std::filesystem::perms::owner_all);
    EXPECT_TRUE(transport::write_key_file(folder_ / "state/gateway.key", pair_));
  }

  [[nodiscard]] const CurveKey& key() const { return pair_.public_key; }

  // Once it was started.
  [[nodiscard]] std::filesystem::path public_key_path() const {
    return folder_ / "state/gateway.pub";
  }

  void start(const TestDaemon& daemon) {
    const transport::ServerAddress server = daemon.attest();
    write_file(folder_ / "gateway.toml",
               as_bytes("[listen]\nhosts = '" + endpoint_ + "'\n[server]\nattest = '" +
                        server.endpoint + "'\nkey = '" + transport::to_z85(server.server_key) +
                        "'\n[state]\nfolder = '" + (folder_ / "state").string() + "'\n"));
    process_.emplace(Command{
        {QUOTEMILL_BIN_DIR "/quotemill-gateway", "--config", (folder_ / "gateway.toml").string()}});
    EXPECT_TRUE(eventually([this] {
      return process_->output().find("ready") != std::string::npos || !process_->is_running();
    }));
    EXPECT_TRUE(process_->is_running()) << process_->output();
  }

  void kill9() { process_->kill(); }

  int stop() { return process_->stop(kPatience); }

  // As an agent is told.
  [[nodiscard]] transport::ServerAddress address(const TestDaemon& daemon) const {
    return {endpoint_, daemon.attest().server_key, key()};
  }

  [[nodiscard]] std::string log() const { return process_->output(); }

 private:
  TempFolder folder_;
  transport::CurveKeyPair pair_ = *transport::generate_key_pair();
  std::string endpoint_ = "tcp://127.0.0.1:" + std::to_string(free_port());
  std::optional<Process> process_;
};

}  // namespace quotemill::testing
