// A gateway with real sockets on both sides, before an attestation endpoint.
#include "transport/gateway/gateway.h"

#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "tests/support/eventually.h"
#include "tests/transport/gateway/running_gateway.h"
#include "tests/transport/server/server_harness.h"

namespace quotemill::transport {
namespace {

using testing::eventually;
using testing::RunningGateway;
using testing::TestHost;

class GatewayLoopback : public testing::ServerTest {
 protected:
  GatewayLoopback() { gateways_.push_back({"rack-1", gateway_pair_.public_key, {"host-*"}}); }

  // The endpoint, and a gateway before it.
  void start_both(std::int64_t batch_age_us = 1'000) {
    start();
    open_gateway("tcp://127.0.0.1:*", batch_age_us);
  }

  void open_gateway(const std::string& listen, std::int64_t batch_age_us = 1'000) {
    GatewaySettings settings;
    settings.listen = listen;
    settings.key = gateway_pair_;
    settings.server = server_->endpoint();
    settings.server_key = server_pair_.public_key;
    settings.batch_age_us = batch_age_us;
    gateway_ = std::make_unique<RunningGateway>(settings);
  }

  Socket behind(const TestHost& host) {
    return testing::make_client(*client_context_, gateway_->endpoint(), host.pair,
                                gateway_pair_.public_key);
  }

  [[nodiscard]] const GatewayCounters& at_server() const { return server_->gateways().counters(0); }

