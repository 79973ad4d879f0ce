#include "transport/control/control_client.h"

#include <chrono>
#include <utility>

#include "engine/base/limits.h"
#include "transport/control/control_error.h"
#include "transport/control/control_path.h"

namespace quotemill::transport {

ControlClient::ControlClient(std::string socket_path, int timeout_ms)
    : socket_path_(std::move(socket_path)), timeout_ms_(timeout_ms) {}

ControlError ControlClient::unreachable(const std::string& why) const {
  return {ErrorCode::kIo, "daemon unreachable at " + socket_path_ + " (" + why + ")",
          "is quotemilld running? See 'systemctl status quotemilld'; give another socket with "
          "--socket or QUOTEMILL_SOCKET",
          /*is_unreachable=*/true};
}

Result<void> ControlClient::open() {
  if (socket_) {
    return {};
  }
  Result<std::unique_ptr<Context>> context = Context::create();
  if (!context) {
    return context.error();
  }
  Result<Socket> socket = Socket::create(
      **context, {.type = SocketType::kDealer, .message_size_max = limits::kControlReplySizeMax});
  if (!socket) {
    return socket.error();
  }
  if (Result<void> connected = socket->connect(control_endpoint(socket_path_)); !connected) {
    return connected;
  }
  context_ = *std::move(context);
  socket_ = std::make_unique<Socket>(*std::move(socket));
  return {};
}

ControlAnswer ControlClient::call(const std::string& verb, Json args, int extra_ms) {
  // Its Errors' details are "<path>: <why>".
  if (Result<void> listens = probe_control_socket(socket_path_); !listens) {
    if (listens.error().code == ErrorCode::kDenied) {
      return ControlError{ErrorCode::kDenied, listens.error().detail,
                          "become root, or a member of the group that owns the socket"};
    }
    return unreachable(listens.error().detail.substr(socket_path_.size() + 2));
  }
  if (Result<void> opened = open(); !opened) {
    return unreachable(opened.error().to_string());
  }
  const std::string request = encode_request({verb, std::move(args)});
  if (request.size() > limits::kControlRequestSizeMax) {
    return ControlError{ErrorCode::kTooLarge, "the request is too large", "name fewer hosts"};
  }
  if (socket_->send(as_bytes(request)) != SendOutcome::kSent) {
    return unreachable("it takes no requests");
  }
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms_ + extra_ms);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      socket_.reset();  // a late answer must not be taken for the next one's
      context_.reset();
      return unreachable("no answer within " + std::to_string(timeout_ms_ + extra_ms) + " ms");
    }
    wait(*socket_, -1, static_cast<int>(left.count()));
    if (const std::optional<Received> received = socket_->receive()) {
      Result<ControlAnswer> answer = decode_answer(received->payload);
      return answer ? *std::move(answer)
                    : ControlAnswer(
                          control_error(answer.error(), "is it a daemon of another version?"));
    }
  }
}

}  // namespace quotemill::transport
