// Sockets on loopback for tests: a CURVE server behind a ZAP handler, and clients of it.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"
#include "transport/socket/zap.h"

namespace quotemill::testing {

inline transport::CurveKeyPair fresh_pair() {
  Result<transport::CurveKeyPair> pair = transport::generate_key_pair();
  EXPECT_TRUE(pair);
  return *pair;
}

inline std::unique_ptr<transport::Context> make_context() {
  Result<std::unique_ptr<transport::Context>> context = transport::Context::create();
  EXPECT_TRUE(context);
  return *std::move(context);
}

inline transport::Socket make_socket(transport::Context& context,
                                     const transport::SocketOptions& options) {
  Result<transport::Socket> socket = transport::Socket::create(context, options);
  EXPECT_TRUE(socket) << (socket ? "" : socket.error().to_string());
  return *std::move(socket);
}

inline transport::Socket make_client(transport::Context& context, const std::string& endpoint,
                                     const transport::CurveKeyPair& pair,
                                     const CurveKey& server_key) {
  transport::SocketOptions options;
  options.curve = transport::CurveClient{pair, server_key};
  transport::Socket socket = make_socket(context, options);
  EXPECT_TRUE(socket.connect(endpoint));
  return socket;
}

// The next message within `timeout_ms`.
inline std::optional<transport::Received> receive_within(transport::Socket& socket,
                                                         int timeout_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (std::chrono::steady_clock::now() < end) {
    if (auto received = socket.receive()) {
      return received;
    }
    transport::wait(socket, -1, 10);
  }
  return std::nullopt;
}

// A ZAP domain "test" that admits the keys of a set which does not change after start.
struct Gate {
  explicit Gate(transport::Context& context, std::set<CurveKey> admitted,
                transport::Rate rate = {0, 1}) {
    auto keys = std::make_shared<const std::set<CurveKey>>(std::move(admitted));
    transport::ZapDomain domain;
    domain.admits = [keys](const CurveKey& key) { return keys->contains(key); };
    domain.handshakes = rate;
    Result<std::unique_ptr<transport::ZapHandler>> started =
        transport::ZapHandler::start(context, {{"test", std::move(domain)}});
    EXPECT_TRUE(started) << (started ? "" : started.error().to_string());
    handler = *std::move(started);
  }

  std::unique_ptr<transport::ZapHandler> handler;
};

inline transport::SocketOptions router_options(const transport::CurveKeyPair& pair) {
  transport::SocketOptions options;
  options.type = transport::SocketType::kRouter;
  options.curve = transport::CurveServer{pair.secret_key, "test"};
  return options;
}

}  // namespace quotemill::testing
