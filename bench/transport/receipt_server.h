// ReceiptServer: a ROUTER with CURVE, as the daemon has it, that answers each message with as many
// bytes as a receipt has, or as it is told; and the peers that send to it. Both on loopback, each
// with a context and an I/O thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "transport/socket/context.h"
#include "transport/socket/socket.h"
#include "transport/socket/zap.h"

namespace quotemill::bench {

inline constexpr std::size_t kReceiptSize = 256;

class ReceiptServer {
 public:
  // Answers, with so many bytes, on a thread of its own when it returns.
  static Result<std::unique_ptr<ReceiptServer>> start(std::size_t answer_size = kReceiptSize);
  ~ReceiptServer();
  ReceiptServer(const ReceiptServer&) = delete;
  ReceiptServer& operator=(const ReceiptServer&) = delete;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  [[nodiscard]] const CurveKey& key() const { return pair_.public_key; }

 private:
  explicit ReceiptServer(std::size_t answer_size) : answer_size_(answer_size) {}

  Result<void> open();
  void answer_all();

  std::size_t answer_size_;
  transport::CurveKeyPair pair_;
  std::string endpoint_;
  std::unique_ptr<transport::Context> context_;
  std::unique_ptr<transport::ZapHandler> zap_;
  std::unique_ptr<transport::Socket> socket_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Hosts' sides, all used by one thread. Each has one message on its way at most, as the protocol
// has it.
class Peers {
 public:
  static Result<std::unique_ptr<Peers>> connect(const ReceiptServer& server, unsigned count);

  // Each sends `message` and waits for its answer. False if one has not so many bytes, or none
  // comes.
  bool round_trip(ByteView message, std::size_t answer_size = kReceiptSize);

 private:
  Peers() = default;

  std::unique_ptr<transport::Context> context_;
  std::vector<transport::Socket> sockets_;
};

}  // namespace quotemill::bench
