// Swtpm: a real software TPM (libtpms) in a process of its own, for one test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {

class Swtpm {
 public:
  // nullptr if swtpm is not installed or does not answer within 10 s. The TPM is new, started and
  // cleared; its state lives in a folder of its own and its sockets are there too.
  static std::unique_ptr<Swtpm> start();

  // The name under which tpm2-tss finds it: TPM2TOOLS_TCTI, or the argument of Tss2_TctiLdr.
  [[nodiscard]] std::string tcti() const;

  // Runs a tpm2-tools command against this TPM, in folder().
  [[nodiscard]] Finished tool(std::vector<std::string> arguments) const;

  // A folder for the test's own files.
  [[nodiscard]] const std::filesystem::path& folder() const { return files_.path(); }

  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  // Ends and starts the TPM with the same state, as a power cycle does: resetCount goes up.
  bool power_cycle();

 private:
  Swtpm() = default;
  bool launch();

  TempFolder state_;
  TempFolder files_;
  std::optional<Process> process_;
};

}  // namespace quotemill::testing
