// Final events: what firmware measured after the boot log was handed over (EFI TCG2 protocol 1.0,
// 7.2: EFI_TCG2_FINAL_EVENTS_TABLE). Firmware begins to fill the table when the log is first asked
// for, so events of the boot services that were measured between two readings stand in both.
//
// Linux joins them before it offers binary_bios_measurements; this is for logs that were taken
// elsewhere. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill {

struct JoinedLog {
  Bytes log;                 // the log without padding, then the table's events that it lacks
  std::size_t overlap = 0;   // the last so many events of the log are the table's first
  std::size_t appended = 0;  // events that the log lacked
};

// Takes the overlap for as long as it can be. Fails if the log is of SHA-1 or broken, or if the
// table is of an unknown version, has other than the number of events that it names, or a digest of
// an algorithm that the log's header does not list. Linear time.
Result<JoinedLog> join_final_events(ByteView log, ByteView table);

// Of a log that somebody put the table's events behind without looking what stands in both: the
// longest run of events that comes twice in a row, once. nullopt if there is none, or if the log is
// of SHA-1, broken or longer than kRepeatedEventsMax. A guess: only a quote tells whether the log
// that is left is what was measured. Time grows with the square of the events.
std::optional<Bytes> without_repeated_events(ByteView log);

inline constexpr std::size_t kRepeatedEventsMax = 2'048;

}  // namespace quotemill
