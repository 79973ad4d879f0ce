// ZapHandler: who may finish a CURVE handshake (ZeroMQ RFC 27).
//
// One thread answers every handshake of its context. A domain's predicate decides on the peer's
// key; a peer that is admitted gets its key as user id, which Socket::receive() reads back from
// each message. Everything that is not clearly admitted is refused: unknown domain, another
// mechanism than CURVE, a malformed request, a rate exceeded.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"
#include "transport/socket/context.h"
#include "transport/socket/rate_limiter.h"

namespace quotemill::transport {

// What handshakes are counted by: a domain that admits unknown keys counts by address, since keys
// are free to make.
enum class RateBy : std::uint8_t { kKey, kAddress };

struct ZapDomain {
  // Called on the handler's thread; must not block for long.
  std::function<bool(const CurveKey&)> admits;
  // A legitimate agent reconnects at most every few seconds.
  Rate handshakes{0.5, 5};
  RateBy rate_by = RateBy::kKey;
};

struct ZapCounters {
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> refused_key{0};
  std::atomic<std::uint64_t> refused_rate{0};
  std::atomic<std::uint64_t> refused_malformed{0};
};

class ZapHandler {
 public:
  // Bound and answering when it returns: make it before any CURVE server. kDenied if this context
  // has a handler already; kIo if it cannot start.
  static Result<std::unique_ptr<ZapHandler>> start(Context& context,
                                                   std::map<std::string, ZapDomain> domains);

  ZapHandler(const ZapHandler&) = delete;
  ZapHandler& operator=(const ZapHandler&) = delete;
  // Ends the thread. Servers go first; those that are left refuse every handshake.
  ~ZapHandler();

  // Any thread.
  [[nodiscard]] const ZapCounters& counters() const { return counters_; }

 private:
  struct Domain;

  ZapHandler(void* reply_socket, int stop_fd, std::map<std::string, ZapDomain> domains);

  void run();
  void answer_one();
  const char* decide(const struct ZapRequest& request, std::string& user_id);

  void* socket_;
  int stop_fd_;
  std::map<std::string, std::unique_ptr<Domain>> domains_;
  ZapCounters counters_;
  std::thread thread_;
};

// Asks the context's handler whether it is there, as libzmq would: false within 500 ms if not.
bool zap_answers(void* context_handle);

}  // namespace quotemill::transport
