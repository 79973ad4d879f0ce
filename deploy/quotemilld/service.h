// Service: the daemon's wiring. Makes the parts in the order in which they need each other, and
// ends them in the reverse one. Nothing is decided here.
#pragma once

#include <memory>

#include "deploy/common/log.h"
#include "deploy/quotemilld/config.h"
#include "engine/base/result.h"
#include "engine/policy/policy.h"

namespace quotemill::daemon {

class Service {
 public:
  // Opens everything: keys, trust files, store, sockets. The Error says what could not be opened
  // and what helps. `log` outlives the service.
  static Result<std::unique_ptr<Service>> open(const Config& config, const Policy& policy,
                                               const program::Log& log);

  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  // Stops without draining, if drain() was not called.
  ~Service();

  // What time alone brings: new nonce keys, pending hosts that expire. Call every second or so.
  void tick();

  // New evidence is answered BUSY once this returns (within a second, if the server's thread runs).
  void refuse_evidence();

  // Refuses new evidence, and returns when all that was received is judged, committed and
  // receipted.
  void drain();

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace quotemill::daemon
