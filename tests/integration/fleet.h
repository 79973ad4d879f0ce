// A small fleet of real processes for end-to-end tests: quotemilld, and hosts that each are a swtpm
// with a realistic measured boot in it and a quotemill-agent.
//
//   TpmMaker maker;
//   TestDaemon daemon({.roots = {maker.root_pem()}});
//   ASSERT_TRUE(daemon.start());
//   SimHost host("web-01");
//   ASSERT_TRUE(host.make_tpm(maker) && host.power_on());
//   host.start_agent(daemon, daemon.new_token(1));
//   EXPECT_TRUE(daemon.becomes("web-01", "trusted"));
//
// Everything lies in folders of its own below the system's temporary one, listens on loopback or
// unix sockets, and ends with its object. Every wait has a limit; what does not happen in time is a
// failure that shows the daemon's log. Not for sharing between threads, except where said.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/measured_boot_model.h"
#include "tests/support/certificate_builder.h"
#include "tests/support/eventually.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "transport/agent/tpm_device.h"
#include "transport/client/attestation_client.h"
#include "transport/control/control_client.h"

namespace quotemill::testing {

// Whether swtpm and its tools are here; a test without them says GTEST_SKIP().
bool have_swtpm();

// A vendor of TPMs: an EK CA with which swtpm_setup writes EK certificates.
class TpmMaker {
 public:
  TpmMaker();

  [[nodiscard]] std::string root_pem() const { return to_pem(root_); }

  // Makes a TPM's state in an empty folder: EKs (RSA-2048, ECC P-384) with certificates in NV.
  // Two may be made at once, by two threads.
  [[nodiscard]] ::testing::AssertionResult make(const std::filesystem::path& state) const;

 private:
  TempFolder folder_;
  SigningKey key_;
  Certificate root_;
};

// What differs from test to test in the daemon's settings.
struct DaemonSettings {
  std::vector<std::string> roots = {};  // PEM
  std::string ek_list = {};             // "<sha256> <name>" lines
  std::string attest_every = "300ms";
  std::string stale_after = "60s";
  std::string no_baseline = "info";  // without a baseline hosts are trusted all the same
  std::string freshness = {};        // further lines of the policy's [freshness]
  std::string identity = {};         // lines of the policy's [identity]
  std::string rules = {};            // further tables of the policy
  std::string pipeline = {};         // lines of [pipeline]
  std::string enrolment = {};        // lines of [enrolment]
  std::string sink = {};             // a sink's file; FOLDER in it is the daemon's folder
  std::map<std::string, std::string> environment = {};  // added to ours
};

class TestDaemon {
 public:
  explicit TestDaemon(const DaemonSettings& settings);

  // Starts quotemilld, or starts it again, and returns when its control socket answers.
  ::testing::AssertionResult start();

  // A gateway that may carry for hosts of this pattern, from the next start on.
  void list_gateway(const std::string& name, const CurveKey& key, const std::string& hosts);

  // SIGTERM; its exit status once it has ended, 128 + 9 if it had to be killed after kPatience.
  int stop();
  // SIGKILL: as a power failure is to a process.
  void kill9();

  // REQUIRES: start() was called
  [[nodiscard]] Process& process() { return *process_; }

  // What all of its lives wrote.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] bool has_logged(std::string_view text) const;

  // Asks over the control socket. get() fails the test if the daemon does not give a result.
  transport::ControlAnswer ask(const std::string& verb,
                               transport::Json args = transport::Json::object(), int wait_ms = 0);
  transport::Json get(const std::string& verb, transport::Json args = transport::Json::object());

  // Everything about a host; null if it is not known or nobody answers.
  transport::Json host(const std::string& name);
  std::string state_of(const std::string& name);  // "" if it is not known
  std::uint64_t sequence_of(const std::string& name);
  // A counter of `status`: counter("endpoints", "attest", "malformed").
  std::uint64_t counter(const std::string& group, const std::string& part, const std::string& name);

  // Whether it happens within the limit. What came instead is in the message.
  ::testing::AssertionResult becomes(const std::string& name, const std::string& state,
                                     std::chrono::milliseconds limit = kPatience);
  ::testing::AssertionResult logs(std::string_view text);
  // The host attests `times` more times, from now on.
  ::testing::AssertionResult attests_again(const std::string& name, std::uint64_t times = 2);
  // A change of the host to this state is in the outbox at or after `from`; `change` may be null.
  ::testing::AssertionResult emits(const std::string& name, const std::string& state,
                                   std::uint64_t from = 1, transport::Json* change = nullptr);

