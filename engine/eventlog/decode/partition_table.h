// UEFI_GPT_DATA (PFP 1.06, 10.2.5): the partition table of the disk that was booted from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill {

struct Partition {
  Guid type;
  Guid id;
  std::uint64_t first_block = 0;
  std::uint64_t last_block = 0;
  std::uint64_t attributes = 0;
  std::string name;  // printable
};

struct PartitionTable {
  Guid disk;
  std::vector<Partition> partitions;  // at most limits::kPartitionsMax
};

Result<PartitionTable> decode_partition_table(ByteView data);

Fields describe_partition_table(const PartitionTable& table);

}  // namespace quotemill
