// SinkCursor: how far a sink has got in the change stream, in a file of its own, so that it is
// there after a restart. It moves behind what was delivered: after a crash the last events come
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace quotemill::transport {

struct SinkPosition {
  std::string stream_id;
  std::uint64_t next = 1;      // sequence of the first change that it does not have
  std::uint64_t next_act = 1;  // number of the first act (engine/identity/audit_trail.h)

  friend bool operator==(const SinkPosition&, const SinkPosition&) = default;
};

// nullopt if there is none yet; kStorage if the file is not one of ours.
Result<std::optional<SinkPosition>> read_position(const std::string& path);
// Durable when it returns.
Result<void> write_position(const std::string& path, const SinkPosition& position);

}  // namespace quotemill::transport
