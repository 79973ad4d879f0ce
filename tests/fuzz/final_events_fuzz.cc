// Final events behind a log: whatever is joined is a log, begins with the events of the log and
// holds no event that neither had. And of what is there twice, once is left: a log, and shorter.
#include "engine/base/byte_writer.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/final_events.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace quotemill;  // NOLINT(google-build-using-namespace)

void check(ByteView log, ByteView table) {
  const Result<JoinedLog> joined = join_final_events(log, table);
  if (!joined) {
    return;
  }
  const BootLogReading before = read_boot_log(log);
  const BootLogReading after = read_boot_log(joined->log);
  // Without its padding a log may end in an event that is padding itself.
  require(!after.broken);
  require(after.log.events.size() <= before.log.events.size() + joined->appended);
  require(joined->overlap < before.log.events.size());
  for (std::size_t i = 0; i < before.log.events.size() && i < after.log.events.size(); ++i) {
    require(equal(before.log.events[i].digests, after.log.events[i].digests));
  }
}

void check_repeated(ByteView log) {
  const std::optional<Bytes> once = without_repeated_events(log);
  if (once) {
    const BootLogReading left = read_boot_log(*once);
    require(!left.broken);
    require(left.log.events.size() < read_boot_log(log).log.events.size());
  }
}

}  // namespace

// The bytes are a log, whose own events are the table; or both, cut by the first byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_repeated(bytes);
  const BootLogReading reading = read_boot_log(bytes);
  if (!reading.broken && reading.log.events.size() > 1) {
    const BootEvent& first = reading.log.events[1];
    const auto begin = static_cast<std::size_t>(first.digests.data() - bytes.data());
    ByteWriter table;
    table.u64_le(1).u64_le(reading.log.events.size() - 1);
    table.bytes(bytes.subspan(begin < 12 ? 0 : begin - 12));
    check(bytes, table.view());
    Bytes twice = to_bytes(bytes);
    const ByteView events = table.view().subspan(16);
    twice.insert(twice.end(), events.begin(), events.end());
    check_repeated(twice);
  }
  if (size > 1) {
    const std::size_t cut = 1 + (size - 1) * bytes[0] / 256;
    check(bytes.subspan(1, cut - 1), bytes.subspan(cut));
  }
  return 0;
}
