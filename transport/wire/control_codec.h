// Bodies of the control kinds <-> typed values, over Protocol Buffers. Internal to transport/wire.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// REQUIRES: not EVIDENCE or RECEIPT, whose layout is fixed.
std::string encode_control(const MessageBody& body);

// REQUIRES: as above.
Result<MessageBody> decode_control(Kind kind, ByteView body);

}  // namespace quotemill::transport
