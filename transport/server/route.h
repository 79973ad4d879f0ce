// Route: where a host is reached.
#pragma once

#include <cstdint>
#include <optional>

#include "transport/socket/socket.h"

namespace quotemill::transport {

// Which gateway, by its place in the server's options.
using GatewayNumber = std::uint32_t;

// A connection of the host's own, or a gateway that stands before it.
struct Route {
  RouteId id = {};                            // of its own connection
  std::optional<GatewayNumber> gateway = {};  // else through this one

  [[nodiscard]] bool is_none() const { return id.empty() && !gateway; }

  friend bool operator==(const Route&, const Route&) = default;
};

}  // namespace quotemill::transport
