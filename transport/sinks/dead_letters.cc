#include "transport/sinks/dead_letters.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "transport/render/json.h"

namespace quotemill::transport {
namespace {

std::uint64_t lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return static_cast<std::uint64_t>(
      std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n'));
}

FileSinkOptions file_options(const std::string& path, std::uint64_t file_bytes) {
  FileSinkOptions options;
  options.path = path;
  options.rotate_bytes = file_bytes;
  options.keep = 4;
  return options;
}

}  // namespace

DeadLetters::DeadLetters(const std::string& path, std::uint64_t file_bytes)
    : file_([&] {
        FileSinkOptions options = file_options(path, file_bytes);
        options.on_delete = [this](const std::string& oldest) { dropped_ += lines_of(oldest); };
        return options;
      }()) {}

Result<void> DeadLetters::add(std::span<const RenderedEvent> events,
                              std::span<const Refusal> refused, WallTime now) {
  std::string lines;
  for (const Refusal& refusal : refused) {
    const RenderedEvent& event = events[refusal.index];
    lines += to_line({{"refused", iso_time(now)},
                      {"reason", refusal.reason},
                      {"id", event.id},
                      {"key", event.key},
                      {"event", event.body}}) +
             "\n";
  }
  return lines.empty() ? Result<void>() : file_.append(lines);
}

}  // namespace quotemill::transport
