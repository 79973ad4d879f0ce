#include "transport/server/change_publisher.h"

#include <utility>

namespace quotemill::transport {

Result<std::unique_ptr<ChangePublisher>> ChangePublisher::create(
    Context& context, const ChangePublisherOptions& options, RenderChange render) {
  if (!options.curve && !options.endpoint.starts_with("ipc:") &&
      !options.endpoint.starts_with("inproc:")) {
    return Error{ErrorCode::kConfig, "change stream", 0,
                 options.endpoint + ": over a network the change stream needs CURVE"};
  }
  SocketOptions socket_options;
  socket_options.type = SocketType::kPublish;
  socket_options.send_queue = options.queue;
  if (options.curve) {
    socket_options.curve = *options.curve;
  }
  Result<Socket> socket = Socket::create(context, socket_options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> bound = socket->bind(options.endpoint); !bound) {
    return bound.error();
  }
  return std::unique_ptr<ChangePublisher>(
      new ChangePublisher(*std::move(socket), std::move(render)));
}

void ChangePublisher::publish(std::string_view stream_id, std::span<const Change> changes) {
  for (const Change& change : changes) {
    publish_line(render_(stream_id, change));
  }
}

void ChangePublisher::publish_line(std::string line) {
  const std::lock_guard lock(mutex_);
  line.push_back('\n');
  const bool sent = socket_.send(as_bytes(line)) == SendOutcome::kSent;
  (sent ? published_ : dropped_).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace quotemill::transport
