// HttpServer: small pages for monitoring, on a listener of its own (Boost.Beast).
//
// GET and HEAD alone, without bodies. One thread serves all: a page is made while the others wait,
// so making one must be quick. What a peer may cost is bounded: limits::kHttpConnectionsMax
// connections (more are closed at once), limits::kHttpHeaderSizeMax bytes of header, and one
// patience for each request and each answer, however slowly they trickle.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace quotemill::transport {

struct HttpPage {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: one that is free
  std::chrono::milliseconds patience{5'000};
};

// Any thread.
struct HttpServerCounters {
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> refused{0};  // connections beyond the bound
  std::atomic<std::uint64_t> broken{0};   // requests that were malformed, too large or too slow
};

class HttpServer {
 public:
  // Gives the page for a path (without its query). Called by the server's thread.
  using Handler = std::function<HttpPage(std::string_view path, std::string_view query)>;

  // Listens, and answers nobody yet. kIo if it cannot listen there; kConfig if the address is none.
  static Result<std::unique_ptr<HttpServer>> open(const HttpServerOptions& options,
                                                  Handler handler);

  // Ends the connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Starts the thread. Once.
  void serve();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const HttpServerCounters& counters() const;

 private:
  struct Parts;

  explicit HttpServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace quotemill::transport
