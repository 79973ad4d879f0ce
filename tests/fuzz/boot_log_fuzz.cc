// Whatever is read of a log can be written, reads the same again, and replays to the same values.
#include <algorithm>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/replay.h"
#include "tests/fuzz/fuzz_target.h"

namespace quotemill {
namespace {

bool has_every_digest(const BootLog& log) {
  return std::all_of(log.events.begin(), log.events.end(), [&log](const BootEvent& event) {
    const bool header = event.number == 0 && log.format == BootLogFormat::kCryptoAgile;
    return header || std::none_of(log.banks.begin(), log.banks.end(),
                                  [&](HashAlgorithm bank) { return event.digest(bank).empty(); });
  });
}

Bytes written_again(const BootLog& log) {
  BootLogWriter writer(log.format, log.banks);
  for (const BootEvent& event : log.events) {
    if (event.number == 0 && log.format == BootLogFormat::kCryptoAgile) {
      continue;
    }
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : log.banks) {
      digests.push_back(*Digest::from(bank, event.digest(bank)));
    }
    writer.event_with_digests(event.pcr, event.type, digests, event.data);
  }
  return to_bytes(writer.bytes());
}

void check_same(const BootLog& log, const BootLog& again) {
  require(log.events.size() == again.events.size());
  require(log.startup_locality == again.startup_locality);
  for (std::size_t i = 1; i < log.events.size(); ++i) {
    require(log.events[i].pcr == again.events[i].pcr);
    require(log.events[i].type == again.events[i].type);
    require(equal(log.events[i].data, again.events[i].data));
  }
  for (const HashAlgorithm bank : log.banks) {
    require(!can_hash(bank) || replay(log, bank) == replay(again, bank));
  }
}

}  // namespace
}  // namespace quotemill

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const BootLogReading reading = read_boot_log({data, size});
  const BootLog& log = reading.log;
  for (const BootEvent& event : log.events) {
    require(!event.is_measured() || event.pcr < limits::kPcrCount);
    require(describe(event).size() < 1024);
  }
  const bool padded = std::any_of(
      log.remarks.begin(), log.remarks.end(),
      [](const LogRemark& remark) { return remark.code == LogRemarkCode::kPaddingDropped; });
  // Dropped padding may have been the end of a last event of zeros, which is padding itself then.
  if (!reading.broken && !padded && !log.banks.empty() && has_every_digest(log)) {
    const Bytes bytes = written_again(log);
    const BootLogReading again = read_boot_log(bytes);
    require(!again.broken);
    check_same(log, again.log);
  }
  return 0;
}