  CurveKeyPair gateway_pair_ = testing::fresh_pair();
  std::unique_ptr<RunningGateway> gateway_;
};

TEST_F(GatewayLoopback, HostsAttestThroughIt) {
  start_both();
  for (const TestHost& host : fleet_) {
    Socket socket = behind(host);
    EXPECT_TRUE(attests(socket, host));
    EXPECT_TRUE(attests(socket, host));
    EXPECT_EQ(hosts_.find(host.record.uid)->state->sequence, 2U);
  }
  EXPECT_EQ(server_->counters().receipts.load(), 2U * kHosts);
  EXPECT_EQ(server_->counters().carried.load(), 4U * kHosts);
  EXPECT_TRUE(eventually([this] { return at_server().frames_out.load() == 4U * kHosts; }));
}

TEST_F(GatewayLoopback, FramesOfManyHostsShareAMessage) {
  start_both(300'000);
  std::vector<Socket> sockets;
  for (const TestHost& host : fleet_) {
    sockets.push_back(behind(host));
  }
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    send(sockets[i], fleet_[i].hello());
  }
  for (Socket& socket : sockets) {
    EXPECT_TRUE(expect<ChallengeMessage>(socket));
  }
  EXPECT_EQ(at_server().frames_in.load(), kHosts);
  EXPECT_LT(at_server().messages_in.load(), kHosts);
}

TEST_F(GatewayLoopback, AnotherGatewayInItsPlaceLosesNothing) {
  start_both();
  Socket socket = behind(fleet_[0]);
  ASSERT_TRUE(attests(socket, fleet_[0]));
  pipeline_.hold(true);
  send(socket, fleet_[0].hello());
  const auto challenge = expect<ChallengeMessage>(socket);
  ASSERT_TRUE(challenge);
  const EvidenceMessage evidence = fleet_[0].answer(*challenge);
  send(socket, evidence);
  ASSERT_TRUE(eventually([this] { return server_->counters().evidence_accepted.load() == 2; }));
  const std::string endpoint = gateway_->endpoint();
  gateway_.reset();
  pipeline_.hold(false);  // the receipt finds no gateway
  ASSERT_TRUE(eventually([this] { return server_->counters().receipts.load() == 2; }));
  open_gateway(endpoint);
  std::optional<ReceiptMessage> receipt;
  for (int i = 0; i < 20 && !receipt; ++i) {
    send(socket, evidence);  // as an agent does that hears nothing
    receipt = expect<ReceiptMessage>(socket, 500);
  }
  EXPECT_TRUE(receipt);
  EXPECT_EQ(hosts_.find(fleet_[0].record.uid)->state->sequence, 2U) << "judged once";
}

TEST_F(GatewayLoopback, AStrangerIsDeniedByTheServerAndKeptOutByTheGateway) {
  start_both();
  const TestHost stranger = testing::make_host(99);
  Socket socket = behind(stranger);
  send(socket, stranger.hello());
  const auto error = expect<ErrorMessage>(socket);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kDenied);
  EXPECT_EQ(server_->counters().unknown_key.load(), 1U);
  for (int i = 0; i < 5; ++i) {
    send(socket, stranger.hello());
  }
  EXPECT_TRUE(eventually([this] { return gateway_->tally().refused.load() == 5; }));
  EXPECT_EQ(server_->counters().unknown_key.load(), 1U);
  Socket again = behind(stranger);
  send(again, stranger.hello());
  EXPECT_FALSE(testing::receive_within(again, 500));
}

TEST_F(GatewayLoopback, WhatIsNoHostsFrameIsRefusedAtTheGateway) {
  start_both();
  Socket socket = behind(fleet_[0]);
  const Bytes receipt = encode_message({Role::kHost, 7, ReceiptMessage{{1}}});
  const Bytes from_server = encode_message({Role::kServer, 7, fleet_[0].hello()});
  const CarriedFrame inner{fleet_[1].pair.public_key, receipt};
  const Bytes carry = seal_carry(Role::kHost, {&inner, 1});
  std::uint64_t refused = 0;
  for (const Bytes& frame : {Bytes{1, 2, 3}, receipt, from_server, carry}) {
    socket.send(frame);
    EXPECT_TRUE(expect<ErrorMessage>(socket)) << refused;
    EXPECT_EQ(gateway_->tally().malformed.load(), ++refused);
  }
  EXPECT_EQ(server_->counters().messages_in.load(), 0U);
  EXPECT_TRUE(attests(socket, fleet_[0]));
}

// Each host has two messages on their way at most, and its turn.
TEST_F(GatewayLoopback, AFloodOfOneHostStarvesNobody) {
  start_both();
  std::atomic<bool> stop{false};
  std::thread flood([this, &stop] {
    Socket socket = behind(fleet_[0]);
    while (!stop) {
      send(socket, fleet_[0].hello());
      while (socket.receive()) {
      }
    }
  });
  Socket socket = behind(fleet_[1]);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(attests(socket, fleet_[1], 5'000)) << i;
  }
  Socket beside = connect(fleet_[2]);
  EXPECT_TRUE(attests(beside, fleet_[2], 5'000)) << "nor a host beside the gateway";
  stop = true;
  flood.join();
}

TEST_F(GatewayLoopback, AHostThatIsNotListedIsDenied) {
  gateways_.front().hosts = {"host-1"};
  start_both();
  Socket listed = behind(fleet_[1]);
  EXPECT_TRUE(attests(listed, fleet_[1]));
  Socket other = behind(fleet_[2]);
  send(other, fleet_[2].hello());
  const auto error = expect<ErrorMessage>(other);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kDenied);
  EXPECT_EQ(at_server().refused.load(), 1U);
}

TEST_F(GatewayLoopback, AGatewayThatTheServerDoesNotKnowCarriesNothing) {
  gateways_.clear();
  start_both();
  Socket socket = behind(fleet_[0]);
  send(socket, fleet_[0].hello());
  EXPECT_FALSE(testing::receive_within(socket, 700));
  EXPECT_EQ(server_->counters().messages_in.load(), 0U);
  EXPECT_GE(zap_->counters().refused_key.load(), 1U);
}

// Whoever has a gateway's key and sends something else.
TEST_F(GatewayLoopback, AMessageOfAGatewayThatIsNoCarryIsRefused) {
  start();
  Socket rogue = testing::make_client(*client_context_, server_->endpoint(), gateway_pair_,
                                      server_pair_.public_key);
  const Bytes hello = encode_message({Role::kHost, 1, fleet_[0].hello()});
  const CarriedFrame inner{fleet_[0].pair.public_key, hello};
  Bytes cut = seal_carry(Role::kGateway, {&inner, 1});
  cut.pop_back();
  std::uint64_t refused = 0;
  for (const Bytes& frame : {hello, Bytes{1, 2, 3}, cut, seal_carry(Role::kHost, {&inner, 1})}) {
    rogue.send(frame);
    EXPECT_TRUE(expect<ErrorMessage>(rogue)) << refused;
    EXPECT_EQ(at_server().malformed.load(), ++refused);
  }
  EXPECT_EQ(server_->counters().carried.load(), 0U);
}

TEST_F(GatewayLoopback, AHostIsNoGateway) {
  start();
  Socket socket = connect(fleet_[0]);
  const Bytes hello = encode_message({Role::kHost, 1, fleet_[1].hello()});
  const CarriedFrame inner{fleet_[1].pair.public_key, hello};
  socket.send(seal_carry(Role::kGateway, {&inner, 1}));
  const auto error = expect<ErrorMessage>(socket);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kUnsupported);
  EXPECT_EQ(server_->counters().carried.load(), 0U);
}

}  // namespace
}  // namespace quotemill::transport
