// EvidenceServer: the attestation endpoint. One thread owns the ROUTER socket and the SessionTable;
// frames go in, evidence goes to the Inbox, replies of the pipeline come back through deliver().
//
// Only admitted keys get here: the ZapHandler of the context must know the domain, and refuses the
// others in the handshake. The key of each message is looked up again, so that a host denied a
// moment ago is refused though its connection lives on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/nonce_authority.h"
#include "engine/ports/clock.h"
#include "engine/ports/reply_sink.h"
#include "transport/server/counters.h"
#include "transport/server/gateway_links.h"
#include "transport/server/memory_guard.h"
#include "transport/server/punctuality.h"
#include "transport/server/server_log.h"
#include "transport/server/session_table.h"
#include "transport/socket/context.h"
#include "transport/socket/curve.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

// All borrowed; they outlive the server.
struct EvidenceServerParts {
  Context& context;
  const HostTable& hosts;
  const NonceAuthority& nonces;
  Inbox& inbox;
  const Clock& clock;
};

struct EvidenceServerOptions {
  std::string endpoint;  // "tcp://*:7431"; a port of * takes a free one
  CurveKeyPair key;
  std::string zap_domain = "attest";
  ChallengePolicy challenges;
  std::vector<GatewayOptions> gateways;  // of them, too, the ZapHandler must admit the keys
  std::size_t memory_bytes_max = 0;  // resident size over which the socket is reopened; 0: never
  LogSink log;                       // called on the server's thread; must not block for long
  // As in SessionParts; on the server's thread.
  std::function<void(const Host&, std::uint64_t theirs, std::uint64_t ours)> on_store_behind;
};

class EvidenceServer final : public ReplySink {
 public:
  // Binds, but serves only after start(). kDenied without a living ZapHandler, kIo if the endpoint
  // cannot be bound.
  static Result<std::unique_ptr<EvidenceServer>> create(const EvidenceServerParts& parts,
                                                        EvidenceServerOptions options);

  EvidenceServer(const EvidenceServer&) = delete;
  EvidenceServer& operator=(const EvidenceServer&) = delete;
  // Stops.
  ~EvidenceServer() override;

  void start();

  // Any thread; does not block. Before start() and after stop() replies are kept and dropped.
  void deliver(std::vector<Reply> replies) override;

  // Sends a challenge to each of the hosts that is connected, and returns those. Any thread; blocks
  // until the server's thread did it, two seconds at most (then: none). The receipts follow as
  // usual.
  std::vector<HostUid> challenge_now(std::vector<HostUid> hosts);

  // New evidence is answered BUSY once this returns, which the server's thread does at its next
  // turn; `timeout_ms` is the most that is waited for it. Idempotent. Any thread.
  void refuse_evidence(std::int64_t timeout_ms);

  // Refuses new evidence, and returns when all that was accepted has been answered, or after
  // `timeout_ms`; then stops. The pipeline must still run. Any thread.
  void drain(std::int64_t timeout_ms);

  // Ends the thread and closes the socket. Idempotent. Not for the server's own thread.
  void stop();

  // Where it is bound, with the port that was taken.
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  // Any thread.
  [[nodiscard]] const ServerCounters& counters() const { return counters_; }

  // For names and counters. Any thread.
  [[nodiscard]] const GatewayLinks& gateways() const { return gateways_; }

 private:
  struct ChallengeRequest {
    std::vector<HostUid> hosts;
    std::promise<std::vector<HostUid>> answer;
  };

  // What other threads want of the server's thread.
  struct Requests {
    std::vector<Reply> replies;
    std::vector<ChallengeRequest> challenges;
    bool refuse_new = false;
    bool stop = false;
  };

  EvidenceServer(const EvidenceServerParts& parts, EvidenceServerOptions options, int wake_fd);

  Result<void> open_socket(const std::string& endpoint);
  void run();
  void wait_for_work();
  bool handle_requests();
  void challenge(ChallengeRequest& request);
  [[nodiscard]] SessionParts session_parts();
  void receive_some();
  int take(const Received& received);
  int take_carried(GatewayNumber gateway, const Received& received);
  void handle_time();
  void guard_memory(Moment now);
  bool send(Outgoing outgoing);
  void send_all(std::vector<Outgoing> outgoing);
  void flush_gateways();
  SendOutcome send_message(const RouteId& route, ByteView message);
  void wake();

  EvidenceServerParts parts_;
  EvidenceServerOptions options_;
  std::string endpoint_;
  int wake_fd_;
  ServerCounters counters_;
  ServerLog log_;
  GatewayLinks gateways_;
  SessionTable sessions_;
  MemoryGuard guard_;
  Punctuality punctuality_;
  std::optional<Socket> socket_;  // none: could not be reopened yet
  std::uint64_t malformed_told_ = 0;
  BootTime ticked_;

  std::mutex mutex_;
  std::condition_variable drained_;
  Requests requests_;
  std::size_t in_flight_ = 0;  // the table's, for drain()
  bool refusing_ = false;
  bool running_ = false;
  std::thread thread_;
};

}  // namespace quotemill::transport
