#include "transport/socket/socket.h"

#include <zmq.h>

#include <gtest/gtest.h>

#include "tests/transport/socket/loopback.h"

namespace quotemill::transport {
namespace {

using testing::fresh_pair;
using testing::Gate;
using testing::make_client;
using testing::make_context;
using testing::make_socket;
using testing::receive_within;
using testing::router_options;

// A server "test" with one admitted client.
class SocketLoopback : public ::testing::Test {
 protected:
  SocketLoopback() {
    EXPECT_TRUE(server_.bind("tcp://127.0.0.1:*"));
    endpoint_ = server_.endpoint();
  }

  Socket client() {
    return make_client(*context_, endpoint_, client_pair_, server_pair_.public_key);
  }

  std::unique_ptr<Context> context_ = make_context();
  CurveKeyPair server_pair_ = fresh_pair();
  CurveKeyPair client_pair_ = fresh_pair();
  Gate gate_{*context_, {client_pair_.public_key}};
  Socket server_ = make_socket(*context_, router_options(server_pair_));
  std::string endpoint_;
};

TEST_F(SocketLoopback, CarriesOneFrameEachWayAndTellsTheKey) {
  Socket host = client();
  EXPECT_EQ(host.send(Bytes{1, 2, 3}), SendOutcome::kSent);
  const std::optional<Received> request = receive_within(server_, 5000);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->payload, (Bytes{1, 2, 3}));
  EXPECT_EQ(request->user, client_pair_.public_key);
  EXPECT_EQ(server_.send_to(request->route, Bytes{4}), SendOutcome::kSent);
  const std::optional<Received> reply = receive_within(host, 5000);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->payload, Bytes{4});
}

TEST_F(SocketLoopback, TellsTheKeyAfterAWait) {
  Socket host = client();
  EXPECT_EQ(host.send(Bytes{1}), SendOutcome::kSent);
  for (int i = 0; i < 500 && !wait(server_, -1, 10).socket; ++i) {
  }
  const std::optional<Received> request = receive_within(server_, 1000);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user, client_pair_.public_key);
}

TEST_F(SocketLoopback, SendsToAGoneRouteAreRefusedAtOnce) {
  EXPECT_EQ(server_.send_to("nobody", Bytes{1}), SendOutcome::kUnreachable);
}

TEST_F(SocketLoopback, DropsAndCountsMessagesOfSeveralFrames) {
  Socket host = client();
  for (const int frames : {2, 3, 100}) {
    for (int i = 0; i < frames; ++i) {
      const int flags = i + 1 < frames ? ZMQ_SNDMORE : 0;
      ASSERT_EQ(zmq_send(host.handle(), "x", 1, flags), 1);
    }
  }
  EXPECT_EQ(host.send(Bytes{9}), SendOutcome::kSent);
  const std::optional<Received> good = receive_within(server_, 5000);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->payload, Bytes{9});
  EXPECT_EQ(server_.malformed(), 3U);
}

TEST_F(SocketLoopback, DisconnectsWhoSendsMoreThanTheBound) {
  Socket host = client();
  EXPECT_EQ(host.send(Bytes(limits::kMessageSizeMax + 100)), SendOutcome::kSent);
  EXPECT_FALSE(receive_within(server_, 500));
  Socket other = client();
  EXPECT_EQ(other.send(Bytes(limits::kMessageSizeMax, 7)), SendOutcome::kSent);
  const std::optional<Received> good = receive_within(server_, 5000);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->payload.size(), limits::kMessageSizeMax);
}

TEST_F(SocketLoopback, TheFirstHolderOfARoutingIdKeepsIt) {
  SocketOptions options;
  options.curve = CurveClient{client_pair_, server_pair_.public_key};
  Socket first = make_socket(*context_, options);
  ASSERT_EQ(zmq_setsockopt(first.handle(), ZMQ_ROUTING_ID, "same", 4), 0);
  ASSERT_TRUE(first.connect(endpoint_));
  EXPECT_EQ(first.send(Bytes{1}), SendOutcome::kSent);
  ASSERT_TRUE(receive_within(server_, 5000));
  Socket second = make_socket(*context_, options);
  ASSERT_EQ(zmq_setsockopt(second.handle(), ZMQ_ROUTING_ID, "same", 4), 0);
  ASSERT_TRUE(second.connect(endpoint_));
  EXPECT_EQ(second.send(Bytes{2}), SendOutcome::kSent);
  EXPECT_FALSE(receive_within(server_, 300));
  EXPECT_EQ(server_.send_to("same", Bytes{3}), SendOutcome::kSent);
  const std::optional<Received> reply = receive_within(first, 5000);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->payload, Bytes{3});
}

// libzmq gives routing ids from a counter that begins at rand(). Without a seed of our own it
// begins at the same number in each process, and a peer that claims the coming id aborts it.
TEST_F(SocketLoopback, AutomaticRoutingIdsBeginAnywhere) {
  std::set<std::string> first_ids;
  for (int i = 0; i < 4; ++i) {
    const std::unique_ptr<Context> context = make_context();
    Gate gate(*context, {client_pair_.public_key});
    Socket server = make_socket(*context, router_options(server_pair_));
    ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
    Socket host = make_client(*context, server.endpoint(), client_pair_, server_pair_.public_key);
    EXPECT_EQ(host.send(Bytes{1}), SendOutcome::kSent);
    const std::optional<Received> request = receive_within(server, 5000);
    ASSERT_TRUE(request);
    first_ids.insert(request->route);
  }
  EXPECT_EQ(first_ids.size(), 4U);
}

TEST_F(SocketLoopback, AFullQueueIsRefusedNotWaitedFor) {
  Socket host = client();
  EXPECT_EQ(host.send(Bytes{1}), SendOutcome::kSent);
  const std::optional<Received> request = receive_within(server_, 5000);
  ASSERT_TRUE(request);
  // The client reads nothing more; its queue, ours and the kernel's are bounded.
  const Bytes large(1024 * 1024, 7);
  SendOutcome outcome = SendOutcome::kSent;
  for (int i = 0; i < 500 && outcome == SendOutcome::kSent; ++i) {
    outcome = server_.send_to(request->route, large);
  }
  EXPECT_EQ(outcome, SendOutcome::kFull);
}

TEST_F(SocketLoopback, AQueueThatHasEmptiedTakesMoreAtOnce) {
  Socket host = client();
  const int queue = SocketOptions().send_queue;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < queue; ++i) {
      ASSERT_EQ(host.send(Bytes{1}), SendOutcome::kSent) << "message " << i << ", round " << round;
    }
    for (int i = 0; i < queue; ++i) {
      ASSERT_TRUE(receive_within(server_, 5000));
    }
  }
}

TEST_F(SocketLoopback, AnEndpointInUseIsAnErrorThatNamesIt) {
  Socket second = make_socket(*context_, router_options(server_pair_));
  const Result<void> bound = second.bind(endpoint_);
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().to_string().find(endpoint_), std::string::npos);
}

}  // namespace
}  // namespace quotemill::transport
