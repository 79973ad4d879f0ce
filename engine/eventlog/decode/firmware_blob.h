// Where firmware's own code and tables lay in memory (PFP 1.06, 10.2.1, 10.2.2, 10.2.4, 10.2.7):
// UEFI_PLATFORM_FIRMWARE_BLOB(2), UEFI_HANDOFF_TABLE_POINTERS(2). All of it is a hint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill {

struct FirmwareBlob {
  std::string description;  // printable; empty in the first form
  std::uint64_t base = 0;
  std::uint64_t length = 0;
};

Result<FirmwareBlob> decode_firmware_blob(ByteView data);
Result<FirmwareBlob> decode_firmware_blob2(ByteView data);
Fields describe_firmware_blob(const FirmwareBlob& blob);

struct HandoffTable {
  Guid id;
  std::uint64_t address = 0;
};

struct HandoffTables {
  std::string description;           // printable; empty in the first form
  std::vector<HandoffTable> tables;  // at most limits::kHandoffTablesMax
};

Result<HandoffTables> decode_handoff_tables(ByteView data);
Result<HandoffTables> decode_handoff_tables2(ByteView data);
Fields describe_handoff_tables(const HandoffTables& handoff);

}  // namespace quotemill
