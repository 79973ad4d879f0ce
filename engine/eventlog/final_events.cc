#include "engine/eventlog/final_events.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill {
namespace {

constexpr const char* kTable = "EFI_TCG2_FINAL_EVENTS_TABLE";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kBeforeDigests = 4 + 4 + 4;  // pcrIndex, eventType, digestCount

// The bytes of each TCG_PCR_EVENT2, the header's event left out.
std::vector<ByteView> events_of(ByteView bytes, const BootLog& log) {
  std::vector<ByteView> events;
  events.reserve(log.events.size());
  for (const BootEvent& event : log.events) {
    if (event.number > 0) {
      const auto begin =
          static_cast<std::size_t>(event.digests.data() - bytes.data()) - kBeforeDigests;
      const auto end =
          static_cast<std::size_t>(event.data.data() - bytes.data()) + event.data.size();
      events.push_back(bytes.subspan(begin, end - begin));
    }
  }
  return events;
}

// The header's event, with what it forgot in its size.
ByteView header_of(ByteView bytes, const BootLog& log) {
  const ByteView data = log.events.front().data;
  const bool forgot = std::any_of(
      log.remarks.begin(), log.remarks.end(),
      [](const LogRemark& remark) { return remark.code == LogRemarkCode::kVendorInfoOutside; });
  const std::size_t vendor_info_size = forgot ? data.back() : 0;
  return bytes.first(static_cast<std::size_t>(data.data() - bytes.data()) + data.size() +
                     vendor_info_size);
}

// How many of the last of `log` are the first of `table`, at most: the state of Knuth, Morris and
// Pratt's search for the table behind the log's last event.
std::size_t overlap_of(const std::vector<ByteView>& log, const std::vector<ByteView>& table) {
  std::vector<std::size_t> shorter(table.size() + 1, 0);  // by length: the next that could match
  const auto grow = [&](std::size_t matched, ByteView event) {
    while (matched > 0 && (matched == table.size() || !equal(table[matched], event))) {
      matched = shorter[matched];
    }
    return matched < table.size() && equal(table[matched], event) ? matched + 1 : 0;
  };
  for (std::size_t i = 1; i < table.size(); ++i) {
    shorter[i + 1] = grow(shorter[i], table[i]);
  }
  std::size_t matched = 0;
  for (const ByteView event : log) {
    matched = grow(matched, event);
  }
  return matched;
}

struct Repetition {
  std::size_t begin = 0;  // where it comes the second time
  std::size_t size = 0;   // 0: nothing is repeated
};

// The longest, and of those the last one.
Repetition longest_repetition(const std::vector<ByteView>& events) {
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::vector<std::size_t> ids;
  ids.reserve(events.size());
  for (const ByteView event : events) {
    ids.push_back(numbers.emplace(as_text(event), numbers.size()).first->second);
  }
  for (std::size_t size = ids.size() / 2; size > 0; --size) {
    std::size_t equal_so_far = 0;
    for (std::size_t at = ids.size(); at-- > size;) {
      equal_so_far = ids[at] == ids[at - size] ? equal_so_far + 1 : 0;
      if (equal_so_far == size) {
        return {at, size};
      }
    }
  }
  return {};
}

void append(const std::vector<ByteView>& events, std::size_t from, std::size_t to, Bytes& out) {
  for (std::size_t i = from; i < to; ++i) {
    out.insert(out.end(), events[i].begin(), events[i].end());
  }
}

// The table's events behind the log's header, which says how long their digests are.
Result<Bytes> table_as_log(ByteView header, ByteView table) {
  ByteReader in(table);
  const std::uint64_t version = in.u64_le();  // Version
  const std::uint64_t count = in.u64_le();    // NumberOfEvents
  if (in.ok() && version != kVersion) {
    in.fail(ErrorCode::kUnsupported);
  }
  const ByteView events = in.rest();  // Event[]
  if (!in.ok()) {
    return in.error(kTable);
  }
  Bytes log = to_bytes(header);
  log.insert(log.end(), events.begin(), events.end());
  const BootLogReading reading = read_boot_log(log);  // bounds how many there can be
  if (reading.broken) {
    return Error{reading.broken->code, kTable};
  }
  if (reading.log.events.size() - 1 != count) {
    return Error{ErrorCode::kMalformed, kTable};
  }
  return log;
}

}  // namespace

Result<JoinedLog> join_final_events(ByteView log, ByteView table) {
  const BootLogReading reading = read_boot_log(log);
  if (reading.broken) {
    return *reading.broken;
  }
  if (reading.log.format != BootLogFormat::kCryptoAgile) {
    return Error{ErrorCode::kUnsupported, "final events of a SHA-1 log"};
  }
  const std::vector<ByteView> logged = events_of(log, reading.log);
  const ByteView header = header_of(log, reading.log);
  const Result<Bytes> final_log = table_as_log(header, table);
  if (!final_log) {
    return final_log.error();
  }
  const BootLogReading final_reading = read_boot_log(*final_log);
  const std::vector<ByteView> final_events = events_of(*final_log, final_reading.log);
  const std::size_t overlap = overlap_of(logged, final_events);
  JoinedLog joined{to_bytes(header), overlap, final_events.size() - overlap};
  append(logged, 0, logged.size(), joined.log);
  append(final_events, overlap, final_events.size(), joined.log);
  return joined;
}

std::optional<Bytes> without_repeated_events(ByteView log) {
  const BootLogReading reading = read_boot_log(log);
  if (reading.broken || reading.log.format != BootLogFormat::kCryptoAgile ||
      reading.log.events.size() > kRepeatedEventsMax) {
    return std::nullopt;
  }
  const std::vector<ByteView> events = events_of(log, reading.log);
  const Repetition repeated = longest_repetition(events);
  if (repeated.size == 0) {
    return std::nullopt;
  }
  Bytes once = to_bytes(header_of(log, reading.log));
  append(events, 0, repeated.begin, once);
  append(events, repeated.begin + repeated.size, events.size(), once);
  return once;
}

}  // namespace quotemill
