#include "transport/http/http_server.h"

#include <array>
#include <poll.h>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A peer that says what it likes.
class RawPeer {
 public:
  explicit RawPeer(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server.port());
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  ~RawPeer() { ::close(socket_); }

  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void say(const std::string& text) { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }

  // All that comes until the end, or until nothing comes for `patience`.
  std::string hear(int patience_ms = 1'000) {
    std::string all;
    std::array<char, 4'096> part{};
    for (pollfd item{socket_, POLLIN, 0}; ::poll(&item, 1, patience_ms) == 1;) {
      const ssize_t size = ::recv(socket_, part.data(), part.size(), 0);
      if (size <= 0) {
        has_ended_ = true;
        break;
      }
      all.append(part.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  int socket_;
  bool has_ended_ = false;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HttpServerOptions options;
    options.patience = std::chrono::milliseconds(300);
    auto opened = HttpServer::open(options, [](std::string_view path, std::string_view query) {
      return HttpPage{path == "/gone" ? 404 : 200, "text/plain",
                      std::string(path) + "|" + std::string(query)};
    });
    ASSERT_TRUE(opened) << opened.error().to_string();
    server_ = *std::move(opened);
    server_->serve();
  }

  std::string ask(const std::string& request) {
    RawPeer peer(*server_);
    peer.say(request);
    return peer.hear();
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, GivesAPageForAPath) {
  const std::string answer = ask("GET /metrics?verbose HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n/metrics|verbose"));
  EXPECT_THAT(ask("GET /gone HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 404"));
}

TEST_F(HttpServerTest, AnswersSeveralRequestsOnAConnection) {
  RawPeer peer(*server_);
  peer.say("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answers = peer.hear();
  EXPECT_THAT(answers, HasSubstr("/a|"));
  EXPECT_THAT(answers, EndsWith("/b|"));
}

TEST_F(HttpServerTest, GivesNoBodyForHeadAndNothingForOtherMethods) {
  EXPECT_THAT(ask("HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n"),
              ::testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 3"),
                               EndsWith("\r\n\r\n")));
  EXPECT_THAT(ask("DELETE /a HTTP/1.1\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 405"));
}

TEST_F(HttpServerTest, ClosesOnWhatIsNoRequestOrTooLarge) {
  for (const std::string& request :
       {std::string("\x16\x03\x01 TLS?\r\n\r\n"), std::string("GET\r\n\r\n"),
        "GET / HTTP/1.1\r\nX: " + std::string(limits::kHttpHeaderSizeMax, 'x') + "\r\n\r\n",
        std::string("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")}) {
    RawPeer peer(*server_);
    peer.say(request);
    EXPECT_EQ(peer.hear(), "") << request.substr(0, 40);
    EXPECT_TRUE(peer.has_ended());
  }
  EXPECT_EQ(server_->counters().broken.load(), 4U);
}

TEST_F(HttpServerTest, WaitsForNobodyWhoTrickles) {
  RawPeer slow(*server_);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 8; ++i) {
    slow.say("G");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(slow.hear(), "");
  EXPECT_TRUE(slow.has_ended());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_THAT(ask("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"), EndsWith("/a|"));
}

TEST_F(HttpServerTest, BoundsItsConnections) {
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::size_t i = 0; i < limits::kHttpConnectionsMax + 10; ++i) {
    peers.push_back(std::make_unique<RawPeer>(*server_));
  }
  for (int i = 0; i < 100 && server_->counters().refused.load() < 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(server_->counters().refused.load(), 10U);
  peers.clear();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_THAT(ask("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"), EndsWith("/a|"));
}

TEST(HttpServer, SaysWhereItCannotListen) {
  EXPECT_EQ(HttpServer::open({.address = "nowhere", .port = 0, .patience = {}}, {}).error().code,
            ErrorCode::kConfig);
  const auto handler = [](std::string_view, std::string_view) { return HttpPage{}; };
  const auto first = HttpServer::open({}, handler);
  ASSERT_TRUE(first);
  HttpServerOptions taken;
  taken.port = (*first)->port();
  const auto second = HttpServer::open(taken, handler);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().to_string(), HasSubstr("127.0.0.1:" + std::to_string(taken.port)));
}

}  // namespace
}  // namespace quotemill::transport
