// Stores as the versions before wrote them.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/records.h"
#include "storage/keyspace.h"

namespace quotemill::testing {

// A host with its certificate, as records of formats 1 and 2 have it.
struct OlderHost {
  HostRecord record;  // names no certificate
  Bytes ek_certificate;
  storage::Family family = storage::Family::kHosts;  // or kIdentities
};

std::string encode_older_host(const OlderHost& host);

// Makes the store at `path`, which must not be there, one of that format.
void write_older_store(const std::string& path, std::uint64_t format,
                       const std::vector<OlderHost>& hosts);

// Of the store at `path`, which nobody has open.
struct MoveProgress {
  bool is_marked = false;  // the move is not done
  std::size_t unmoved = 0;
  std::size_t moved = 0;
};

MoveProgress move_progress(const std::string& path);

}  // namespace quotemill::testing
