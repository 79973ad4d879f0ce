// The agent behind a gateway, honest or not.
#include <gtest/gtest.h>

#include "tests/transport/agent/agent_fixture.h"
#include "tests/transport/gateway/running_gateway.h"

namespace quotemill::agent {
namespace {

using testing::eventually;

class AgentBehindGateway : public testing::AgentLoop {
 protected:
  AgentBehindGateway() { gateways_.push_back({"rack-1", gateway_pair_.public_key, {"host-*"}}); }

  void start_both() {
    start();
    transport::GatewaySettings settings;
    settings.listen = "tcp://127.0.0.1:*";
    settings.key = gateway_pair_;
    settings.server = server_->endpoint();
    settings.server_key = server_pair_.public_key;
    gateway_ = std::make_unique<testing::RunningGateway>(settings);
  }

  [[nodiscard]] transport::ServerAddress through(const std::string& endpoint) const {
    return {endpoint, server_pair_.public_key, gateway_pair_.public_key};
  }

  [[nodiscard]] transport::ServerAddress direct() const {
    return {server_->endpoint(), server_pair_.public_key};
  }

  transport::CurveKeyPair gateway_pair_ = testing::fresh_pair();
  std::unique_ptr<testing::RunningGateway> gateway_;
};

TEST_F(AgentBehindGateway, ItAttestsInOneRoundTrip) {
  pipeline_.options.with_nonce = true;
  start_both();
  const auto agent = run_agent({through(gateway_->endpoint())});
  ASSERT_TRUE(eventually([&] { return sequence() >= 4; }));
  EXPECT_EQ(counted().challenges.load(), 1U);
  EXPECT_EQ(counted().carried.load(), counted().messages_in.load());
}

TEST_F(AgentBehindGateway, ItProvesEachSegmentOfItsLog) {
  pipeline_.options.asks_for_log = true;
  start_both();
  const auto agent = run_agent({through(gateway_->endpoint())});
  ASSERT_TRUE(eventually([&] { return sequence() >= 2; }));
  EXPECT_GE(pipeline_.options.logs_received.load(), 1);
  EXPECT_EQ(counted().unproven.load(), 0U);
}

// Whoever forges receipts could make a later HELLO accuse the store.
TEST_F(AgentBehindGateway, ItKeepsNoReceiptNumberThatCameThroughAGateway) {
  start_both();
  {
    const auto agent = run_agent({through(gateway_->endpoint())});
    ASSERT_TRUE(eventually([&] { return sequence() >= 2; }));
  }
  Result<StateFolder> folder = StateFolder::open((files_ / "state").string());
  ASSERT_TRUE(folder);
  const auto state = folder->load_state();
  ASSERT_TRUE(state && state->has_value() && (*state)->enrolment);
  EXPECT_EQ((*state)->enrolment->receipt, 0U);
}

TEST_F(AgentBehindGateway, WithoutItsGatewayItGoesToTheServer) {
  start_both();
  const auto agent = run_agent({through(gateway_->endpoint()), direct()});
  ASSERT_TRUE(eventually([&] { return sequence() >= 1; }));
  gateway_.reset();
  const std::uint64_t carried = counted().carried.load();
  const std::uint64_t reached = sequence();
  ASSERT_TRUE(eventually([&] { return sequence() > reached + 2; }));
  EXPECT_EQ(counted().carried.load(), carried);
  EXPECT_EQ(counted().nonce_reused.load(), 0U);
}

// A gateway asks for a sequence that was used, gets the evidence, and is gone: sent to the server
// itself, that evidence would be a reuse of the nonce, and a failed verdict.
TEST_F(AgentBehindGateway, EvidenceForAChallengeThatAGatewayMadeUpIsNotSentDirectly) {
  start();
  {
    transport::Socket socket = connect(fleet_[0]);
    ASSERT_TRUE(attests(socket, fleet_[0]));
  }
  const auto context = testing::make_context();
  const testing::Gate gate(*context, {fleet_[0].pair.public_key});
  std::optional<transport::Socket> rogue =
      testing::make_socket(*context, testing::router_options(gateway_pair_));
  ASSERT_TRUE(rogue->bind("tcp://127.0.0.1:*"));
  const auto agent = run_agent({through(rogue->endpoint()), direct()});
  const auto hello = testing::receive_within(*rogue, 10'000);
  ASSERT_TRUE(hello);
  transport::ChallengeMessage forged;
  forged.sequence = 1;
  forged.selections = {{HashAlgorithm::kSha256, 1}};
  forged.valid_ms = 60'000;
  rogue->send_to(hello->route, transport::encode_reply(1, forged));
  const auto evidence = testing::receive_within(*rogue, 10'000);
  ASSERT_TRUE(evidence);
  rogue.reset();
  ASSERT_TRUE(eventually([&] { return sequence() >= 3; }));
  EXPECT_EQ(counted().nonce_reused.load(), 0U);
  EXPECT_EQ(pipeline_.options.failed_foregone.load(), 0);
}

}  // namespace
}  // namespace quotemill::agent
