#include "tests/support/process.h"

#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <utility>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace quotemill::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollInterval{5};
constexpr int kCannotStart = 127;

std::vector<std::string> merged_environment(const Command& command) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (!command.environment.contains(text.substr(0, text.find('=')))) {
      merged.push_back(text);
    }
  }
  for (const auto& [name, value] : command.environment) {
    merged.push_back(name + "=" + value);
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& string : strings) {
    out.push_back(string.data());
  }
  out.push_back(nullptr);
  return out;
}

// In the child: only async-signal-safe calls, since the parent may have threads.
[[noreturn]] void become(const char* folder, char* const* arguments, char* const* environment,
                         int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  if (*folder == '\0' || ::chdir(folder) == 0) {
    ::execvpe(arguments[0], arguments, environment);
  }
  ::_exit(kCannotStart);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace

Process::Process(const Command& command) : output_file_(::memfd_create("output", MFD_CLOEXEC)) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = merged_environment(command);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  const std::string folder = command.folder.string();
  const pid_t child = ::fork();
  if (child == 0) {
    become(folder.c_str(), argument_pointers.data(), environment_pointers.data(), output_file_);
  }
  pid_ = child > 0 ? child : 0;
  if (pid_ == 0) {
    exit_status_ = kCannotStart;
  }
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_file_(std::exchange(other.output_file_, -1)),
      exit_status_(std::exchange(other.exit_status_, kCannotStart)) {}

Process::~Process() {
  kill();
  if (output_file_ >= 0) {
    ::close(output_file_);
  }
}

std::optional<int> Process::wait_for(milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (!exit_status_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_status_ = status_of(status);
    } else if (steady_clock::now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(kPollInterval);
    }
  }
  return exit_status_;
}

void Process::send_signal(int signal) const {
  // After the child was waited for, its id may belong to somebody else.
  if (!exit_status_ && pid_ > 0) {
    ::kill(pid_, signal);
  }
}

int Process::stop(milliseconds patience) {
  send_signal(SIGTERM);
  if (!wait_for(patience)) {
    kill();
  }
  return exit_status_.value_or(kCannotStart);
}

void Process::kill() {
  send_signal(SIGKILL);
  wait_for(std::chrono::seconds(10));
}

std::string Process::output() const {
  std::string text;
  char buffer[4096];
  // Read by position: the child shares the file's offset.
  while (true) {
    const ssize_t size =
        ::pread(output_file_, buffer, sizeof(buffer), static_cast<off_t>(text.size()));
    if (size <= 0) {
      return text;
    }
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

Finished run(const Command& command, milliseconds limit) {
  Process process(command);
  const std::optional<int> status = process.wait_for(limit);
  if (!status) {
    process.kill();
  }
  return {status.value_or(-1), process.output()};
}

bool have_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace quotemill::testing
