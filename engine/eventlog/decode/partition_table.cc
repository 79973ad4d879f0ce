#include "engine/eventlog/decode/partition_table.h"

#include "engine/base/limits.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::size_t kNameSize = 72;
constexpr std::uint32_t kEntrySizeMin = 128;
constexpr std::uint32_t kEntrySizeMax = 4096;

Partition read_partition(ByteReader entry) {
  Partition partition;
  partition.type = read_guid(entry);                       // PartitionTypeGUID
  partition.id = read_guid(entry);                         // UniquePartitionGUID
  partition.first_block = entry.u64_le();                  // StartingLBA
  partition.last_block = entry.u64_le();                   // EndingLBA
  partition.attributes = entry.u64_le();                   // Attributes
  partition.name = text_of_utf16(entry.bytes(kNameSize));  // PartitionName
  return partition;
}

}  // namespace

// EFI_PARTITION_TABLE_HEADER (UEFI 2.10, 5.3.2), then NumberOfPartitions and the entries in use.
Result<PartitionTable> decode_partition_table(ByteView data) {
  ByteReader in(data);
  PartitionTable table;
  (void)in.bytes(8 + 4 + 4 + 4 + 4);  // Signature, Revision, HeaderSize, HeaderCRC32, Reserved
  (void)in.bytes(8 + 8 + 8 + 8);      // MyLBA, AlternateLBA, FirstUsableLBA, LastUsableLBA
  table.disk = read_guid(in);         // DiskGUID
  (void)in.u64_le();                  // PartitionEntryLBA
  (void)in.u32_le();                  // NumberOfPartitionEntries
  const std::uint32_t entry_size = in.u32_le();  // SizeOfPartitionEntry
  (void)in.u32_le();                             // PartitionEntryArrayCRC32
  const std::uint64_t count = in.u64_le();       // NumberOfPartitions
  if (count > limits::kPartitionsMax) {
    in.fail(ErrorCode::kTooLarge);
  }
  if (count > 0 && (entry_size < kEntrySizeMin || entry_size > kEntrySizeMax)) {
    in.fail(ErrorCode::kMalformed);
  }
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    const ByteReader entry = in.sub(entry_size);
    if (in.ok()) {
      table.partitions.push_back(read_partition(entry));
    }
  }
  return in.finish(std::move(table), "UEFI_GPT_DATA");
}

Fields describe_partition_table(const PartitionTable& table) {
  std::vector<Fields> partitions;
  for (const Partition& partition : table.partitions) {
    partitions.push_back({{"name", partition.name},
                          {"type", text_of(partition.type)},
                          {"id", partition.id.to_string()},
                          {"first_block", partition.first_block},
                          {"last_block", partition.last_block},
                          {"attributes", hex_number(partition.attributes)}});
  }
  return {{"disk", table.disk.to_string()}, {"partitions", std::move(partitions)}};
}

}  // namespace quotemill
