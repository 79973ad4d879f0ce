// ChangePublisher: durable changes of trust as JSON lines on a PUB socket. The live view of the
// stream: whoever misses a line reads it from the outbox by its sequence.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/result.h"
#include "engine/ports/change_sink.h"
#include "transport/socket/context.h"
#include "transport/socket/socket.h"

namespace quotemill::transport {

// One line of JSON, without the end of line.
using RenderChange = std::function<std::string(std::string_view stream_id, const Change& change)>;

struct ChangePublisherOptions {
  std::string endpoint;              // "ipc:///run/quotemill/changes.sock", or tcp with CURVE
  std::optional<CurveServer> curve;  // required for tcp: readers are admitted by the ZapHandler
  int queue = 10'000;                // lines kept per slow reader; more are dropped for it
};

class ChangePublisher final : public ChangeSink {
 public:
  // kConfig for tcp without CURVE, kIo if the endpoint cannot be bound.
  static Result<std::unique_ptr<ChangePublisher>> create(Context& context,
                                                         const ChangePublisherOptions& options,
                                                         RenderChange render);

  // One message a change, each ending with a line feed. Any thread; never blocks. Changes keep
  // their order if one thread publishes them.
  void publish(std::string_view stream_id, std::span<const Change> changes) override;

  // One message more, a line without its end. As for publish().
  void publish_line(std::string line);

  [[nodiscard]] std::string endpoint() const { return socket_.endpoint(); }

  [[nodiscard]] std::uint64_t published() const { return published_.load(); }

  // Lines that could not be handed to the socket.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(); }

 private:
  ChangePublisher(Socket socket, RenderChange render)
      : socket_(std::move(socket)), render_(std::move(render)) {}

  std::mutex mutex_;  // a socket may change threads only with a fence
  Socket socket_;
  RenderChange render_;
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace quotemill::transport
