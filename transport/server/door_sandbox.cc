#include "transport/server/door_sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "engine/base/bytes.h"

namespace quotemill::transport {
namespace {

// Room for what is no connection: libzmq's eventfds and epoll sets, the link, the listener.
constexpr std::uint32_t kOtherDescriptors = 64;
// Address space that no memory stands behind: guard pages, the arena's reservation.
constexpr std::uint64_t kAddressSlack = 128ULL * 1024 * 1024;
// Instead of 8 MiB for each of libzmq's threads.
constexpr std::size_t kStackSize = 1024UL * 1024;

Error os_error(const char* what) {
  return {ErrorCode::kIo, "enrolment door", 0, std::string(what) + ": " + std::strerror(errno)};
}

Result<void> close_others(int keep_fd) {
  const auto kept = static_cast<unsigned>(keep_fd);
  if (kept > 3 && ::close_range(3, kept - 1, 0) != 0) {
    return os_error("close_range");
  }
  if (::close_range(kept + 1, ~0U, 0) != 0) {
    return os_error("close_range");
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(null, STDOUT_FILENO) < 0) {
    return os_error("/dev/null");
  }
  ::close(null);
  return {};
}

Result<void> set_limit(decltype(RLIMIT_CORE) resource, std::uint64_t value, const char* name) {
  rlimit old{};
  if (::getrlimit(resource, &old) != 0) {
    return os_error(name);
  }
  const rlim_t bounded = old.rlim_max < value ? old.rlim_max : value;
  const rlimit wanted{bounded, bounded};
  if (::setrlimit(resource, &wanted) != 0) {
    return os_error(name);
  }
  return {};
}

// Of the threads that are still to come.
Result<void> shrink_stacks() {
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) {
    return os_error("pthread_attr_init");
  }
  const bool set = ::pthread_attr_setstacksize(&attributes, kStackSize) == 0 &&
                   ::pthread_setattr_default_np(&attributes) == 0;
  ::pthread_attr_destroy(&attributes);
  return set ? Result<void>() : Result<void>(os_error("stack size"));
}

// Capabilities are a matter of root; others have none.
Result<void> drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> kept{};
  if (::syscall(SYS_capget, &header, kept.data()) != 0) {
    return os_error("capget");
  }
  const std::uint32_t bind_service = kept[0].permitted & (1U << CAP_NET_BIND_SERVICE);
  kept = {};
  kept[0].effective = bind_service;
  kept[0].permitted = bind_service;
  if (::syscall(SYS_capset, &header, kept.data()) != 0) {
    return os_error("capset");
  }
  return {};
}

// A field of /proc/self/status, in bytes; 0 if it cannot be read.
std::uint64_t status_bytes(std::string_view field) {
  const int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  ::close(fd);
  const std::string_view text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t at = text.find(field);
  const std::size_t digits =
      at == std::string_view::npos ? at : text.find_first_of("0123456789", at + field.size());
  std::uint64_t kib = 0;
  if (digits != std::string_view::npos) {
    const std::string_view rest = text.substr(digits, text.find(' ', digits) - digits);
    std::from_chars(rest.begin(), rest.end(), kib);
  }
  return kib * 1024;
}

std::size_t count_descriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) {
    return kDescriptorsExhausted;
  }
  std::size_t count = 0;
  while (::readdir(folder) != nullptr) {
    ++count;
  }
  ::closedir(folder);
  return count - std::min<std::size_t>(count, 3);  // ".", ".." and the folder itself
}

}  // namespace

Result<void> enter_sandbox(int keep_fd) {
  // If the daemon has died already, the link tells.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    return os_error("PR_SET_PDEATHSIG");
  }
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ}) {
    ::signal(signal, SIG_IGN);  // NOLINT(performance-no-int-to-ptr)
  }
  if (Result<void> closed = close_others(keep_fd); !closed) {
    return closed;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return os_error("prctl");
  }
  if (Result<void> set = set_limit(RLIMIT_CORE, 0, "RLIMIT_CORE"); !set) {
    return set;
  }
  if (Result<void> set = set_limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"); !set) {
    return set;
  }
  return drop_capabilities();
}

Result<void> bound_resources(std::uint64_t memory_max, std::uint32_t connections_max) {
  // One arena: each other would reserve 64 MiB, and what one thread frees another could not use.
  ::mallopt(M_ARENA_MAX, 1);
  if (Result<void> set = shrink_stacks(); !set) {
    return set;
  }
  if (Result<void> set =
          set_limit(RLIMIT_DATA, status_bytes("VmData:") + memory_max, "RLIMIT_DATA");
      !set) {
    return set;
  }
  if (Result<void> set =
          set_limit(RLIMIT_AS, status_bytes("VmSize:") + memory_max + kAddressSlack, "RLIMIT_AS");
      !set) {
    return set;
  }
  return set_limit(RLIMIT_NOFILE, connections_max + kOtherDescriptors, "RLIMIT_NOFILE");
}

ResourceUse resource_use() {
  return {status_bytes("VmRSS:"), count_descriptors()};
}

}  // namespace quotemill::transport
