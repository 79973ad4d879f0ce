#include "transport/sinks/file_sink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <sys/stat.h>

#include "engine/base/error.h"
#include "transport/files/private_file.h"

namespace quotemill::transport {
namespace {

// Where the last line that ends begins to be followed by nothing: 0 if no line ends.
off_t end_of_whole_lines(int file, off_t size) {
  std::array<char, 4096> part{};
  while (size > 0) {
    const off_t begin =
        size > static_cast<off_t>(part.size()) ? size - static_cast<off_t>(part.size()) : 0;
    const ssize_t read = ::pread(file, part.data(), static_cast<std::size_t>(size - begin), begin);
    if (read <= 0) {
      return size;  // unreadable: nothing is cut that could be whole
    }
    for (ssize_t i = read; i > 0; --i) {
      if (part[static_cast<std::size_t>(i) - 1] == '\n') {
        return begin + i;
      }
    }
    size = begin;
  }
  return 0;
}

using Time = std::chrono::system_clock::time_point;

// When a file with lines in it was made, whoever opened it since; its last change if nobody knows.
Time time_of_making(int file, const struct stat& about) {
  const Time changed = std::chrono::system_clock::from_time_t(about.st_mtime);

  struct statx more {};

  const bool is_known = ::statx(file, "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0 &&
                        (more.stx_mask & STATX_BTIME) != 0;
  return is_known ? std::min(changed, std::chrono::system_clock::from_time_t(more.stx_btime.tv_sec))
                  : changed;
}

}  // namespace

FileSink::~FileSink() {
  close();
}

Error FileSink::failure(const char* what) const {
  return {ErrorCode::kIo, "file sink", 0,
          options_.path + ": " + what + ": " + std::generic_category().message(errno)};
}

void FileSink::close() {
  if (file_ >= 0) {
    ::close(file_);
    file_ = -1;
  }
}

Result<void> FileSink::open() {
  file_ = ::open(options_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (file_ < 0) {
    return failure("open");
  }

  struct stat about {};

  if (::fstat(file_, &about) != 0 || !S_ISREG(about.st_mode)) {
    const Error error = failure("is no plain file");
    close();
    return error;
  }
  if (Result<void> synced = sync_folder(); !synced) {
    close();
    return synced;
  }
  const off_t whole = end_of_whole_lines(file_, about.st_size);
  if (whole != about.st_size && ::ftruncate(file_, whole) != 0) {
    const Error error = failure("cannot cut the rest of a line off");
    close();
    return error;
  }
  size_ = static_cast<std::uint64_t>(whole);
  begun_ = whole == 0 ? std::chrono::system_clock::now() : time_of_making(file_, about);
  return {};
}

Result<std::vector<Refusal>> FileSink::deliver(std::span<const RenderedEvent> events) {
  std::string lines;
  for (const RenderedEvent& event : events) {
    lines += event.body;
    lines += '\n';
  }
  if (Result<void> written = append(lines); !written) {
    return written.error();
  }
  return std::vector<Refusal>();
}

// A file is there after a power cut when its folder says so, too.
Result<void> FileSink::sync_folder() const {
  if (!options_.sync) {
    return {};
  }
  const std::string folder = options_.path.substr(0, options_.path.rfind('/') + 1);
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.get() >= 0 && ::fsync(opened.get()) == 0 ? Result<void>()
                                                         : failure("sync of its folder");
}

// Whether what is open is still what its name says, and how long somebody left it.
void FileSink::look_after_file() {
  if (file_ < 0) {
    return;
  }

  struct stat named {};

  struct stat open {};

  const bool is_here = ::lstat(options_.path.c_str(), &named) == 0 && ::fstat(file_, &open) == 0 &&
                       named.st_dev == open.st_dev && named.st_ino == open.st_ino;
  if (!is_here) {
    close();
  } else {
    size_ = static_cast<std::uint64_t>(open.st_size);
  }
}

bool FileSink::is_full() const {
  const bool is_long = options_.rotate_bytes != 0 && size_ >= options_.rotate_bytes;
  const bool is_old = options_.rotate_after.count() != 0 && size_ != 0 &&
                      std::chrono::system_clock::now() - begun_ >= options_.rotate_after;
  return is_long || is_old;
}

Result<void> FileSink::append(const std::string& lines) {
  look_after_file();
  if (file_ >= 0 && is_full()) {
    rotate();
  }
  if (file_ < 0) {
    if (Result<void> opened = open(); !opened) {
      return opened;
    }
  }
  return write_lines(lines);
}

Result<void> FileSink::write_lines(const std::string& lines) {
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t more = ::write(file_, lines.data() + written, lines.size() - written);
    if (more < 0 && errno == EINTR) {
      continue;
    }
    if (more <= 0) {
      const Error error = failure("write");
      // The next open() cuts off what is no whole line, and with it nothing that was told.
      [[maybe_unused]] const int cut = ::ftruncate(file_, static_cast<off_t>(size_));
      close();
      return error;
    }
    written += static_cast<std::size_t>(more);
  }
  if (options_.sync && ::fdatasync(file_) != 0) {
    const Error error = failure("sync");
    close();
    return error;
  }
  size_ += lines.size();
  return {};
}

void FileSink::remove_oldest() {
  const std::string oldest =
      options_.keep == 0 ? options_.path : options_.path + "." + std::to_string(options_.keep);
  if (::access(oldest.c_str(), F_OK) != 0) {
    return;
  }
  if (options_.on_delete) {
    options_.on_delete(oldest);
  }
  [[maybe_unused]] const int removed = std::remove(oldest.c_str());
}

void FileSink::rotate() {
  close();
  remove_oldest();
  for (unsigned number = options_.keep; number > 0; --number) {
    const std::string from =
        number == 1 ? options_.path : options_.path + "." + std::to_string(number - 1);
    // One that is not there, or cannot be moved, is no reason to keep events back.
    [[maybe_unused]] const int moved =
        std::rename(from.c_str(), (options_.path + "." + std::to_string(number)).c_str());
  }
}

}  // namespace quotemill::transport
