#include "bench/transport/receipt_server.h"

#include <string>
#include <utility>

namespace quotemill::bench {
namespace {

using transport::Context;
using transport::Socket;
using transport::SocketOptions;

constexpr int kAnswerMs = 2'000;
constexpr int kLookMs = 50;

// Moves a Result's value out, or returns its error from the calling function.
template <class T>
Result<void> take(Result<T> from, T& to) {
  if (!from) {
    return from.error();
  }
  to = *std::move(from);
  return {};
}

}  // namespace

Result<std::unique_ptr<ReceiptServer>> ReceiptServer::start(std::size_t answer_size) {
  std::unique_ptr<ReceiptServer> server(new ReceiptServer(answer_size));
  if (Result<void> opened = server->open(); !opened) {
    return opened.error();
  }
  server->thread_ = std::thread([raw = server.get()] { raw->answer_all(); });
  return server;
}

Result<void> ReceiptServer::open() {
  if (Result<void> made = take(transport::generate_key_pair(), pair_); !made) {
    return made;
  }
  if (Result<void> made = take(Context::create(), context_); !made) {
    return made;
  }
  transport::ZapDomain everybody;
  everybody.admits = [](const CurveKey&) { return true; };
  everybody.handshakes = {};
  if (Result<void> made =
          take(transport::ZapHandler::start(*context_, {{"bench", std::move(everybody)}}), zap_);
      !made) {
    return made;
  }
  SocketOptions options;
  options.type = transport::SocketType::kRouter;
  options.curve = transport::CurveServer{pair_.secret_key, "bench"};
  Result<Socket> socket = Socket::create(*context_, options);
  if (!socket) {
    return socket.error();
  }
  socket_ = std::make_unique<Socket>(*std::move(socket));
  if (Result<void> bound = socket_->bind("tcp://127.0.0.1:*"); !bound) {
    return bound;
  }
  endpoint_ = socket_->endpoint();
  return {};
}

ReceiptServer::~ReceiptServer() {
  stopping_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

void ReceiptServer::answer_all() {
  const Bytes receipt(answer_size_, 0x52);
  while (!stopping_) {
    transport::wait(*socket_, -1, kLookMs);
    while (const auto received = socket_->receive()) {
      // A peer whose answer is lost says so: it waits for it.
      static_cast<void>(socket_->send_to(received->route, receipt));
    }
  }
}

Result<std::unique_ptr<Peers>> Peers::connect(const ReceiptServer& server, unsigned count) {
  std::unique_ptr<Peers> peers(new Peers);
  if (Result<void> made = take(Context::create(), peers->context_); !made) {
    return made.error();
  }
  for (unsigned i = 0; i < count; ++i) {
    transport::CurveKeyPair pair;
    if (Result<void> made = take(transport::generate_key_pair(), pair); !made) {
      return made.error();
    }
    SocketOptions options;
    options.curve = transport::CurveClient{pair, server.key()};
    Result<Socket> socket = Socket::create(*peers->context_, options);
    if (!socket) {
      return socket.error();
    }
    if (Result<void> connected = socket->connect(server.endpoint()); !connected) {
      return connected.error();
    }
    peers->sockets_.push_back(*std::move(socket));
  }
  return peers;
}

bool Peers::round_trip(ByteView message, std::size_t answer_size) {
  for (Socket& socket : sockets_) {
    if (socket.send(message) != transport::SendOutcome::kSent) {
      return false;
    }
  }
  for (Socket& socket : sockets_) {
    auto answer = socket.receive();
    if (!answer) {
      transport::wait(socket, -1, kAnswerMs);
      answer = socket.receive();
    }
    if (!answer || answer->payload.size() != answer_size) {
      return false;
    }
  }
  return true;
}

}  // namespace quotemill::bench
