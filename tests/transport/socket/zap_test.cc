#include "transport/socket/zap.h"

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

TEST(Zap, AServerWithoutAHandlerRefusesToStart) {
  const std::unique_ptr<Context> context = make_context();
  Socket server = make_socket(*context, router_options(fresh_pair()));
  const Result<void> bound = server.bind("tcp://127.0.0.1:*");
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kDenied);
}

TEST(Zap, AServerWhoseHandlerDiedRefusesToStart) {
  const std::unique_ptr<Context> context = make_context();
  { const Gate gate(*context, {}); }
  Socket server = make_socket(*context, router_options(fresh_pair()));
  EXPECT_EQ(server.bind("tcp://127.0.0.1:*").error().code, ErrorCode::kDenied);
}

TEST(Zap, AHandlerThatIsBoundButDeafCountsAsNone) {
  const std::unique_ptr<Context> context = make_context();
  void* deaf = zmq_socket(context->handle(), ZMQ_REP);
  ASSERT_EQ(zmq_bind(deaf, "inproc://zeromq.zap.01"), 0);
  Socket server = make_socket(*context, router_options(fresh_pair()));
  EXPECT_EQ(server.bind("tcp://127.0.0.1:*").error().code, ErrorCode::kDenied);
  zmq_close(deaf);
}

TEST(Zap, AServerWithoutADomainIsNotMade) {
  const std::unique_ptr<Context> context = make_context();
  SocketOptions options = router_options(fresh_pair());
  options.curve = CurveServer{fresh_pair().secret_key, ""};
  EXPECT_EQ(Socket::create(*context, options).error().code, ErrorCode::kDenied);
}

TEST(Zap, OneHandlerAContext) {
  const std::unique_ptr<Context> context = make_context();
  const Gate gate(*context, {});
  const auto second = ZapHandler::start(*context, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kDenied);
}

// libzmq fails open where no handler lives; the enforced domain must not.
TEST(Zap, AHandlerThatDiesLaterLetsNobodyIn) {
  const std::unique_ptr<Context> context = make_context();
  const CurveKeyPair server_pair = fresh_pair();
  const CurveKeyPair pair = fresh_pair();
  auto gate = std::make_unique<Gate>(*context, std::set<CurveKey>{pair.public_key});
  Socket server = make_socket(*context, router_options(server_pair));
  ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
  gate.reset();
  Socket host = make_client(*context, server.endpoint(), pair, server_pair.public_key);
  host.send(Bytes{1});
  EXPECT_FALSE(receive_within(server, 700));
}

TEST(Zap, UnadmittedKeysAndForeignDomainsNeverReachTheServer) {
  const std::unique_ptr<Context> context = make_context();
  const CurveKeyPair server_pair = fresh_pair();
  const CurveKeyPair admitted = fresh_pair();
  const Gate gate(*context, {admitted.public_key});
  Socket server = make_socket(*context, router_options(server_pair));
  ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
  SocketOptions foreign_options = router_options(server_pair);
  foreign_options.curve = CurveServer{server_pair.secret_key, "other"};
  Socket foreign = make_socket(*context, foreign_options);
  ASSERT_TRUE(foreign.bind("tcp://127.0.0.1:*"));

  Socket stranger = make_client(*context, server.endpoint(), fresh_pair(), server_pair.public_key);
  stranger.send(Bytes{1});
  Socket lost = make_client(*context, foreign.endpoint(), admitted, server_pair.public_key);
  lost.send(Bytes{2});
  EXPECT_FALSE(receive_within(server, 700));
  EXPECT_FALSE(receive_within(foreign, 100));
  EXPECT_GE(gate.handler->counters().refused_key.load(), 1U);
  EXPECT_GE(gate.handler->counters().refused_malformed.load(), 1U);
  EXPECT_EQ(gate.handler->counters().admitted.load(), 0U);
}

TEST(Zap, PeersWithoutCurveAreRefused) {
  const std::unique_ptr<Context> context = make_context();
  const CurveKeyPair server_pair = fresh_pair();
  const Gate gate(*context, {});
  Socket server = make_socket(*context, router_options(server_pair));
  ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
  Socket plain = make_socket(*context, SocketOptions{});
  ASSERT_TRUE(plain.connect(server.endpoint()));
  plain.send(Bytes{1});
  EXPECT_FALSE(receive_within(server, 500));
}

TEST(Zap, AWrongServerKeyConnectsNowhere) {
  const std::unique_ptr<Context> context = make_context();
  const CurveKeyPair admitted = fresh_pair();
  const CurveKeyPair server_pair = fresh_pair();
  const Gate gate(*context, {admitted.public_key});
  Socket server = make_socket(*context, router_options(server_pair));
  ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
  Socket host = make_client(*context, server.endpoint(), admitted, fresh_pair().public_key);
  host.send(Bytes{1});
  EXPECT_FALSE(receive_within(server, 500));
}

TEST(Zap, HandshakesOfOneKeyAreLimited) {
  const std::unique_ptr<Context> context = make_context();
  const CurveKeyPair server_pair = fresh_pair();
  const CurveKeyPair eager = fresh_pair();
  const CurveKeyPair calm = fresh_pair();
  const Gate gate(*context, {eager.public_key, calm.public_key}, Rate{0.01, 2});
  Socket server = make_socket(*context, router_options(server_pair));
  ASSERT_TRUE(server.bind("tcp://127.0.0.1:*"));
  std::vector<Socket> connections;
  for (int i = 0; i < 5; ++i) {
    connections.push_back(make_client(*context, server.endpoint(), eager, server_pair.public_key));
    connections.back().send(Bytes{1});
  }
  int received = 0;
  while (receive_within(server, 500)) {
    ++received;
  }
  EXPECT_EQ(received, 2);
  EXPECT_GE(gate.handler->counters().refused_rate.load(), 3U);
  Socket other = make_client(*context, server.endpoint(), calm, server_pair.public_key);
  other.send(Bytes{2});
  EXPECT_TRUE(receive_within(server, 5000));
}

}  // namespace
}  // namespace quotemill::transport
