#include "transport/client/attestation_client.h"

#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "tests/support/eventually.h"
#include "tests/transport/server/server_harness.h"

namespace quotemill::transport {
namespace {

class AttestationClientLoopback : public testing::ServerTest {
 protected:
  AttestationClient client(std::vector<ServerAddress> servers) {
    return {*client_context_, fleet_[0].pair, std::move(servers)};
  }

  ServerAddress address() const { return {server_->endpoint(), server_pair_.public_key}; }

  // A server that nobody answers at.
  ServerAddress nowhere() const { return {"tcp://127.0.0.1:9", server_pair_.public_key}; }

  template <class T>
  static std::optional<T> next(AttestationClient& client, int timeout_ms = testing::kPatienceMs) {
    const auto received = client.receive(timeout_ms, -1);
    if (!received || !*received || !std::holds_alternative<T>((*received)->body)) {
      return std::nullopt;
    }
    return std::get<T>((*received)->body);
  }
};

TEST_F(AttestationClientLoopback, CarriesTypedMessagesBothWays) {
  start();
  AttestationClient host = client({address()});
  ASSERT_TRUE(host.connect_next());
  EXPECT_EQ(host.server(), address());
  EXPECT_EQ(host.send(fleet_[0].hello()), SendOutcome::kSent);
  const auto challenge = next<ChallengeMessage>(host);
  ASSERT_TRUE(challenge);
  EXPECT_EQ(host.send(fleet_[0].answer(*challenge)), SendOutcome::kSent);
  EXPECT_TRUE(next<ReceiptMessage>(host));
}

TEST_F(AttestationClientLoopback, GoesOnToTheNextServerAndRoundAgain) {
  start();
  AttestationClient host = client({nowhere(), address()});
  ASSERT_TRUE(host.connect_next());
  EXPECT_EQ(host.server(), nowhere());
  host.send(fleet_[0].hello());
  EXPECT_FALSE(host.receive(200, -1));
  ASSERT_TRUE(host.connect_next());
  EXPECT_EQ(host.server(), address());
  host.send(fleet_[0].hello());
  EXPECT_TRUE(next<ChallengeMessage>(host));
  ASSERT_TRUE(host.connect_next());
  EXPECT_EQ(host.server(), nowhere());
}

TEST_F(AttestationClientLoopback, WaitingEndsWhenItIsWoken) {
  start();
  AttestationClient host = client({address()});
  ASSERT_TRUE(host.connect_next());
  const int wake = ::eventfd(1, EFD_CLOEXEC);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(host.receive(60'000, wake));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  ::close(wake);
}

TEST_F(AttestationClientLoopback, SendsNothingBeforeItIsConnected) {
  start();
  AttestationClient host = client({address()});
  EXPECT_FALSE(host.is_connected());
  EXPECT_EQ(host.send(fleet_[0].hello()), SendOutcome::kUnreachable);
  EXPECT_FALSE(host.receive(0, -1));
}

TEST_F(AttestationClientLoopback, AnEndpointThatIsNoneIsAnError) {
  start();
  AttestationClient host = client({{"verifier.example", server_pair_.public_key}});
  EXPECT_FALSE(host.connect_next());
  EXPECT_FALSE(host.is_connected());
}

TEST_F(AttestationClientLoopback, AServerThatDoesNotAnswerFillsTheQueueAndBlocksNobody) {
  start();
  AttestationClient host = client({nowhere()});
  ASSERT_TRUE(host.connect_next());
  SendOutcome outcome = SendOutcome::kSent;
  for (int i = 0; i < 1'000 && outcome == SendOutcome::kSent; ++i) {
    outcome = host.send(fleet_[0].hello());
  }
  EXPECT_EQ(outcome, SendOutcome::kFull);
}

}  // namespace
}  // namespace quotemill::transport
