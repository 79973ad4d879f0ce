#include "transport/http/http_server.h"

#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/error.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

using Request = http::request<http::empty_body>;
using Answer = http::response<http::string_body>;

void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

// What all connections share; the server's thread alone.
struct Shared {
  HttpServerOptions options;
  HttpServer::Handler handler;
  HttpServerCounters counters;
  std::size_t connections = 0;
};

Answer answer_to(const Request& request, Shared& shared) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::size_t mark = target.find('?');
  HttpPage page{405, "text/plain; charset=utf-8", "GET and HEAD alone\n"};
  if (request.method() == http::verb::get || request.method() == http::verb::head) {
    page = shared.handler(target.substr(0, mark), mark == std::string_view::npos
                                                      ? std::string_view()
                                                      : target.substr(mark + 1));
  }
  Answer answer(static_cast<http::status>(page.status), request.version());
  answer.set(http::field::content_type, page.content_type);
  answer.set(http::field::cache_control, "no-store");
  answer.keep_alive(request.keep_alive());
  answer.body() = std::move(page.body);
  answer.prepare_payload();
  if (request.method() == http::verb::head) {
    answer.body().clear();  // the length stays
  }
  return answer;
}

// One connection; it owns itself through its callbacks.
class Peer : public std::enable_shared_from_this<Peer> {
 public:
  Peer(tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }

  ~Peer() { --shared_.connections; }

  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void read() {
    parser_.emplace();
    parser_->header_limit(limits::kHttpHeaderSizeMax);
    parser_->body_limit(0);
    stream_.expires_after(shared_.options.patience);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->answer(error); });
  }

 private:
  void answer(error_code error) {
    if (error) {
      // Between two requests a peer may go, or stay away.
      if (error != http::error::end_of_stream && !is_idle()) {
        count(shared_.counters.broken);
      }
      return;
    }
    count(shared_.counters.answered);
    answer_ = answer_to(parser_->get(), shared_);
    stream_.expires_after(shared_.options.patience);
    http::async_write(stream_, answer_,
                      [self = shared_from_this()](error_code failure, std::size_t) {
                        if (!failure && self->answer_.keep_alive()) {
                          self->read();
                        }
                      });
  }

  [[nodiscard]] bool is_idle() const { return buffer_.size() == 0 && !parser_->got_some(); }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_{limits::kHttpHeaderSizeMax + 1'024};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Answer answer_;
};

}  // namespace

struct HttpServer::Parts {
  Parts(const HttpServerOptions& options, HttpServer::Handler handler)
      : shared{options, std::move(handler), {}, 0} {}

  Result<void> listen() {
    error_code error;
    const asio::ip::address address = asio::ip::make_address(shared.options.address, error);
    if (error) {
      return Error{ErrorCode::kConfig, "http", 0, shared.options.address + " is no IP address"};
    }
    const tcp::endpoint endpoint(address, shared.options.port);
    acceptor.open(endpoint.protocol(), error);
    error = error ? error : set_up(endpoint);
    if (error) {
      return Error{ErrorCode::kIo, "http", 0,
                   shared.options.address + ":" + std::to_string(shared.options.port) + ": " +
                       error.message()};
    }
    return {};
  }

  error_code set_up(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
    acceptor.bind(endpoint, error);
    if (!error) {
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    return error;
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) {
        return;
      }
      if (!error && shared.connections < limits::kHttpConnectionsMax) {
        std::make_shared<Peer>(std::move(socket), shared)->read();
      } else {
        count(shared.counters.refused);  // the socket closes itself
      }
      accept();
    });
  }

  Shared shared;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  std::jthread thread;
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options,
                                                     Handler handler) {
  auto parts = std::make_unique<Parts>(options, std::move(handler));
  if (Result<void> listening = parts->listen(); !listening) {
    return listening.error();
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

void HttpServer::serve() {
  parts_->accept();
  parts_->thread = std::jthread([parts = parts_.get()] { parts->context.run(); });
}

HttpServer::~HttpServer() {
  parts_->context.stop();
  parts_->thread = {};  // ended, before what it uses goes
}

std::uint16_t HttpServer::port() const {
  error_code error;
  return parts_->acceptor.local_endpoint(error).port();
}

const HttpServerCounters& HttpServer::counters() const {
  return parts_->shared.counters;
}

}  // namespace quotemill::transport
