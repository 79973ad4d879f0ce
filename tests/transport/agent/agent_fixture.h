// An agent's loop with a real (software) TPM against a real attestation endpoint.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "engine/base/byte_writer.h"
#include "tests/support/eventually.h"
#include "tests/support/swtpm.h"
#include "tests/support/temp_folder.h"
#include "tests/transport/server/server_harness.h"
#include "transport/agent/agent.h"

namespace quotemill::testing {

using agent::Agent;
using agent::AgentLogLevel;
using agent::AgentOptions;
using agent::AgentState;
using agent::Enrolment;
using agent::StateFolder;

// Runs an agent on a thread until it goes.
class RunningAgent {
 public:
  explicit RunningAgent(Agent agent) : agent_(std::move(agent)) {
    thread_ = std::thread([this] { agent_.run(stop_fd_); });
  }

  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  ~RunningAgent() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
    thread_.join();
    ::close(stop_fd_);
  }

 private:
  int stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  Agent agent_;
  std::thread thread_;
};

// The agent is host 0 of the fleet, already enrolled.
class AgentLoop : public testing::ServerTest {
 protected:
  void SetUp() override {
    tpm_ = Swtpm::start();
    if (tpm_ == nullptr) {
      GTEST_SKIP() << "swtpm and tpm2-tools are not installed";
    }
    write_file(files_ / "boot_log", Bytes(3'000'000, 7));
    write_boot_id('1');
    Result<StateFolder> folder = StateFolder::open((files_ / "state").string());
    ASSERT_TRUE(folder) << folder.error().to_string();
    ByteWriter keys;
    keys.bytes(fleet_[0].pair.public_key).bytes(fleet_[0].pair.secret_key);
    ASSERT_TRUE(folder->save_curve_key(keys.view()));
    AgentState state;
    state.enrolment = Enrolment{fleet_[0].record.uid, fleet_[0].record.generation, 0};
    ASSERT_TRUE(folder->save_state(state));
  }

  void write_boot_id(char digit) {
    const std::string hex(1, digit);
    std::string text = "00000000-0000-4000-8000-00000000000" + hex + "\n";
    write_file(files_ / "boot_id", as_bytes(text));
  }

  std::unique_ptr<RunningAgent> run_agent() {
    return run_agent({{server_->endpoint(), server_pair_.public_key}});
  }

  std::unique_ptr<RunningAgent> run_agent(std::vector<transport::ServerAddress> servers) {
    AgentOptions options;
    options.name = "host-0";
    options.attest = std::move(servers);
    options.enrol = {{"tcp://127.0.0.1:9", server_pair_.public_key}};
    options.state_folder = (files_ / "state").string();
    options.attestor.tcti = tpm_->tcti();
    options.attestor.boot_log_path = (files_ / "boot_log").string();
    options.attestor.boot_id_path = (files_ / "boot_id").string();
    options.attestor.agent = "test/1";
    options.backoff_min_ms = 20;
    options.backoff_max_ms = 200;
    options.answer_timeout_ms = 1'000;
    Result<Agent> agent = Agent::create(*client_context_, std::move(options),
                                        [](AgentLogLevel, const std::string&) {});
    EXPECT_TRUE(agent) << (agent ? "" : agent.error().to_string());
    return agent ? std::make_unique<RunningAgent>(*std::move(agent)) : nullptr;
  }

  [[nodiscard]] std::uint64_t sequence() const {
    return hosts_.find(fleet_[0].record.uid)->state->sequence;
  }

  [[nodiscard]] const transport::ServerCounters& counted() const { return server_->counters(); }

  TempFolder files_;
  std::unique_ptr<Swtpm> tpm_;
};

}  // namespace quotemill::testing
