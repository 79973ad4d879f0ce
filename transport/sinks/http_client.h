// HttpClient: POST requests to one receiver, over a connection that is kept.
//
// http and https alone, TLS 1.2 at least, no redirects, no proxy but the one it is told. Used by
// one thread. Whoever uses it ignores SIGPIPE.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "transport/sinks/tls_options.h"

namespace quotemill::transport {

struct HttpReceiver {
  std::string url;                            // path and query may be a secret: of Slack, of Azure
  TlsOptions tls;                             // its server_name is not used: the URL's is
  std::string proxy;                          // empty: none
  std::chrono::milliseconds timeout{15'000};  // of a request, its answer included

  // "https://host:port": all of the address that may be told.
  [[nodiscard]] std::string place() const;
  // What somebody said, with the parts of path and query that could be a secret taken out.
  [[nodiscard]] std::string without_secrets(std::string text) const;
};

struct HttpRequest {
  std::vector<std::string> headers;  // "Name: value", without line ends
  std::string body;
};

struct HttpAnswer {
  int status = 0;
  std::chrono::milliseconds retry_after{0};  // 0: not said
  std::string body;                          // its first limits::kSinkAnswerSizeMax bytes
};

class HttpClient {
 public:
  explicit HttpClient(HttpReceiver receiver);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // What the receiver answered, whatever it was; an Error if it did not answer in time, or not in
  // HTTP: its code says which (sink_cause.h).
  Result<HttpAnswer> post(const HttpRequest& request);

  [[nodiscard]] const HttpReceiver& receiver() const { return receiver_; }

 private:
  struct Handle;

  const HttpReceiver receiver_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace quotemill::transport
