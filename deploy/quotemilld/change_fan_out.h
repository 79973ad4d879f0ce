// ChangeFanOut: durable changes go to the subscribers and into the log, and wake whoever waits for
// them: the control socket, the sinks. Lines of the log are limited for each state and reason: when
// a whole fleet changes, it tells how many were not written, and the stream has them all.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "deploy/common/log.h"
#include "deploy/quotemilld/sink_fan.h"
#include "engine/ports/change_sink.h"
#include "transport/control/control_server.h"
#include "transport/server/change_publisher.h"
#include "transport/server/server_log.h"

namespace quotemill::daemon {

// Changes since the start.
struct ChangeTally {
  std::array<std::array<std::uint64_t, 5>, 5> edges{};  // by TrustState: [previous][current]
  std::map<FindingCode, std::uint64_t> reasons;         // by the worst one
};

class ChangeFanOut final : public ChangeSink {
 public:
  // The log is borrowed.
  ChangeFanOut(std::unique_ptr<transport::ChangePublisher> publisher, const program::Log& log)
      : publisher_(std::move(publisher)), log_(log) {}

  void publish(std::string_view stream_id, std::span<const Change> changes) override;

  // A line for the subscribers alone. Any thread.
  void tell(std::string line) { publisher_->publish_line(std::move(line)); }

  // Borrowed; null before it is there and when it goes. Any thread.
  void wake(transport::ControlServer* control);
  void wake_sinks(SinkFan* sinks);

  // Any thread.
  [[nodiscard]] ChangeTally tally() const;

  // Lines that the PUB socket took, and that it did not. Any thread.
  [[nodiscard]] std::uint64_t published() const { return publisher_->published(); }

  [[nodiscard]] std::uint64_t unpublished() const { return publisher_->dropped(); }

 private:
  void note(const Change& change);
  void count(const Change& change);

  std::unique_ptr<transport::ChangePublisher> publisher_;
  const program::Log& log_;
  std::map<std::string, transport::LineLimit>
      lines_;  // by state and code; the publisher's thread's
  mutable std::mutex mutex_;
  ChangeTally tally_;
  transport::ControlServer* control_ = nullptr;
  SinkFan* sinks_ = nullptr;
};

}  // namespace quotemill::daemon
