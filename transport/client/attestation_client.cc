#include "transport/client/attestation_client.h"

#include <utility>

namespace quotemill::transport {

AttestationClient::AttestationClient(Context& context, const CurveKeyPair& keys,
                                     std::vector<ServerAddress> servers)
    : context_(context), keys_(keys), servers_(std::move(servers)), current_(servers_.size() - 1) {}

Result<void> AttestationClient::connect_next() {
  socket_.reset();
  current_ = (current_ + 1) % servers_.size();
  const ServerAddress& server = servers_[current_];
  SocketOptions options;
  options.type = SocketType::kDealer;
  options.curve = CurveClient{keys_, server.gateway_key.value_or(server.server_key)};
  Result<Socket> socket = Socket::create(context_, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> connected = socket->connect(server.endpoint); !connected) {
    return connected;
  }
  socket_.emplace(std::move(*socket));
  return {};
}

SendOutcome AttestationClient::send(MessageBody body) {
  if (!socket_) {
    return SendOutcome::kUnreachable;
  }
  return socket_->send(encode_message({Role::kHost, ++correlation_, std::move(body)}));
}

std::optional<Result<Message>> AttestationClient::receive(int timeout_ms, int wake_fd) {
  if (!socket_) {
    return std::nullopt;
  }
  if (!socket_->pending() && !wait(*socket_, wake_fd, timeout_ms).socket) {
    return std::nullopt;
  }
  const std::optional<Received> received = socket_->receive();
  return received ? std::optional(decode_message(received->payload)) : std::nullopt;
}

}  // namespace quotemill::transport
