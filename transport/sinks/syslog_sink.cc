#include "transport/sinks/syslog_sink.h"

#include "engine/base/error.h"
#include "engine/base/limits.h"
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
  for (Sent& sent : unconfirmed_) {
    if (Result<void> done = send(sent.message); !done) {
      return done;
    }
    sent.when = std::chrono::steady_clock::now();
  }
  return {};
}

void SyslogSink::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  while (!unconfirmed_.empty() && (unconfirmed_.size() > limits::kSinkUnconfirmedMax ||
                                   now - unconfirmed_.front().when > options_.unconfirmed_for)) {
    unconfirmed_.pop_front();
  }
}

Result<std::vector<Refusal>> SyslogSink::deliver(std::span<const RenderedEvent> events) {
  if (Result<void> sent = send_all(events); !sent) {
    connection_.reset();
    return sent.error();
  }
  return std::vector<Refusal>();
}

Result<void> SyslogSink::send_all(std::span<const RenderedEvent> events) {
  if (connection_ != nullptr && connection_->is_closed_by_peer()) {
    connection_.reset();
  }
  if (connection_ != nullptr) {
    forget_old();
  } else if (Result<void> done = connect(); !done) {
    return done;
  }
  for (const RenderedEvent& event : events) {
    if (Result<void> done = send(event.body); !done) {
      return done;
    }
    if (!is_udp()) {
      unconfirmed_.push_back({std::chrono::steady_clock::now(), event.body});
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
