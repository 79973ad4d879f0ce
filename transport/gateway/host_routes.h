// HostRoutes: which hosts are connected to the gateway, by the keys that they proved to it, and
// those that the server does not want.
//
// Any key may connect to a gateway, which knows no hosts: the server does, and denies. A key that
// it denied is kept out for a while. Time is an argument, of any monotonic clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "engine/base/bytes.h"
#include "engine/evidence/host_uid.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

inline constexpr std::int64_t kGatewayDeniedMs = 60'000;       // how long they are kept out
inline constexpr std::int64_t kGatewayIdleMs = 2 * 3'600'000;  // forgotten first

class HostRoutes {
 public:
  // A message of this host came over `route`: its answers go there. False if it is denied, or
  // there is no room for another host.
  bool note(const CurveKey& host, const RouteId& route, std::int64_t now_ms);

  // Null if it is not there.
  [[nodiscard]] const RouteId* find(const CurveKey& host) const;

  void forget(const CurveKey& host);
  void forget_all();

  [[nodiscard]] std::size_t size() const { return routes_.size(); }

  // The server does not want it.
  void deny(const CurveKey& host, std::int64_t now_ms);

  // Any thread.
  [[nodiscard]] bool is_denied(const CurveKey& host, std::int64_t now_ms) const;

 private:
  struct HashOf {
    std::size_t operator()(const CurveKey& key) const {
      return std::hash<std::string_view>{}(as_text(key));
    }
  };

  struct Connected {
    RouteId route;
    std::int64_t seen_ms = 0;
  };

  bool make_room(std::int64_t now_ms);

  std::unordered_map<CurveKey, Connected, HashOf> routes_;
  std::int64_t swept_ms_ = 0;
  mutable std::mutex mutex_;  // of what follows
  std::unordered_map<CurveKey, std::int64_t, HashOf> denied_until_;
};

}  // namespace quotemill::transport
