// SyslogSink: events to a syslog receiver, one message each: UDP (RFC 5426), or TCP with octet
// counting (RFC 6587, 3.4.1).
//
// Syslog confirms nothing: what was sent on a connection that then broke may be lost. So the last
// messages of a connection are kept for a while, and sent again on the next one; a receiver drops
// duplicates by their ids.
#pragma once

#include <chrono>
#include <deque>
#include <string>

#include "transport/sinks/sink.h"

namespace quotemill::transport {

struct SyslogSinkOptions {
  bool is_udp = false;
  std::string host;
  std::string port = "601";  // RFC 3195's for TCP; 514 for UDP
  std::chrono::milliseconds timeout{5'000};
};

class SyslogSink final : public Sink {
 public:
  explicit SyslogSink(SyslogSinkOptions options) : options_(std::move(options)) {}

  ~SyslogSink() override;

  Result<void> deliver(std::span<const std::string> events) override;

 private:
  struct Sent {
    std::chrono::steady_clock::time_point when;
    std::string message;
  };

  Result<void> connect();
  Result<void> send(const std::string& message);
  [[nodiscard]] bool is_closed_by_peer() const;
  void forget_old();
  void close();
  [[nodiscard]] Error failure(const std::string& what) const;

  const SyslogSinkOptions options_;
  int socket_ = -1;
  std::deque<Sent> unconfirmed_;
};

}  // namespace quotemill::transport
