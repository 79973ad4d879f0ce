// Child processes of tests: started, waited for with a limit, and ended by their own id.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace quotemill::testing {

// What to start. `arguments[0]` is looked up in PATH if it has no slash.
struct Command {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment = {};  // added to ours
  std::filesystem::path folder = {};                    // where it runs; ours if empty
};

// A running child. Its output goes to a file, so that it never blocks on us. Ends with the object,
// and with the thread that started it however that ends (PR_SET_PDEATHSIG), so no child outlives a
// crashed test.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();  // kill()
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // 0 if it could not be started.
  [[nodiscard]] pid_t pid() const { return pid_; }

  // The exit status, or 128 + the signal that ended it; nullopt if it runs on after `limit`.
  std::optional<int> wait_for(std::chrono::milliseconds limit);

  [[nodiscard]] bool is_running() { return !wait_for(std::chrono::milliseconds(0)).has_value(); }

  void send_signal(int signal) const;

  // SIGTERM, then SIGKILL after `patience`; returns once it has ended. The exit status as above.
  int stop(std::chrono::milliseconds patience = std::chrono::seconds(10));

  // SIGKILL at once, and wait.
  void kill();

  // Standard output and standard error so far, as they were written.
  [[nodiscard]] std::string output() const;

 private:
  pid_t pid_ = 0;
  int output_file_ = -1;
  std::optional<int> exit_status_;
};

// The end of a command that was run to its end.
struct Finished {
  int exit_status = -1;  // -1: it was killed because it took too long
  std::string output;    // standard output and standard error together

  [[nodiscard]] bool ok() const { return exit_status == 0; }
};

Finished run(const Command& command, std::chrono::milliseconds limit = std::chrono::seconds(30));

// Whether a program of this name is in PATH; a test without its tool says GTEST_SKIP().
bool have_program(const std::string& name);

}  // namespace quotemill::testing
