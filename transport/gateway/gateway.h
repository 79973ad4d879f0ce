// Gateway: stands near some hosts, and carries their frames to the server and the answers back,
// many in one message (transport/README.md, "Gateways").
//
// It understands nothing of what it carries but the envelope, holds no state that matters, and is
// trusted with nothing: hosts' own keys prove what they say. Hosts are connected to it as to a
// server; it is connected to the server as one peer with a key of its own.
//
// Frames leave when they fill a message, or when the oldest has waited `batch_age_us`. While the
// server does not take them, none are taken from hosts either: each has two messages on the way at
// most, and takes turns with the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "transport/gateway/host_routes.h"
#include "transport/server/memory_guard.h"
#include "transport/server/server_log.h"
#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"
#include "transport/socket/zap.h"
#include "transport/wire/carry_queue.h"

namespace quotemill::transport {

struct GatewaySettings {
  std::string listen;  // "tcp://*:7411"; a port of * takes a free one
  CurveKeyPair key;    // for both sides
  std::string server;  // "tcp://verifier.example:7401"
  CurveKey server_key{};
  std::int64_t batch_age_us = 2'000;
  std::size_t memory_bytes_max = 0;  // resident size over which hosts' socket is reopened; 0: never
  Rate handshakes = {100, 2'000};    // per address: many hosts may share one
  LogSink log;                       // on the gateway's thread
};

// Any thread.
struct GatewayTally {
  std::atomic<std::uint64_t> frames_up{0};
  std::atomic<std::uint64_t> messages_up{0};
  std::atomic<std::uint64_t> frames_down{0};
  std::atomic<std::uint64_t> messages_down{0};
  std::atomic<std::uint64_t> malformed{0};   // of hosts: no frame that a host may send
  std::atomic<std::uint64_t> refused{0};     // of keys that the server denied; no room
  std::atomic<std::uint64_t> dropped{0};     // answers: their host is gone, or does not read
  std::atomic<std::uint64_t> unreadable{0};  // of the server
  std::atomic<std::uint64_t> reopened{0};
};

class Gateway {
 public:
  // Bound and connecting when it returns. `context` outlives it. kDenied, kIo as Socket::bind().
  static Result<std::unique_ptr<Gateway>> open(Context& context, GatewaySettings settings);

  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway() = default;

  // Until `stop_fd` (an eventfd or signalfd) can be read.
  void run(int stop_fd);

  // Where hosts reach it, with the port that was taken.
  [[nodiscard]] const std::string& endpoint() const { return settings_.listen; }

  [[nodiscard]] const GatewayTally& tally() const { return tally_; }

 private:
  Gateway(Context& context, GatewaySettings settings);

  Result<void> open_front();
  Result<void> open_back();
  bool wait_for_work(int stop_fd);
  void from_hosts();
  void take(Received received);
  void to_server();
  void from_server();
  void deliver(const CarriedFrame& item);
  void guard_memory();

  Context& context_;
  GatewaySettings settings_;
  GatewayTally tally_;
  HostRoutes routes_;
  ServerLog log_;
  MemoryGuard guard_;
  CarryQueue queue_;
  std::int64_t oldest_us_ = 0;  // when the oldest frame of the queue came
  bool is_blocked_ = false;     // the server did not take the last message
  std::int64_t guarded_ms_ = 0;
  std::unique_ptr<ZapHandler> zap_;
  std::optional<Socket> front_;  // none: could not be reopened yet
  std::optional<Socket> back_;
};

}  // namespace quotemill::transport
