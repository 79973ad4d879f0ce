// Guest: a virtual machine that boots real firmware, shim, GRUB and kernel under QEMU's software
// emulation, with a software TPM, and runs quotemill-agent. The machine of tests/system; what it
// boots is built by tests/system/build-guest.
//
//   Guest guest("metal-01");
//   ASSERT_TRUE(guest.make_tpm(maker) && guest.configure(daemon, daemon.new_token(1)));
//   ASSERT_TRUE(guest.power_on(disk, Firmware::kSecureBoot));
//   EXPECT_TRUE(daemon.becomes("metal-01", "trusted", Guest::kBootLimit));
//
// Its network reaches this machine's loopback and nothing else. Its processes end with the object.
// Not for sharing between threads.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {

// OVMF with the keys that it brings along.
enum class Firmware : std::uint8_t {
  kSecureBoot,  // Microsoft's keys are enrolled, Secure Boot is on
  kSetupMode,   // no keys, Secure Boot is off
};

// Whether QEMU, its firmware and what swtpm needs are here.
bool have_qemu();

class Guest {
 public:
  // From power on to the first verdict; 16 s on an idle machine.
  static constexpr std::chrono::milliseconds kBootLimit{120'000};

  explicit Guest(std::string name);

  // A new TPM, with EK certificates of that maker.
  ::testing::AssertionResult make_tpm(const TpmMaker& maker);

  // The agent's settings, for a host that is not enrolled yet. What the guest keeps from then on
  // (its keys, its enrolment) survives power_off().
  ::testing::AssertionResult configure(const TestDaemon& daemon, const std::string& token);

  // Boots from a disk image, which stays as it is.
  ::testing::AssertionResult power_on(const std::filesystem::path& disk, Firmware firmware);
  // In order: the TPM is told. (A swtpm that is cut off forgets its clock and says nothing of it,
  // which a verifier must take for a restored TPM.) If the guest does not follow, it is cut off.
  void power_off();

  // Whether its console shows the text in time. What it shows instead is in the message.
  ::testing::AssertionResult says(const std::string& text);

  // What its kernel showed in this boot, as files: eventlog.bin, ima.bin, pcrs.txt, cmdline. Once
  // it says kShown. An empty folder if that cannot be read.
  static constexpr const char* kShown = "guest: the evidence is shown";
  [[nodiscard]] std::filesystem::path evidence() const;

  [[nodiscard]] std::string console() const { return machine_ ? machine_->output() : ""; }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  ::testing::AssertionResult start_tpm();
  void make_disks(Firmware firmware) const;
  [[nodiscard]] std::vector<std::string> machine_arguments(const std::filesystem::path& disk) const;

  const std::string name_;
  TempFolder folder_;
  std::optional<Process> tpm_;
  std::optional<Process> machine_;
};

}  // namespace quotemill::testing
