// CARRY messages of a gateway or a server: what is read, written and read again is the same, and
// each frame within is read as a message of a host.
#include "tests/fuzz/fuzz_target.h"
#include "transport/wire/carry.h"
#include "transport/wire/limits.h"
#include "transport/wire/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;             // NOLINT(google-build-using-namespace)
  using namespace quotemill::transport;  // NOLINT(google-build-using-namespace)
  const ByteView frame(data, size);
  for (const Role sender : {Role::kGateway, Role::kServer}) {
    const Result<std::vector<CarriedFrame>> items = open_carry(frame, sender);
    if (!items) {
      continue;
    }
    require(!items->empty() && items->size() <= limits::kCarriedItemsMax);
    const Bytes written = seal_carry(sender, *items);
    const Result<std::vector<CarriedFrame>> again = open_carry(written, sender);
    require(again.has_value() && seal_carry(sender, *again) == written);
    for (const CarriedFrame& item : *items) {
      static_cast<void>(decode_message(item.frame).has_value());
    }
  }
  return 0;
}
