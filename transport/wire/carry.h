// CARRY: whole frames of several hosts in one message of a gateway, and the answers to them.
//
// Body, `items` times:
//   offset size
//    0     32   CURVE key of the host whose frame it is, as it proved it to the gateway
//   32     4    u32 size of the frame
//   36     ...  the frame: envelope and body, as on a channel of the host's own
//
// A frame within is not looked into here. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/wire/envelope.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {

// What a frame adds to a message beside its own bytes.
inline constexpr std::size_t kCarriedItemOverhead = 36;
// Of the items of one message, overhead included.
inline constexpr std::size_t kCarriedBytesMax = limits::kMessageSizeMax - kEnvelopeSize;

// Borrows the frame's bytes.
struct CarriedFrame {
  CurveKey host{};
  ByteView frame;
};

// One message. REQUIRES: 1 to limits::kCarriedItemsMax items, of kCarriedBytesMax together
Bytes seal_carry(Role sender, std::span<const CarriedFrame> items);

// The items of a CARRY of this sender; they borrow `message`. kUnsupported for another kind or
// role; kMalformed without items or with too many, and for an item that is no frame by its size.
Result<std::vector<CarriedFrame>> open_carry(ByteView message, Role sender);

}  // namespace quotemill::transport
