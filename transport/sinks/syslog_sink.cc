#include "transport/sinks/syslog_sink.h"

#include <utility>

#include "engine/base/error.h"
#include "transport/sinks/socket_steps.h"

namespace quotemill::transport {

Result<void> SyslogSink::connect() {
  Result<std::unique_ptr<Connection>> made = [this] {
    switch (options_.transport) {
      case SyslogTransport::kUdp:
        return connect_udp(options_.receiver);
      case SyslogTransport::kTls:
        return connect_tls(options_.receiver, options_.tls);
      case SyslogTransport::kTcp:
        break;
    }
    return connect_tcp(options_.receiver);
  }();
  if (!made) {
    return made.error();
  }
  connection_ = *std::move(made);
  return {};
}

void SyslogSink::hang_up() {
  connection_.reset();
  is_torn_ = !is_udp();
}

bool SyslogSink::wants_again() {
  if (connection_ != nullptr && connection_->is_closed_by_peer()) {
    hang_up();
  }
  return std::exchange(is_torn_, false);
}

Result<std::vector<Refusal>> SyslogSink::deliver(std::span<const RenderedEvent> events) {
  if (Result<void> sent = send_all(events); !sent) {
    hang_up();
    return sent.error();
  }
  return std::vector<Refusal>();
}

Result<void> SyslogSink::send_all(std::span<const RenderedEvent> events) {
  if (connection_ == nullptr) {
    if (Result<void> done = connect(); !done) {
      return done;
    }
  }
  for (const RenderedEvent& event : events) {
    if (Result<void> done = send(event.body); !done) {
      return done;
    }
  }
  // What broke while we wrote shows itself now, if the receiver is quick.
  return connection_->is_closed_by_peer()
             ? receiver_error(options_.receiver, "the receiver closed the connection")
             : Result<void>();
}

Result<void> SyslogSink::send(const std::string& message) {
  return connection_->send(is_udp() ? message : std::to_string(message.size()) + " " + message);
}

}  // namespace quotemill::transport
