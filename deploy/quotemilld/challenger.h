// Challenger: who sends challenges: the evidence server, or a function in tests.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "engine/evidence/host_uid.h"

namespace quotemill::daemon {

// Gets the hosts to ask, returns those that could be asked because they are connected. The server
// outlives it.
class Challenger {
 public:
  using Function = std::function<std::vector<HostUid>(std::vector<HostUid>)>;

  Challenger(Function function)  // NOLINT(google-explicit-constructor)
      : function_(std::move(function)) {}

  template <class Server>

  requires requires(Server& server) { server.challenge_now(std::vector<HostUid>()); }

  Challenger(Server& server)  // NOLINT(google-explicit-constructor)
      : function_([&server](std::vector<HostUid> hosts) {
          return server.challenge_now(std::move(hosts));
        }) {}

  std::vector<HostUid> operator()(std::vector<HostUid> hosts) const {
    return function_(std::move(hosts));
  }

 private:
  Function function_;
};

}  // namespace quotemill::daemon
