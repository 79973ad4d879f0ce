#include "tests/transport/sinks/tls_front.h"

#include <array>
#include <csignal>
#include <poll.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace quotemill::testing {
namespace {

constexpr int kPollMs = 20;
constexpr std::string_view kHost = "127.0.0.1";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::string be32(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
  }
  return out;
}

int listen_on_loopback(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  EXPECT_EQ(::bind(socket, generic, size), 0);
  EXPECT_EQ(::listen(socket, 16), 0);
  ::getsockname(socket, generic, &size);
  port = ntohs(address.sin_port);
  return socket;
}

// A whole response off the front of `buffer`: be32 size, and so many bytes; "" if it is not there.
std::string take_frame(std::string& buffer) {
  if (buffer.size() < 4) {
    return "";
  }
  std::size_t size = 4;
  for (std::size_t i = 0; i < 4; ++i) {
    size += static_cast<std::size_t>(static_cast<unsigned char>(buffer[i])) << (24 - 8 * i);
  }
  if (buffer.size() < size) {
    return "";
  }
  std::string frame = buffer.substr(0, size);
  buffer.erase(0, size);
  return frame;
}

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

TlsFront::TlsFront(const std::string& brokers, const TlsFiles& files, bool demands_certificate) {
  std::signal(SIGPIPE, SIG_IGN);  // clients are killed while they are written to
  SSL_CTX* context = ::SSL_CTX_new(::TLS_server_method());
  context_ = std::shared_ptr<void>(context,
                                   [](void* used) { ::SSL_CTX_free(static_cast<SSL_CTX*>(used)); });
  ::SSL_CTX_use_certificate_chain_file(context, files.certificate().c_str());
  ::SSL_CTX_use_PrivateKey_file(context, files.key().c_str(), SSL_FILETYPE_PEM);
  if (demands_certificate) {
    ::SSL_CTX_load_verify_locations(context, files.ca().c_str(), nullptr);
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  std::istringstream list(brokers);
  for (std::string broker; std::getline(list, broker, ',');) {
    EXPECT_TRUE(broker.starts_with(kHost)) << broker;
    Door door;
    door.socket = listen_on_loopback(door.port);
    door.broker_port = static_cast<std::uint16_t>(std::stoi(broker.substr(broker.find(':') + 1)));
    doors_.push_back(door);
  }
  acceptor_ = std::jthread([this] { accept_all(); });
}

TlsFront::~TlsFront() {
  stopping_ = true;
  acceptor_.join();
  for (const Door& door : doors_) {
    ::close(door.socket);
  }
}

std::string TlsFront::brokers() const {
  std::string out;
  for (const Door& door : doors_) {
    out += (out.empty() ? "" : ",") + std::string(kHost) + ":" + std::to_string(door.port);
  }
  return out;
}

void TlsFront::accept_all() {
  std::vector<pollfd> items;
  for (const Door& door : doors_) {
    items.push_back({door.socket, POLLIN, 0});
  }
  while (!stopping_) {
    ::poll(items.data(), items.size(), kPollMs);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if ((items[i].revents & POLLIN) != 0) {
        peers_.emplace_back([this, i, socket = ::accept(doors_[i].socket, nullptr, nullptr)] {
          serve(socket, doors_[i]);
        });
      }
    }
  }
  peers_.clear();
}

void TlsFront::serve(int socket, const Door& door) {
  const timeval patience{2, 0};  // for a client that says nothing
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  SSL* tls = ::SSL_new(static_cast<SSL_CTX*>(context_.get()));
  ::SSL_set_fd(tls, socket);
  const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(door.broker_port);
  auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (::SSL_accept(tls) == 1 && ::connect(broker, generic, sizeof address) == 0) {
    ++connections_;
    pass(*tls, socket, broker);
  }
  ::SSL_free(tls);
  ::close(broker);
  ::close(socket);
}

// Both ways, until one end is closed.
void TlsFront::pass(SSL& tls, int client, int broker) {
  std::string from_broker;
  std::array<char, 16'384> part{};
  while (!stopping_) {
    std::array<pollfd, 2> items{{{client, POLLIN, 0}, {broker, POLLIN, 0}}};
    const bool has_more = ::SSL_pending(&tls) != 0;
    ::poll(items.data(), items.size(), has_more ? 0 : kPollMs);
    if (has_more || items[0].revents != 0) {
      const int size = ::SSL_read(&tls, part.data(), static_cast<int>(part.size()));
      if (size <= 0 || !write_all(broker, {part.data(), static_cast<std::size_t>(size)})) {
        return;
      }
    }
    if (items[1].revents != 0) {
      const ssize_t size = ::recv(broker, part.data(), part.size(), 0);
      if (size <= 0) {
        return;
      }
      from_broker.append(part.data(), static_cast<std::size_t>(size));
      for (std::string frame = take_frame(from_broker); !frame.empty();
           frame = take_frame(from_broker)) {
        const std::string ours = with_our_ports(std::move(frame));
        if (::SSL_write(&tls, ours.data(), static_cast<int>(ours.size())) <= 0) {
          return;
        }
      }
    }
  }
}

// In a response to Metadata a broker is: node id, host (a string), be32 port, rack.
std::string TlsFront::with_our_ports(std::string frame) const {
  for (const Door& door : doors_) {
    const std::string theirs = std::string(kHost) + be32(door.broker_port);
    for (std::size_t at = frame.find(theirs); at != std::string::npos;
         at = frame.find(theirs, at + theirs.size())) {
      frame.replace(at + kHost.size(), 4, be32(door.port));
    }
  }
  return frame;
}

}  // namespace quotemill::testing
