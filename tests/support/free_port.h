// Ports of loopback for servers that tests start.
#pragma once

#include <cstdint>

namespace quotemill::testing {

// A TCP port that nobody listens on. Below the ports that outgoing connections take, so that a
// server which is started again finds its port again.
std::uint16_t free_port();

}  // namespace quotemill::testing
