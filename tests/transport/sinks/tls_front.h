// TLS in front of brokers of Kafka that speak none: each is reached by a listener of its own, which
// ends TLS and passes the frames on. In what brokers say of their addresses their ports are
// replaced by those of the listeners: whoever asks for metadata stays in TLS.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/transport/sinks/tls_files.h"

struct ssl_st;

namespace quotemill::testing {

class TlsFront {
 public:
  // `brokers` is "127.0.0.1:PORT,…". Whoever comes may have to show a certificate of the files' CA.
  TlsFront(const std::string& brokers, const TlsFiles& files, bool demands_certificate = false);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  // As `brokers`, with the ports of the listeners.
  [[nodiscard]] std::string brokers() const;

  // How many connections got through the handshake.
  [[nodiscard]] int connections() const { return connections_; }

 private:
  struct Door {
    int socket = -1;
    std::uint16_t port = 0;         // of the listener
    std::uint16_t broker_port = 0;  // of the broker
  };

  void accept_all();
  void serve(int socket, const Door& door);
  void pass(ssl_st& tls, int client, int broker);
  [[nodiscard]] std::string with_our_ports(std::string frame) const;

  std::shared_ptr<void> context_;  // SSL_CTX
  std::vector<Door> doors_;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::jthread> peers_;  // the accepting thread's alone
  std::jthread acceptor_;            // last: it uses all of the above
};

}  // namespace quotemill::testing
