#include "engine/eventlog/decode/firmware_blob.h"

#include "engine/base/limits.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

std::string read_description(ByteReader& in) {
  const std::uint8_t size = in.u8();     // BlobDescriptionSize, TableDescriptionSize
  return text_of_ascii(in.bytes(size));  // BlobDescription, TableDescription
}

Result<FirmwareBlob> read_blob(ByteReader& in, FirmwareBlob blob) {
  blob.base = in.u64_le();    // BlobBase
  blob.length = in.u64_le();  // BlobLength
  return in.finish(std::move(blob), "UEFI_PLATFORM_FIRMWARE_BLOB");
}

Result<HandoffTables> read_tables(ByteReader& in, HandoffTables handoff) {
  const std::uint64_t count = in.u64_le();  // NumberOfTables
  if (count > limits::kHandoffTablesMax) {
    in.fail(ErrorCode::kTooLarge);
  }
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    const Guid id = read_guid(in);                // VendorGuid
    handoff.tables.push_back({id, in.u64_le()});  // VendorTable
  }
  return in.finish(std::move(handoff), "UEFI_HANDOFF_TABLE_POINTERS");
}

Fields with_description(const std::string& description) {
  return description.empty() ? Fields{} : Fields{{"description", description}};
}

}  // namespace

Result<FirmwareBlob> decode_firmware_blob(ByteView data) {
  ByteReader in(data);
  return read_blob(in, {});
}

Result<FirmwareBlob> decode_firmware_blob2(ByteView data) {
  ByteReader in(data);
  return read_blob(in, {read_description(in)});
}

Fields describe_firmware_blob(const FirmwareBlob& blob) {
  Fields fields = with_description(blob.description);
  fields.push_back({"base", hex_number(blob.base)});
  fields.push_back({"length", blob.length});
  return fields;
}

Result<HandoffTables> decode_handoff_tables(ByteView data) {
  ByteReader in(data);
  return read_tables(in, {});
}

Result<HandoffTables> decode_handoff_tables2(ByteView data) {
  ByteReader in(data);
  return read_tables(in, {read_description(in), {}});
}

Fields describe_handoff_tables(const HandoffTables& handoff) {
  Fields fields = with_description(handoff.description);
  std::vector<Fields> tables;
  for (const HandoffTable& table : handoff.tables) {
    tables.push_back({{"table", text_of(table.id)}, {"address", hex_number(table.address)}});
  }
  fields.push_back({"tables", std::move(tables)});
  return fields;
}

}  // namespace quotemill
