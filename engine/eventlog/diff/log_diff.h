// LogDiff: what differs between two boot logs, event by event, in words.
//
// Events are aligned within each PCR, by their digests: that is the order that a TPM proves; how
// firmware interleaves its PCRs is not. Pure; for people, not for the path of evidence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/eventlog/boot_log.h"

namespace quotemill {

enum class LogChange : std::uint8_t {
  kRemoved,     // only in the first
  kAdded,       // only in the second
  kChanged,     // the same kind of event at the same place, with another digest
  kMoved,       // the same digest at another place in its PCR
  kRelabelled,  // the same digest, shown with another type or in other words
};

std::string_view name_of(LogChange change);  // "removed", "added", ...

struct LogDifference {
  LogChange change = LogChange::kChanged;
  const BootEvent* before = nullptr;  // borrowed from the logs; nullptr in kAdded
  const BootEvent* after = nullptr;   // nullptr in kRemoved
};

struct LogDiff {
  std::optional<HashAlgorithm> bank;  // by whose digests it was aligned; nullopt: by types and data
  std::size_t same = 0;               // events that are in both
  std::vector<LogDifference>
      differences;  // by the event's number in the second log, then the first
};

LogDiff diff_boot_logs(const BootLog& before, const BootLog& after);

// One line: "PCR 4, event 31 (was 30): EV_EFI_BOOT_SERVICES_APPLICATION (\EFI\…): digest sha256:…
// became sha256:…". Printable ASCII.
std::string words_of(const LogDifference& difference, std::optional<HashAlgorithm> bank);

}  // namespace quotemill
