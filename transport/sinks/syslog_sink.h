// SyslogSink: events to a syslog receiver, one message each: UDP (RFC 5426), TCP with octet
// counting (RFC 6587, 3.4.1), or the same over TLS (RFC 5425).
//
// Syslog confirms nothing: what was sent on a connection that then broke may be lost, however much
// it was. So it is asked for again, back to where the cursor is kept, before the next connection is
// made; a receiver drops duplicates by their ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "transport/sinks/connection.h"
#include "transport/sinks/sink.h"

namespace quotemill::transport {

enum class SyslogTransport : std::uint8_t { kTcp, kUdp, kTls };

struct SyslogSinkOptions {
  SyslogTransport transport = SyslogTransport::kTcp;
  ReceiverAddress receiver;
  TlsOptions tls;  // of kTls
  // What a receiver was sent so long ago it has kept, if its connection still stands: longer than
  // it holds messages in memory, and than limits::kSinkAcknowledgedMsMax, after which a
  // connection to a machine that is gone stands no longer.
  std::chrono::milliseconds unconfirmed_for{30'000};
};

class SyslogSink final : public Sink {
 public:
  explicit SyslogSink(SyslogSinkOptions options) : options_(std::move(options)) {}

  // Refuses nothing. An Error if the connection broke since wants_again() was asked.
  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override;

  // Over UDP nothing would be gained: nobody sees what is lost.
  [[nodiscard]] std::chrono::milliseconds confirmed_after() const override {
    return is_udp() ? std::chrono::milliseconds(0) : options_.unconfirmed_for;
  }

  [[nodiscard]] bool wants_again() override;

 private:
  [[nodiscard]] bool is_udp() const { return options_.transport == SyslogTransport::kUdp; }

  Result<void> connect();
  Result<void> send_all(std::span<const RenderedEvent> events);
  Result<void> send(const std::string& message);
  void hang_up();

  const SyslogSinkOptions options_;
  std::unique_ptr<Connection> connection_;  // null while there is none
  bool is_torn_ = false;                    // a connection broke, and nobody asked since
};

}  // namespace quotemill::transport
