// Bounds of how the server shares its room for logs, and of what gateways carry and keep. The room
// itself and the bounds of messages are in engine/base/limits.h and transport/wire/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/limits.h"

namespace quotemill::limits {

// One part in so many of kLogTransferBytesMax is for the shares that transfers have of their own;
// the rest is what all have in common, and no transfer may hold more of it than it leaves.
inline constexpr std::size_t kLogSharesPart = 8;

// A host's boot log is held while its runtime list comes. The largest of both fit beside no others,
// or their host is told BUSY for ever.
static_assert(kBootLogSizeMax + 2 * kRuntimePieceSizeMax <=
              kLogTransferBytesMax - kLogTransferBytesMax / kLogSharesPart);

// What waits in the gateway for the server, in full messages; hosts keep the rest.
inline constexpr std::size_t kGatewayMessagesWaitingMax = 4;
// Answers that wait in the server for one gateway; more are dropped, and their hosts ask again.
inline constexpr std::size_t kGatewayQueueMax = 4'096;
inline constexpr std::size_t kGatewayQueueBytesMax = 16 * 1024 * 1024;

// Hosts that a gateway remembers at once: those that come through it, and those that the server
// does not want.
inline constexpr std::size_t kGatewayHostsMax = 65'536;
inline constexpr std::size_t kGatewayDeniedMax = 16'384;

// A gateway that lies about when to ask again silences no host for longer.
inline constexpr std::int64_t kGatewayPauseMaxMs = 24 * 3'600'000;

}  // namespace quotemill::limits
