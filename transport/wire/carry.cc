#include "transport/wire/carry.h"

#include <cassert>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {

Bytes seal_carry(Role sender, std::span<const CarriedFrame> items) {
  assert(!items.empty() && items.size() <= limits::kCarriedItemsMax);
  ByteWriter body;
  for (const CarriedFrame& item : items) {
    body.bytes(item.host).sized32_le(item.frame);
  }
  Envelope envelope;
  envelope.kind = Kind::kCarry;
  envelope.role = sender;
  envelope.items = static_cast<std::uint16_t>(items.size());
  return seal_frame(envelope, body.view());
}

Result<std::vector<CarriedFrame>> open_carry(ByteView message, Role sender) {
  const Result<OpenedFrame> opened = open_frame(message);
  if (!opened) {
    return opened.error();
  }
  const Envelope& envelope = opened->envelope;
  if (envelope.kind != Kind::kCarry || envelope.role != sender) {
    return Error{ErrorCode::kUnsupported, "carry", 0, {}};
  }
  if (envelope.items == 0 || envelope.items > limits::kCarriedItemsMax) {
    return Error{ErrorCode::kMalformed, "carry.items", 0, {}};
  }
  ByteReader in(opened->body);
  std::vector<CarriedFrame> items;
  items.reserve(envelope.items);
  for (std::uint16_t i = 0; i < envelope.items && in.ok(); ++i) {
    CarriedFrame item;
    item.host = in.array<std::tuple_size_v<CurveKey>>();
    item.frame = in.sized32_le(opened->body.size());
    if (in.ok() && item.frame.size() < kEnvelopeSize) {
      return Error{ErrorCode::kMalformed, "carry.frame", 0, {}};
    }
    items.push_back(item);
  }
  return in.finish(std::move(items), "carry");
}

}  // namespace quotemill::transport
