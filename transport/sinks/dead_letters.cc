#include "transport/sinks/dead_letters.h"

#include "transport/render/json.h"

namespace quotemill::transport {
namespace {

FileSinkOptions file_options(const std::string& path) {
  FileSinkOptions options;
  options.path = path;
  options.rotate_bytes = 16 * 1024 * 1024;
  options.keep = 4;
  return options;
}

}  // namespace

DeadLetters::DeadLetters(const std::string& path) : file_(file_options(path)) {}

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
