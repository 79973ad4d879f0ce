#include "transport/socket/socket_poll.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/transport/socket/loopback.h"

namespace quotemill::transport {
namespace {

class SocketPollTest : public ::testing::Test {
 protected:
  // Two ends of a connection within the process.
  Socket end(SocketType type, const std::string& endpoint, bool is_bound) {
    SocketOptions options;
    options.type = type;
    Socket socket = testing::make_socket(*context_, options);
    EXPECT_TRUE(is_bound ? socket.bind(endpoint) : socket.connect(endpoint));
    return socket;
  }

  // Whether `index` is named within two seconds.
  bool names(std::size_t index) {
    for (int i = 0; i < 100; ++i) {
      const std::vector<std::size_t>& ready = poll_.wait(20);
      if (std::find(ready.begin(), ready.end(), index) != ready.end()) {
        return true;
      }
    }
    return false;
  }

  std::unique_ptr<Context> context_ = testing::make_context();
  SocketPoll poll_ = *SocketPoll::create();
};

TEST_F(SocketPollTest, NamesTheSocketThatHasSomething) {
  std::vector<Socket> receivers;
  std::vector<Socket> senders;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string endpoint = "inproc://poll-" + std::to_string(i);
    receivers.push_back(end(SocketType::kDealer, endpoint, true));
    senders.push_back(end(SocketType::kDealer, endpoint, false));
    ASSERT_TRUE(poll_.add(receivers.back(), 10 + i));
  }
  for (Socket& receiver : receivers) {
    while (receiver.receive()) {  // what connecting left
    }
  }
  EXPECT_TRUE(poll_.wait(20).empty());
  ASSERT_EQ(senders[1].send(as_bytes("hello")), SendOutcome::kSent);
  ASSERT_TRUE(names(11));
  ASSERT_TRUE(receivers[1].receive());
  EXPECT_FALSE(receivers[1].receive());
  EXPECT_TRUE(poll_.wait(20).empty()) << "all was received";
}

TEST_F(SocketPollTest, ForgetsASocketThatWasClosed) {
  {
    const Socket socket = end(SocketType::kDealer, "inproc://poll", true);
    ASSERT_TRUE(poll_.add(socket, 1));
  }
  EXPECT_TRUE(poll_.wait(20).empty());
}

}  // namespace
}  // namespace quotemill::transport
