#include "transport/sinks/sink_cursor.h"

#include <charconv>
#include <system_error>

#include "transport/files/private_file.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kFileSizeMax = 128;
constexpr std::size_t kStreamIdSize = 26;

}  // namespace

// "<stream id> <next>\n"
Result<std::optional<SinkPosition>> read_position(const std::string& path) {
  const Result<std::optional<Bytes>> file = read_private_file(path, kFileSizeMax);
  if (!file) {
    return file.error();
  }
  if (!file->has_value()) {
    return std::optional<SinkPosition>();
  }
  const std::string_view text = as_text(**file);
  SinkPosition position;
  position.stream_id = text.substr(0, kStreamIdSize);
  const bool has_shape =
      text.size() > kStreamIdSize + 2 && text[kStreamIdSize] == ' ' && text.back() == '\n';
  const char* const end = text.data() + text.size() - 1;
  const auto read = has_shape ? std::from_chars(text.data() + kStreamIdSize + 1, end, position.next)
                              : std::from_chars_result{};
  if (!has_shape || read.ec != std::errc() || read.ptr != end || position.next == 0) {
    return Error{ErrorCode::kStorage, "sink cursor", 0,
                 path + " is damaged; remove it, and the sink begins with the oldest change"};
  }
  return std::optional<SinkPosition>(std::move(position));
}

Result<void> write_position(const std::string& path, const SinkPosition& position) {
  const std::string text = position.stream_id + " " + std::to_string(position.next) + "\n";
  return replace_private_file(path, as_bytes(text));
}

}  // namespace quotemill::transport
