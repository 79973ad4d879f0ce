#include "storage/stream_begins.h"

#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

#include "storage/limits.h"

namespace quotemill::storage {
namespace {

constexpr std::size_t kIdSize = 26;  // of a ULID

// " 42" off the front of `text`; false if it is not there.
bool take_number(std::string_view& text, std::uint64_t& number) {
  if (text.empty() || text.front() != ' ') {
    return false;
  }
  const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return read.ec == std::errc();
}

}  // namespace

void begin_stream(std::vector<StreamBegin>& streams, StreamBegin next) {
  while (!streams.empty() && streams.back().change >= next.change &&
         streams.back().act >= next.act) {
    streams.pop_back();
  }
  streams.push_back(std::move(next));
  if (streams.size() > limits::kStreamsMax) {
    streams.erase(streams.begin());
  }
}

std::string encode_streams(const std::vector<StreamBegin>& streams) {
  std::string text;
  for (const StreamBegin& stream : streams) {
    text +=
        stream.id + " " + std::to_string(stream.change) + " " + std::to_string(stream.act) + "\n";
  }
  return text;
}

Result<std::vector<StreamBegin>> decode_streams(std::string_view text) {
  std::vector<StreamBegin> streams;
  while (!text.empty() && streams.size() < limits::kStreamsMax) {
    StreamBegin stream;
    stream.id = text.substr(0, kIdSize);
    text.remove_prefix(stream.id.size());
    if (!take_number(text, stream.change) || !take_number(text, stream.act) ||
        !text.starts_with('\n')) {
      break;
    }
    text.remove_prefix(1);
    streams.push_back(std::move(stream));
  }
  return text.empty() ? Result<std::vector<StreamBegin>>(std::move(streams))
                      : Error{ErrorCode::kStorage, "streams", 0, "the list is damaged"};
}

}  // namespace quotemill::storage
