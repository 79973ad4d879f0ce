#include "transport/sinks/syslog_sink.h"

#include <poll.h>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/transport/sinks/sample_events.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;

// A receiver on loopback that does what a test wants.
class Receiver {
 public:
  explicit Receiver(int type = SOCK_STREAM, std::uint16_t port = 0)
      : socket_(::socket(AF_INET, type, 0)), type_(type) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket_, 4), 0);
    }
  }

  ~Receiver() {
    hang_up();
    ::close(socket_);
  }

  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // The next so many messages, by their octet counts; fewer if nothing comes for a second.
  std::vector<std::string> take(std::size_t count) {
    std::vector<std::string> messages;
    while (messages.size() < count && read_more()) {
      for (std::size_t space = buffer_.find(' '); space != std::string::npos;
           space = buffer_.find(' ')) {
        const std::size_t size = std::stoul(buffer_.substr(0, space));
        if (buffer_.size() < space + 1 + size) {
          break;
        }
        messages.push_back(buffer_.substr(space + 1, size));
        buffer_.erase(0, space + 1 + size);
      }
    }
    return messages;
  }

  std::string datagram() {
    std::string text(4'096, '\0');
    pollfd item{socket_, POLLIN, 0};
    const ssize_t size =
        ::poll(&item, 1, 1'000) == 1 ? ::recv(socket_, text.data(), text.size(), 0) : 0;
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

  void hang_up() {
    if (peer_ >= 0) {
      ::close(peer_);
    }
    peer_ = -1;
    buffer_.clear();
  }

 private:
  bool read_more() {
    if (peer_ < 0) {
      pollfd item{socket_, POLLIN, 0};
      if (::poll(&item, 1, 1'000) != 1) {
        return false;
      }
      peer_ = ::accept(socket_, nullptr, nullptr);
    }
    pollfd item{peer_, POLLIN, 0};
    std::array<char, 4'096> part{};
    const ssize_t size =
        ::poll(&item, 1, 1'000) == 1 ? ::recv(peer_, part.data(), part.size(), 0) : 0;
    if (size <= 0) {
      return false;
    }
    buffer_.append(part.data(), static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  int type_;
  int peer_ = -1;
  std::uint16_t port_ = 0;
  std::string buffer_;
};

SyslogSinkOptions to(std::uint16_t port, bool is_udp = false) {
  SyslogSinkOptions options;
  options.transport = is_udp ? SyslogTransport::kUdp : SyslogTransport::kTcp;
  options.receiver = {"127.0.0.1", std::to_string(port), std::chrono::milliseconds(300)};
  return options;
}

bool deliver(SyslogSink& sink, const std::vector<std::string>& events) {
  return sink.deliver(events_of(events)).has_value();
}

TEST(SyslogSink, CountsTheOctetsOfEachMessage) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  ASSERT_TRUE(deliver(sink, {"<1>1 one", "<1>1 two \xEF\xBB\xBF three"}));
  EXPECT_THAT(receiver.take(2), ElementsAre("<1>1 one", "<1>1 two \xEF\xBB\xBF three"));
}

TEST(SyslogSink, SendsADatagramEachOverUdp) {
  Receiver receiver(SOCK_DGRAM);
  SyslogSink sink(to(receiver.port(), true));
  ASSERT_TRUE(deliver(sink, {"one", "two"}));
  EXPECT_EQ(receiver.datagram(), "one");
  EXPECT_EQ(receiver.datagram(), "two");
}

TEST(SyslogSink, SaysThatNobodyListensAndGoesOnWhenSomebodyDoes) {
  std::uint16_t port = 0;
  {
    const Receiver gone;
    port = gone.port();
  }
  SyslogSink sink(to(port));
  const auto failed = sink.deliver(events_of({"one"}));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().to_string().find("127.0.0.1:" + std::to_string(port)),
            std::string::npos);
  Receiver receiver(SOCK_STREAM, port);
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
}

TEST(SyslogSink, SendsTheUnconfirmedAgainAfterABreak) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  ASSERT_TRUE(deliver(sink, {"one", "two"}));
  EXPECT_THAT(receiver.take(1), ::testing::SizeIs(::testing::Ge(1U)));
  receiver.hang_up();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(deliver(sink, {"three"}));
  EXPECT_THAT(receiver.take(3), ElementsAre("one", "two", "three"));
}

// However long ago it broke: what was sent into the break was read by nobody.
TEST(SyslogSink, SendsTheUnconfirmedAgainLongAfterABreak) {
  Receiver receiver;
  SyslogSinkOptions options = to(receiver.port());
  options.unconfirmed_for = std::chrono::milliseconds(100);
  SyslogSink sink(options);
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
  receiver.hang_up();
  std::this_thread::sleep_for(2 * options.unconfirmed_for);
  ASSERT_TRUE(deliver(sink, {"two"}));
  EXPECT_THAT(receiver.take(2), ElementsAre("one", "two"));
  receiver.hang_up();
  std::this_thread::sleep_for(options.unconfirmed_for / 2);
  ASSERT_TRUE(deliver(sink, {"three"}));
  EXPECT_THAT(receiver.take(3), ElementsAre("one", "two", "three"))
      << "sent again, it is as new as the rest";
}

TEST(SyslogSink, ForgetsWhatWasSentLongAgoOnAConnectionThatStands) {
  Receiver receiver;
  SyslogSinkOptions options = to(receiver.port());
  options.unconfirmed_for = std::chrono::milliseconds(100);
  SyslogSink sink(options);
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
  std::this_thread::sleep_for(2 * options.unconfirmed_for);
  ASSERT_TRUE(deliver(sink, {"two"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("two"));
  receiver.hang_up();
  std::this_thread::sleep_for(options.unconfirmed_for / 4);
  ASSERT_TRUE(deliver(sink, {"three"}));
  EXPECT_THAT(receiver.take(2), ElementsAre("two", "three"));
}

TEST(SyslogSink, DoesNotWaitForEverForAReceiverThatReadsNothing) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  const std::vector<std::string> events(64, std::string(200'000, 'x'));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(deliver(sink, events));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(SyslogSink, SaysThatAHostHasNoAddress) {
  SyslogSinkOptions options = to(601);
  options.receiver.host = "no-such-host.invalid";
  SyslogSink sink(options);
  EXPECT_FALSE(deliver(sink, {"one"}));
}

}  // namespace
}  // namespace quotemill::transport
