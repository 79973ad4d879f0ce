#include "transport/sinks/syslog_sink.h"

#include <poll.h>
#include <set>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "storage/memory_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/transport/sinks/sample_events.h"
#include "transport/sinks/sink_runner.h"

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

  // Whether somebody comes within some seconds.
  bool accepts() {
    pollfd item{socket_, POLLIN, 0};
    peer_ = ::poll(&item, 1, 5'000) == 1 ? ::accept(socket_, nullptr, nullptr) : -1;
    return peer_ >= 0;
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
  EXPECT_EQ(cause_of(failed.error()), SinkCause::kUnreachable);
  Receiver receiver(SOCK_STREAM, port);
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
}

TEST(SyslogSink, WantsAgainWhatABrokenConnectionMayHaveLost) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  EXPECT_FALSE(sink.wants_again()) << "nothing was sent";
  ASSERT_TRUE(deliver(sink, {"one", "two"}));
  EXPECT_THAT(receiver.take(2), ElementsAre("one", "two"));
  EXPECT_FALSE(sink.wants_again()) << "it stands";
  receiver.hang_up();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(sink.wants_again());
  EXPECT_FALSE(sink.wants_again()) << "once";
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
}

TEST(SyslogSink, DeliversNothingOnANewConnectionBeforeItWasAsked) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  ASSERT_TRUE(deliver(sink, {"one"}));
  EXPECT_THAT(receiver.take(1), ElementsAre("one"));
  receiver.hang_up();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(deliver(sink, {"two"})) << "it would overtake what may be lost";
  EXPECT_TRUE(sink.wants_again());
}

TEST(SyslogSink, WantsNothingAgainOverUdp) {
  SyslogSinkOptions options = to(9, true);
  SyslogSink sink(options);
  (void)deliver(sink, {"one"});
  (void)deliver(sink, {"two"});
  EXPECT_FALSE(sink.wants_again());
  EXPECT_EQ(sink.confirmed_after(), std::chrono::milliseconds(0));
}

// Thousands lie in the kernel's buffers, unread, when the receiver is killed.
TEST(SyslogSink, LosesNothingOfABurstWhenItsReceiverIsKilled) {
  constexpr std::uint64_t kBurst = 6'000;
  const testing::TempFolder folder;
  const testing::ManualClock clock;
  storage::MemoryStore store;
  for (std::uint64_t first = 1; first <= kBurst; first += 100) {
    CommitBatch batch;
    for (std::uint64_t sequence = first; sequence < first + 100; ++sequence) {
      Change change;
      change.sequence = sequence;
      change.host_name = "web-01";
      change.current = TrustState::kFailed;
      batch.changes.push_back(change);
    }
    ASSERT_TRUE(store.commit(batch));
  }
  auto receiver = std::make_unique<Receiver>();
  const std::uint16_t port = receiver->port();
  SinkRunnerOptions options;
  options.feed.format = EventFormat::kSyslog;
  options.feed.cursor_path = folder / "test.cursor";
  options.feed.confirmed_after = std::chrono::seconds(30);
  options.pause_min = std::chrono::milliseconds(1);
  options.pause_max = std::chrono::milliseconds(50);
  SinkRunner runner(options, {store, store}, clock, std::make_unique<SyslogSink>(to(port)),
                    [](SinkNews, const std::string&) {});
  ASSERT_TRUE(receiver->accepts());  // and reads nothing
  // Until the buffers are full.
  for (std::uint64_t told = 1, before = 0; told != before;) {
    before = told;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    told = std::max<std::uint64_t>(runner.counters().delivered.load(), 1);
  }
  EXPECT_GT(runner.counters().delivered.load(), 1'024U);
  receiver.reset();
  receiver = std::make_unique<Receiver>(SOCK_STREAM, port);
  std::set<std::string> seen;
  for (int pause = 0; pause < 10 && seen.size() < kBurst; ++pause) {
    const std::vector<std::string> messages = receiver->take(kBurst);
    for (const std::string& message : messages) {
      const std::size_t at = message.find(" id=\"");
      seen.insert(message.substr(at, message.find('"', at + 5) - at));
    }
    if (messages.empty()) {
      receiver->hang_up();
    }
  }
  EXPECT_EQ(seen.size(), kBurst);
}

TEST(SyslogSink, DoesNotWaitForEverForAReceiverThatReadsNothing) {
  Receiver receiver;
  SyslogSink sink(to(receiver.port()));
  const std::vector<std::string> events(64, std::string(200'000, 'x'));
  const auto begin = std::chrono::steady_clock::now();
  const auto failed = sink.deliver(events_of(events));
  ASSERT_FALSE(failed);
  EXPECT_EQ(cause_of(failed.error()), SinkCause::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(SyslogSink, SaysThatAHostHasNoAddress) {
  SyslogSinkOptions options = to(601);
  options.receiver.host = "no-such-host.invalid";
  SyslogSink sink(options);
  const auto failed = sink.deliver(events_of({"one"}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(cause_of(failed.error()), SinkCause::kUnreachable);
}

}  // namespace
}  // namespace quotemill::transport
