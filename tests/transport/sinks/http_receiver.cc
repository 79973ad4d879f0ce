#include "tests/transport/sinks/http_receiver.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <poll.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace quotemill::testing {
namespace {

constexpr int kPollMs = 20;

bool is_readable(int socket) {
  pollfd item{socket, POLLIN, 0};
  return ::poll(&item, 1, kPollMs) == 1;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Takes a whole request off the front of `buffer`, if there is one.
std::optional<HttpRequestSeen> take_request(std::string& buffer) {
  const std::size_t head_end = buffer.find("\r\n\r\n");
  if (head_end == std::string::npos) {
    return std::nullopt;
  }
  HttpRequestSeen seen;
  const std::size_t line_end = buffer.find("\r\n");
  const std::size_t space = buffer.find(' ');
  seen.target = buffer.substr(space + 1, buffer.rfind(' ', line_end) - space - 1);
  for (std::size_t at = line_end + 2; at < head_end;) {
    const std::size_t end = buffer.find("\r\n", at);
    const std::size_t colon = buffer.find(':', at);
    seen.headers[lower(buffer.substr(at, colon - at))] = buffer.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  const std::size_t size = std::stoul(seen.headers["content-length"]);
  if (buffer.size() < head_end + 4 + size) {
    return std::nullopt;
  }
  seen.body = buffer.substr(head_end + 4, size);
  buffer.erase(0, head_end + 4 + size);
  return seen;
}

std::string text_of(const HttpReply& reply) {
  return "HTTP/1.1 " + std::to_string(reply.status) +
         " Told so\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n" +
         (reply.header.empty() ? "" : reply.header + "\r\n") + "\r\n" + reply.body;
}

}  // namespace

// One connection, with or without TLS.
class HttpTestReceiver::Peer {
 public:
  Peer(int socket, SSL_CTX* context) : socket_(socket) {
    if (context != nullptr) {
      tls_ = ::SSL_new(context);
      ::SSL_set_fd(tls_, socket);
      is_fine_ = ::SSL_accept(tls_) == 1;
    }
  }

  ~Peer() {
    ::SSL_free(tls_);
    ::close(socket_);
  }

  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] bool is_fine() const { return is_fine_; }

  // Of the certificate that the other end showed.
  [[nodiscard]] std::string subject() const {
    const X509* const shown = tls_ == nullptr ? nullptr : ::SSL_get0_peer_certificate(tls_);
    std::array<char, 256> text{};
    return shown == nullptr ? ""
                            : ::X509_NAME_oneline(::X509_get_subject_name(shown), text.data(),
                                                  static_cast<int>(text.size()));
  }

  // What is there, "" if nothing is yet; nullopt at the end.
  std::optional<std::string> read() {
    if ((tls_ == nullptr || ::SSL_pending(tls_) == 0) && !is_readable(socket_)) {
      return "";
    }
    std::array<char, 16'384> part{};
    const ssize_t size = tls_ == nullptr
                             ? ::recv(socket_, part.data(), part.size(), 0)
                             : ::SSL_read(tls_, part.data(), static_cast<int>(part.size()));
    return size > 0 ? std::optional(std::string(part.data(), static_cast<std::size_t>(size)))
                    : std::nullopt;
  }

  void write(const std::string& text) {
    if (tls_ == nullptr) {
      EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(text.size()));
    } else {
      EXPECT_EQ(::SSL_write(tls_, text.data(), static_cast<int>(text.size())),
                static_cast<int>(text.size()));
    }
  }

  // The close that follows sends a reset.
  void reset() const {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  const int socket_;
  SSL* tls_ = nullptr;
  bool is_fine_ = true;
};

HttpTestReceiver::HttpTestReceiver(Behaviour behaviour, const TlsFiles* tls,
                                   bool demands_certificate)
    : behaviour_(std::move(behaviour)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (tls != nullptr) {
    SSL_CTX* context = ::SSL_CTX_new(::TLS_server_method());
    tls_ = std::shared_ptr<void>(context,
                                 [](void* used) { ::SSL_CTX_free(static_cast<SSL_CTX*>(used)); });
    ::SSL_CTX_use_certificate_chain_file(context, tls->certificate().c_str());
    ::SSL_CTX_use_PrivateKey_file(context, tls->key().c_str(), SSL_FILETYPE_PEM);
    if (demands_certificate) {
      ::SSL_CTX_load_verify_locations(context, tls->ca().c_str(), nullptr);
      ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: sockaddr's own idiom
  EXPECT_EQ(::bind(socket_, generic, size), 0);
  EXPECT_EQ(::listen(socket_, 16), 0);
  ::getsockname(socket_, generic, &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

HttpTestReceiver::~HttpTestReceiver() {
  stopping_ = true;
  acceptor_.join();
  ::close(socket_);
}

std::string HttpTestReceiver::url(const std::string& path) const {
  return (tls_ == nullptr ? "http" : "https") + std::string("://127.0.0.1:") +
         std::to_string(port_) + path;
}

std::vector<HttpRequestSeen> HttpTestReceiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> HttpTestReceiver::subjects() const {
  const std::lock_guard lock(mutex_);
  return subjects_;
}

void HttpTestReceiver::accept_all() {
  while (!stopping_) {
    if (is_readable(socket_)) {
      peers_.emplace_back([this, socket = ::accept(socket_, nullptr, nullptr)] { serve(socket); });
    }
  }
  peers_.clear();
}

void HttpTestReceiver::serve(int socket) {
  Peer peer(socket, static_cast<SSL_CTX*>(tls_.get()));
  if (peer.is_fine()) {
    const std::lock_guard lock(mutex_);
    subjects_.push_back(peer.subject());
  }
  std::string buffer;
  while (!stopping_ && peer.is_fine()) {
    const std::optional<std::string> more = peer.read();
    if (!more) {
      return;
    }
    buffer += *more;
    const std::optional<HttpRequestSeen> request = take_request(buffer);
    if (!request) {
      continue;
    }
    HttpReply reply;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      reply = behaviour_(*request);
    }
    const std::string text = text_of(reply);
    switch (reply.fault) {
      case HttpFault::kNone:
        peer.write(text);
        break;
      case HttpFault::kSilent:
        break;
      case HttpFault::kReset:
        peer.reset();
        return;
      case HttpFault::kHalf:
        peer.write(text.substr(0, text.size() - reply.body.size() / 2));
        return;
    }
  }
}

}  // namespace quotemill::testing
