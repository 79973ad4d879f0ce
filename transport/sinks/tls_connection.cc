// TLS over TCP, by OpenSSL on a non-blocking socket.
#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <system_error>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "transport/sinks/connection.h"
#include "transport/sinks/socket_steps.h"
#include "transport/sinks/tls_context.h"

namespace quotemill::transport {
namespace {

struct FreeSession {
  void operator()(SSL* session) const { ::SSL_free(session); }
};

using TlsSession = std::unique_ptr<SSL, FreeSession>;

// A receiver that looks at our certificate has looked after so long, wherever it is.
constexpr std::chrono::milliseconds kFirstWordWithin{2'000};

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// For whom the receiver's certificate must be (RFC 6125, RFC 5425 5.2).
bool expect_name(SSL* session, std::string name) {
  if (is_address(name)) {
    return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), name.c_str()) == 1;
  }
  ::SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return ::SSL_set1_host(session, name.c_str()) == 1 &&
         // SSL_set_tlsext_host_name(), which casts as C does.
         ::SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    name.data()) == 1;
}

class TlsConnection final : public Connection {
 public:
  TlsConnection(ReceiverAddress address, Descriptor socket, TlsContext context, TlsSession session)
      : address_(std::move(address)),
        socket_(std::move(socket)),
        context_(std::move(context)),
        session_(std::move(session)) {}

  // Says that nothing more comes; what the receiver says to that is not waited for.
  ~TlsConnection() override {
    if (is_open_) {
      ::SSL_shutdown(session_.get());
      ::ERR_clear_error();
    }
  }

  // In TLS 1.3 we are through before the receiver has looked at our certificate: its first word,
  // tickets or an alert, tells what it thinks of it (RFC 8446, 4.4.2.4). Some say nothing.
  Result<void> shake_hands() {
    Result<void> shaken = repeat([this] { return ::SSL_connect(session_.get()); });
    if (shaken && ::SSL_version(session_.get()) >= TLS1_3_VERSION &&
        wait_for(socket_.get(), POLLIN, std::min(address_.timeout, kFirstWordWithin))) {
      const int why = read_all();
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        is_open_ = false;
        return failure(why);
      }
    }
    return shaken;
  }

  Result<void> send(std::string_view bytes) override {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      if (Result<void> done = repeat(
              [&] { return ::SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent); });
          !done) {
        return done;
      }
      bytes.remove_prefix(sent);
    }
    return {};
  }

  bool is_closed_by_peer() override {
    const int why = read_all();
    ::ERR_clear_error();
    return why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
  }

 private:
  // What TLS itself has to say (tickets, key updates, alerts); a receiver says nothing else. Why it
  // ended, in OpenSSL's number.
  int read_all() {
    std::array<char, 256> part{};
    std::size_t read = 0;
    ::ERR_clear_error();
    while (::SSL_read_ex(session_.get(), part.data(), part.size(), &read) == 1) {
    }
    return ::SSL_get_error(session_.get(), 0);
  }

  // A step of OpenSSL's, as often as the socket is not ready for it.
  template <class Step>
  Result<void> repeat(Step step) {
    while (true) {
      ::ERR_clear_error();
      const int outcome = step();
      if (outcome == 1) {
        is_open_ = true;
        return {};
      }
      const int why = ::SSL_get_error(session_.get(), outcome);
      const bool wants = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
      const short events = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      if (!wants || !wait_for(socket_.get(), events, address_.timeout)) {
        is_open_ = false;
        return wants ? receiver_error(address_, "takes nothing", ErrorCode::kExpired)
                     : failure(why);
      }
    }
  }

  // `why` is not that it wants something.
  [[nodiscard]] Error failure(int why) const {
    const bool is_broken = why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN;
    const bool is_trusted = ::SSL_get_verify_result(session_.get()) == X509_V_OK;
    return receiver_error(address_, reason(why),
                          is_broken && is_trusted ? ErrorCode::kIo : ErrorCode::kCrypto);
  }

  [[nodiscard]] std::string reason(int why) const {
    const long verdict = ::SSL_get_verify_result(session_.get());
    if (verdict != X509_V_OK) {
      ::ERR_clear_error();
      return std::string("its certificate is refused: ") + ::X509_verify_cert_error_string(verdict);
    }
    if (why == SSL_ERROR_SYSCALL && errno != 0) {
      return std::generic_category().message(errno);
    }
    return why == SSL_ERROR_ZERO_RETURN || why == SSL_ERROR_SYSCALL
               ? "the receiver closed the connection"
               : openssl_reason();
  }

  const ReceiverAddress address_;
  const Descriptor socket_;
  const TlsContext context_;
  const TlsSession session_;
  bool is_open_ = false;  // so that a goodbye makes sense
};

}  // namespace

Result<std::unique_ptr<Connection>> connect_tls(const ReceiverAddress& address,
                                                const TlsOptions& tls) {
  Result<TlsContext> context = make_tls_context(tls);
  if (!context) {
    return receiver_error(address, context.error().detail, ErrorCode::kCrypto);
  }
  Result<Descriptor> socket = connected_socket(address, SOCK_STREAM);
  if (!socket) {
    return socket.error();
  }
  TlsSession session(::SSL_new(context->get()));
  const std::string& name = tls.server_name.empty() ? address.host : tls.server_name;
  if (!session || !expect_name(session.get(), name) ||
      ::SSL_set_fd(session.get(), socket->get()) != 1) {
    return receiver_error(address, openssl_reason(), ErrorCode::kCrypto);
  }
  auto connection = std::make_unique<TlsConnection>(address, *std::move(socket),
                                                    *std::move(context), std::move(session));
  if (Result<void> shaken = connection->shake_hands(); !shaken) {
    return shaken.error();
  }
  return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace quotemill::transport
