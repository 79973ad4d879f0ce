// Endpoints as settings write them.
#pragma once

#include <string_view>

namespace quotemill::transport {

// "tcp://HOST:PORT": a host (a name, an IPv4 address, an IPv6 address in brackets, or "*" for every
// interface of a server) and a port from 1 to 65535. libzmq takes more, and means other things by
// it: of port 99999 it keeps the lower 16 bits.
bool is_tcp_endpoint(std::string_view text);

// Whether a tcp endpoint stays on this machine: 127.x.x.x, [::1] or localhost.
bool is_loopback_endpoint(std::string_view text);

// "ipc:///PATH": an absolute path that fits a socket's address (107 bytes, and room for libzmq's).
bool is_ipc_endpoint(std::string_view text);

}  // namespace quotemill::transport
