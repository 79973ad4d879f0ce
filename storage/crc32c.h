// CRC-32C (RFC 3720, appendix B.4) by the processor's instruction, for RocksDB's log.
//
// Distributions build RocksDB for any x86-64 processor, and it then works the checksum of its log
// out by tables, six times slower: four fifths of its own time in a commit of reaffirmed quotes. It
// calls the function by its name, rocksdb::crc32c::Extend, through the dynamic linker, which
// prefers the program's own: crc32c.cc has it. The values are the same. On other processors
// RocksDB's own goes on.
#pragma once

#include "engine/base/result.h"

namespace quotemill::storage {

// Whether the function in force gives the published value: kInternal if not. To be asked before a
// store is opened: what it then writes, others must be able to read. Any thread.
Result<void> check_crc32c();

}  // namespace quotemill::storage
