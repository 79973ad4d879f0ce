#include "transport/sinks/sink_cursor.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "transport/files/private_file.h"
#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kStreamIdSize = 26;
constexpr std::string_view kFlaps = " flaps";

// " 42": takes it off the front of `text`; false if it is not there, or 0.
bool take_number(std::string_view& text, std::uint64_t& number) {
  if (text.empty() || text.front() != ' ') {
    return false;
  }
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, number);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return read.ec == std::errc() && number != 0;
}

}  // namespace

// "<stream id> <next> <next act> <group> <group> … flaps <first>\n"; files of before there were
// acts end with <next>, there are as many groups as there are, and nothing of flaps if none is
// held.
Result<std::optional<SinkPosition>> read_position(const std::string& path) {
  const Result<std::optional<Bytes>> file = read_private_file(path, limits::kSinkCursorSizeMax);
  if (!file) {
    return file.error();
  }
  if (!file->has_value()) {
    return std::optional<SinkPosition>();
  }
  std::string_view text = as_text(**file);
  SinkPosition position;
  position.stream_id = text.substr(0, kStreamIdSize);
  text.remove_prefix(position.stream_id.size());
  bool is_whole =
      take_number(text, position.next) && (text == "\n" || take_number(text, position.next_act));
  while (is_whole && text != "\n" && !text.starts_with(kFlaps)) {
    const std::uint64_t before = position.groups.empty() ? 0 : position.groups.back();
    is_whole = take_number(text, position.groups.emplace_back()) && position.groups.back() > before;
  }
  if (is_whole && text.starts_with(kFlaps)) {
    text.remove_prefix(kFlaps.size());
    is_whole = take_number(text, position.flaps) && text == "\n";
  }
  if (!is_whole) {
    return Error{ErrorCode::kStorage, "sink cursor", 0,
                 path + " is damaged; remove it, and the sink begins with the oldest change"};
  }
  return std::optional<SinkPosition>(std::move(position));
}

Result<void> write_position(const std::string& path, const SinkPosition& position) {
  std::string text = position.stream_id + " " + std::to_string(position.next) + " " +
                     std::to_string(position.next_act);
  for (const std::uint64_t group : position.groups) {
    text += " " + std::to_string(group);
  }
  if (position.flaps != 0) {
    text += std::string(kFlaps) + " " + std::to_string(position.flaps);
  }
  text += "\n";
  return replace_private_file(path, as_bytes(text));
}

Result<void> LaggingCursor::move(const SinkPosition& position, BootTime now) {
  constexpr std::int64_t kSecond = 1'000;
  if (!delivered_.empty() && lag_.count() != 0 &&
      delivered_.back().when.ms / kSecond == now.ms / kSecond) {
    delivered_.back() = {now, position};
  } else {
    delivered_.push_back({now, position});
  }
  return keep(now);
}

Result<void> LaggingCursor::keep(BootTime now) {
  std::size_t due = 0;
  while (due < delivered_.size() && now.ms - delivered_[due].when.ms >= lag_.count()) {
    ++due;
  }
  if (due == 0) {
    return {};
  }
  const SinkPosition& last = delivered_[due - 1].position;
  if (Result<void> written = write_position(path_, last); !written) {
    return written;
  }
  kept_ = last;
  delivered_.erase(delivered_.begin(), delivered_.begin() + static_cast<std::ptrdiff_t>(due));
  return {};
}

}  // namespace quotemill::transport
