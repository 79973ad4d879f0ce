// How a boot log is kept: without the secrets that somebody typed at ESXi's boot loader.
//
// A log as sent has them in clear, and the digests of its events are over them. Before it is kept
// every secret's value is overwritten byte by byte, so that sizes and offsets stay what they were:
// by kHeldByte if the event's data was what was measured, in every bank that can be computed; by
// kDifferedByte if it was not, or if nothing could tell. So a kept log still says of such an event
// whether its data held when it came, and replays as ever, because its digests are untouched.
//
// Only whoever keeps logs writes these bytes, over all secrets of a log. In a log as sent they mean
// nothing: a host that sends them sends data that does not hash to its digest.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill {

enum class LogForm : std::uint8_t {
  kAsSent,  // by a host, or read from one
  kAsKept,  // from the store, or from a bundle that says so
};

// Whether a log that was read to its end has a secret. One as sent that has none is one as kept.
bool has_secret(const BootLog& log);

// A log as sent becomes one as kept. Logs without secrets stay as they are. Linear; once per log:
// a kept log has lost what its secrets' digests could be checked with. Only tagged events and what
// is behind a break are looked at: nothing else is typed at ESXi's boot loader.
void drop_secrets(Bytes& log);

enum class KeptSecret : std::uint8_t {
  kNone,      // the data has no secret: its digest can be checked
  kHeld,      // it was what was measured
  kDiffered,  // it was not
};

// Of the tagged data of an event of a kept log.
KeptSecret kept_secret(ByteView tagged_data);

// Numbers of the events of a kept log whose data lacks a secret.
std::vector<std::uint32_t> events_without_secrets(const BootLog& kept);

}  // namespace quotemill
