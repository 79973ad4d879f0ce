#include "transport/socket/endpoint.h"

#include <string>

#include <gtest/gtest.h>

namespace quotemill::transport {
namespace {

TEST(Endpoint, OfTcpHasAHostAndAPort) {
  for (const char* const good :
       {"tcp://127.0.0.1:7401", "tcp://verifier.example:1", "tcp://*:65535", "tcp://[::1]:7401",
        "tcp://[fe80::1%eth0]:7401"}) {
    EXPECT_TRUE(is_tcp_endpoint(good)) << good;
  }
  for (const char* const bad :
       {"", "tcp://", "tcp://x", "tcp://:1", "tcp://x:", "tcp://x:0", "tcp://x:65536", "tcp://x:1x",
        "tcp://x:+1", "tcp://x: 1", "tcp://::1:7401", "tcp://x/y:1", "tcp://x;y:1", "udp://x:1",
        "tcp:/x:1", "ipc:///x"}) {
    EXPECT_FALSE(is_tcp_endpoint(bad)) << bad;
  }
}

TEST(Endpoint, IsOfThisMachineByItsAddressOnly) {
  for (const char* const ours :
       {"tcp://127.0.0.1:1", "tcp://127.255.0.9:1", "tcp://localhost:1", "tcp://[::1]:1"}) {
    EXPECT_TRUE(is_loopback_endpoint(ours)) << ours;
  }
  for (const char* const other :
       {"tcp://192.0.2.1:1", "tcp://127.0.0.1.example:1", "tcp://*:1", "tcp://[::2]:1",
        "tcp://localhost.example:1", "tcp://127.0.0.1", "ipc:///x", ""}) {
    EXPECT_FALSE(is_loopback_endpoint(other)) << other;
  }
}

TEST(Endpoint, OfIpcHasAnAbsolutePathThatFits) {
  EXPECT_TRUE(is_ipc_endpoint("ipc:///run/quotemill/changes.sock"));
  for (const std::string& bad :
       {std::string("ipc://"), std::string("ipc:///"), std::string("ipc://x"),
        "ipc:///" + std::string(100, 'x'), std::string("tcp://x:1")}) {
    EXPECT_FALSE(is_ipc_endpoint(bad)) << bad;
  }
}

}  // namespace
}  // namespace quotemill::transport
