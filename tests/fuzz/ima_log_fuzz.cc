// Whatever is read of a list stays within its bounds, and its whole replay is found again.
#include "engine/base/limits.h"
#include "engine/eventlog/ima_log.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ImaLogReading reading = read_ima_log({data, size});
  const ImaLog& log = reading.log;
  require(log.entries.size() <= size);
  for (const ImaEntry& entry : log.entries) {
    require(entry.pcr < limits::kPcrCount);
    require(entry.template_name.size() <= limits::kImaNameSizeMax);
    require(!(entry.is_violation() && entry.data_holds()));
  }
  for (const HashAlgorithm bank : {HashAlgorithm::kSha1, HashAlgorithm::kSha384}) {
    if (const auto value = replay_ima_log(log, bank)) {
      const auto match = match_ima_log(log, *value);
      require(match.has_value() && match->entries == log.entries.size());
    }
  }
  return 0;
}