  // What the command line tool says: cli({"hosts"}).
  [[nodiscard]] Finished cli(std::vector<std::string> arguments) const;

  // An enrolment token for so many hosts.
  std::string new_token(unsigned uses);

  // REQUIRES: start() succeeded once
  [[nodiscard]] transport::ServerAddress attest() const { return {attest_, key_}; }

  [[nodiscard]] transport::ServerAddress enrol() const { return {enrol_, key_}; }

  [[nodiscard]] std::string changes_endpoint() const;
  [[nodiscard]] std::string control_path() const;

  // Where it can be watched: "127.0.0.1:PORT".
  [[nodiscard]] const std::string& metrics_endpoint() const { return metrics_; }

  [[nodiscard]] std::filesystem::path config_path() const { return folder_ / "quotemill.toml"; }

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  void write_settings();

  const DaemonSettings settings_;
  TempFolder folder_;
  std::string attest_;
  std::string enrol_;
  std::string metrics_;
  CurveKey key_{};
  std::string earlier_log_;
  std::optional<Process> process_;
  std::unique_ptr<transport::ControlClient> control_;
};

// The codes of the findings in what `host`, `history` or `changes` gave.
std::vector<std::string> finding_codes(const transport::Json& findings);
bool has_finding(const transport::Json& host, std::string_view code);
// The finding of that code; null if there is none.
transport::Json finding(const transport::Json& findings, std::string_view code);

// A machine. Its TPM serves one client at a time: while its agent runs, nothing else may use it.
class SimHost {
 public:
  explicit SimHost(std::string name);

  // Its keys; before the agent first starts.
  agent::EkKind ek_kind = agent::EkKind::kRsa2048;
  agent::AkKind ak_kind = agent::AkKind::kEcdsaP256;
  // What it boots; takes effect with the next power_on().
  bench::MeasuredBootModel boot;
  std::optional<bench::EsxiBootModel> esxi;  // instead of `boot`

  // A TPM with EK certificates of that maker. Without it the host has a TPM without certificates.
  ::testing::AssertionResult make_tpm(const TpmMaker& maker);

  // Its kernel measures files, each a path and what it holds: listed, then extended into PCR 10.
  // The first ones bring the boot_aggregate. Not while the agent runs.
  using Files = std::vector<std::pair<std::string, std::string>>;
  ::testing::AssertionResult run_files(const Files& files);

  // Starts the TPM and boots: PCRs extended, log written, a new boot id.
  ::testing::AssertionResult power_on();
  // Ends the agent, then the TPM as an operating system that goes down does.
  void power_off();
  // Both, and the agent again if it ran.
  ::testing::AssertionResult power_cycle();
  // The TPM is reset and the same boot measured again, behind the back of an operating system that
  // goes on: the boot id stays.
  ::testing::AssertionResult reset_tpm();

  // A token of "" is none. The daemon's addresses are those of now.
  // With a gateway it attests through that one alone.
  void start_agent(const TestDaemon& daemon, const std::string& token = {},
                   const std::optional<transport::ServerAddress>& gateway = std::nullopt);
  void stop_agent();

  [[nodiscard]] std::string agent_log() const;

  // The SHA-256 of the EK's public key, as an EK list has it. Not while the agent runs.
  std::string ek_sha256();

  // Its TPM. Not while the agent runs; the device must be gone before it starts.
  [[nodiscard]] Result<agent::TpmDevice> open_tpm() const { return agent::TpmDevice::open(tcti()); }

  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] std::string tcti() const;

  [[nodiscard]] std::filesystem::path boot_log_path() const { return folder_ / "boot_log.bin"; }

  [[nodiscard]] std::filesystem::path runtime_list_path() const { return folder_ / "ima.bin"; }

  [[nodiscard]] std::filesystem::path boot_id_path() const { return folder_ / "boot_id"; }

  [[nodiscard]] std::filesystem::path agent_state() const { return folder_ / "state"; }

 private:
  ::testing::AssertionResult start_tpm();
  [[nodiscard]] bench::EsxiBootLog booted() const;
  ::testing::AssertionResult measure_boot();
  void stop_tpm();
  void launch_agent();

  const std::string name_;
  TempFolder folder_;
  std::optional<Process> tpm_;
  std::string earlier_agent_log_;
  std::optional<Process> agent_;
};

// Enrols with the token of a daemon, and waits until the host is trusted.
::testing::AssertionResult join(SimHost& host, TestDaemon& daemon);

}  // namespace quotemill::testing
