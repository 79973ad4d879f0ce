#include "storage/database_log.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include "storage/limits.h"

namespace quotemill::storage {

DatabaseLog::DatabaseLog(std::string folder) : folder_(std::move(folder)) {
  open();
}

DatabaseLog::~DatabaseLog() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

void DatabaseLog::open() {
  const std::string path = folder_ + "/LOG";
  file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct stat found = {};
  size_ = file_ >= 0 && ::fstat(file_, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

void DatabaseLog::roll_over() {
  if (file_ >= 0) {
    ::close(file_);
  }
  std::error_code unused;
  std::filesystem::rename(folder_ + "/LOG", folder_ + "/LOG.old", unused);
  open();
}

void DatabaseLog::Logv(const char* format, va_list arguments) {
  std::array<char, limits::kDatabaseLogLineMax> line{};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const int head = std::snprintf(line.data(), line.size(), "%lld ", static_cast<long long>(ms));
  const auto begin = static_cast<std::size_t>(std::max(head, 0));
  // NOLINTNEXTLINE(*-pointer-arithmetic)
  const int body = std::vsnprintf(line.data() + begin, line.size() - begin, format, arguments);
  const std::size_t end =
      std::min(begin + static_cast<std::size_t>(std::max(body, 0)), line.size() - 1);
  line.at(end) = '\n';
  const std::lock_guard lock(mutex_);
  if (size_ > limits::kDatabaseLogSizeMax) {
    roll_over();
  }
  if (file_ >= 0) {
    const ssize_t written = ::write(file_, line.data(), end + 1);
    size_ += static_cast<std::uint64_t>(std::max<ssize_t>(written, 0));
  }
}

}  // namespace quotemill::storage
