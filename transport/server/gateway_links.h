// GatewayLinks: the gateways that the server knows, and the answers that wait to go out through
// each, so that many of them share one message.
//
// A gateway's connection holds few messages, and answers come by the batch: what does not go at
// once waits here, within bounds. No sockets and no clock; not for sharing between threads, but for
// the counters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/limits.h"
#include "transport/server/route.h"
#include "transport/wire/carry_queue.h"

namespace quotemill::transport {

struct GatewayOptions {
  std::string name;
  CurveKey key{};
  // Names of the hosts that it may carry for; `*` stands for any characters, `?` for one.
  std::vector<std::string> hosts;
};

struct GatewayCounters {
  std::atomic<std::uint64_t> messages_in{0};
  std::atomic<std::uint64_t> frames_in{0};
  std::atomic<std::uint64_t> messages_out{0};
  std::atomic<std::uint64_t> frames_out{0};
  std::atomic<std::uint64_t> malformed{0};  // messages that are no CARRY
  std::atomic<std::uint64_t> refused{0};    // frames for hosts that are not the gateway's
  std::atomic<std::uint64_t> dropped{0};    // answers: it is not connected, or does not read
};

class GatewayLinks {
 public:
  // Sends a message over a route of the server's socket.
  using Send = std::function<SendOutcome(const RouteId& route, ByteView message)>;

  explicit GatewayLinks(const std::vector<GatewayOptions>& gateways);

  // The gateway of this key.
  [[nodiscard]] std::optional<GatewayNumber> find(const CurveKey& key) const;

  [[nodiscard]] const std::string& name(GatewayNumber gateway) const;

  // Whether it may carry for this host; counts a refusal.
  bool may_carry(GatewayNumber gateway, std::string_view host_name);

  // Its newest connection: answers go there.
  void note_route(GatewayNumber gateway, const RouteId& route);

  // A frame for the host of this key, to be carried by flush(). False if it was dropped.
  bool put(GatewayNumber gateway, const CurveKey& host, Bytes frame);

  // Sends what waits, until it is sent or a connection is full. Returns the gateways whose
  // connection is gone, and what waited for it with it.
  std::vector<GatewayNumber> flush(const Send& send);

  // Whether something waits for a full connection.
  [[nodiscard]] bool is_waiting() const;

  // The socket was reopened: all connections are gone, and what waited for them.
  void forget_routes();

  [[nodiscard]] std::size_t size() const { return links_.size(); }

  // Any thread.
  [[nodiscard]] const GatewayCounters& counters(GatewayNumber gateway) const;
  GatewayCounters& counters(GatewayNumber gateway);

 private:
  struct Link {
    GatewayOptions options;
    GatewayCounters counters;
    RouteId route = {};  // empty: not connected
    CarryQueue waiting{Role::kServer, limits::kGatewayQueueMax, limits::kGatewayQueueBytesMax};
  };

  static bool flush(Link& link, const Send& send);
  static void disconnect(Link& link);

  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace quotemill::transport
