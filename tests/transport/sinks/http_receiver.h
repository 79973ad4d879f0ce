// An HTTP receiver on loopback that does what a test wants: answers, stalls, resets, breaks off.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/transport/sinks/tls_files.h"

namespace quotemill::testing {

struct HttpRequestSeen {
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

enum class HttpFault {
  kNone,
  kSilent,  // takes the request, and says nothing
  kReset,   // takes the request, and resets the connection
  kHalf,    // breaks off in the middle of the answer
};

struct HttpReply {
  int status = 200;
  std::string body = "{}";
  std::string header = {};  // one more, "Name: value"
  HttpFault fault = HttpFault::kNone;
};

class HttpTestReceiver {
 public:
  // Called by the receiver's threads, one at a time.
  using Behaviour = std::function<HttpReply(const HttpRequestSeen&)>;

  // Over TLS if there are files for it; whoever comes may have to show a certificate of their CA.
  explicit HttpTestReceiver(Behaviour behaviour, const TlsFiles* tls = nullptr,
                            bool demands_certificate = false);
  ~HttpTestReceiver();
  HttpTestReceiver(const HttpTestReceiver&) = delete;
  HttpTestReceiver& operator=(const HttpTestReceiver&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/") const;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] std::vector<HttpRequestSeen> requests() const;
  // Whose certificates were shown: the subject of each connection's, "" for none.
  [[nodiscard]] std::vector<std::string> subjects() const;

 private:
  class Peer;
  struct FreeContext;

  void accept_all();
  void serve(int socket);

  const Behaviour behaviour_;
  std::shared_ptr<void> tls_;  // SSL_CTX
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<HttpRequestSeen> requests_;
  std::vector<std::string> subjects_;
  std::vector<std::jthread> peers_;  // the accepting thread's alone
  std::jthread acceptor_;            // last: it uses all of the above
};

}  // namespace quotemill::testing
