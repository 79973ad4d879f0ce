// Claims and findings of whatever is read of a log, and the difference between it and a damaged
// copy.
#include "engine/claims/boot_claims.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/diff/log_diff.h"
#include "engine/eventlog/replay.h"
#include "engine/verify/event_findings.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  const BootLog log = read_boot_log(bytes).log;
  const std::optional<HashAlgorithm> bank = fullest_bank(log);
  if (!bank) {
    return 0;
  }
  const ProvenLog proven(log, *bank, replay(log, *bank).mask());
  const BootClaims claims = draw_boot_claims(proven, nullptr);
  require(describe_claims(claims).size() == 12);
  require(claims.secure_boot.ground.standing != Standing::kProven ||
          proven.separator_count(7) == 1);
  for (const Finding& finding : event_findings(proven)) {
    require(!message_of(finding).empty());
  }
  const BootLog half = read_boot_log(bytes.first(size / 2)).log;
  const LogDiff diff = diff_boot_logs(half, log);
  for (const LogDifference& difference : diff.differences) {
    require(!words_of(difference, diff.bank).empty());
  }
  require(diff_boot_logs(log, log).differences.empty());
  return 0;
}
