#include "bench/simulator/workers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <optional>
#include <spawn.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "bench/simulator/storm.h"
#include "transport/files/private_file.h"

namespace quotemill::bench {
namespace {

using transport::Descriptor;

constexpr const char* kReady = "ready";
constexpr std::size_t kOtherDescriptors = 64 + 2 * Storm::kOpenMax;

Error failed(const char* what) {
  return {ErrorCode::kIo, what, 0, {}};
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// A running worker; ended and waited for with the object.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> start(const std::vector<std::string>& arguments) {
    std::optional<Pipe> in = make_pipe();
    std::optional<Pipe> out = make_pipe();
    if (!in || !out) {
      return failed("pipe");
    }
    std::vector<std::string> words = {"quotemill-fleet"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in->read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out->write.get(), STDOUT_FILENO);
    pid_t pid = 0;
    const int problem =
        ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
      return failed("worker");
    }
    return std::unique_ptr<Worker>(new Worker(pid, std::move(in->write), std::move(out->read)));
  }

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  ~Worker() {
    if (!has_ended_) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }

  // The next line of its output; nullopt at its end.
  std::optional<std::string> line() {
    while (true) {
      if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string out = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return out;
      }
      std::array<char, 65'536> chunk{};
      const ssize_t got = ::read(out_.get(), chunk.data(), chunk.size());
      if (got == 0 || (got < 0 && errno != EINTR)) {
        return std::nullopt;
      }
      buffer_.append(chunk.data(), static_cast<std::size_t>(got < 0 ? 0 : got));
    }
  }

  [[nodiscard]] bool go() const { return ::write(in_.get(), "\n", 1) == 1; }

  void wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    has_ended_ = true;
  }

 private:
  Worker(pid_t pid, Descriptor in, Descriptor out)
      : pid_(pid), in_(std::move(in)), out_(std::move(out)) {}

  pid_t pid_;
  Descriptor in_;
  Descriptor out_;
  std::string buffer_;
  bool has_ended_ = false;
};

Result<Tally> tally_of(Worker& worker) {
  const std::optional<std::string> line = worker.line();
  const std::optional<transport::Json> json =
      line ? transport::parse_json(*line) : std::optional<transport::Json>();
  worker.wait();
  return json ? decode_tally(*json) : Result<Tally>(failed("a worker ended without a tally"));
}

}  // namespace

std::uint32_t hosts_per_process() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;  // the soft limit is for programs that use select()
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t room = limit.rlim_cur > kOtherDescriptors ? limit.rlim_cur - kOtherDescriptors : 0;
  return static_cast<std::uint32_t>(std::clamp<rlim_t>(room / 2, 1, 10'000));
}

Result<Tally> run_workers(const std::vector<std::vector<std::string>>& arguments) {
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::unique_ptr<Worker>> workers;
  for (const std::vector<std::string>& words : arguments) {
    Result<std::unique_ptr<Worker>> worker = Worker::start(words);
    if (!worker) {
      return worker.error();
    }
    workers.push_back(*std::move(worker));
  }
  for (const auto& worker : workers) {
    if (worker->line() != kReady) {
      return failed("a worker did not get ready");
    }
  }
  for (const auto& worker : workers) {
    if (!worker->go()) {
      return failed("a worker is gone");
    }
  }
  Tally all;
  for (const auto& worker : workers) {
    const Result<Tally> tally = tally_of(*worker);
    if (!tally) {
      return tally.error();
    }
    all.merge(*tally);
  }
  return all;
}

bool wait_for_start() {
  std::cout << kReady << std::endl;
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

void tell_tally(const Tally& tally) {
  std::cout << transport::to_line(encode_tally(tally)) << std::endl;
}

}  // namespace quotemill::bench
