#include "transport/server/evidence_server.h"

#include <gtest/gtest.h>

#include "tests/transport/server/server_harness.h"

namespace quotemill::transport {
namespace {

class EvidenceServerLoopback : public testing::ServerTest {};

TEST_F(EvidenceServerLoopback, AHostAttestsOverCurve) {
  start();
  Socket socket = connect(fleet_[0]);
  EXPECT_TRUE(attests(socket, fleet_[0]));
  EXPECT_TRUE(attests(socket, fleet_[0]));
  EXPECT_EQ(hosts_.find(fleet_[0].record.uid)->state->sequence, 2U);
  EXPECT_EQ(server_->counters().receipts.load(), 2U);
}

TEST_F(EvidenceServerLoopback, ReconnectingLosesNothing) {
  start();
  pipeline_.hold(true);
  std::optional<EvidenceMessage> evidence;
  {
    Socket socket = connect(fleet_[0]);
    send(socket, fleet_[0].hello());
    const auto challenge = expect<ChallengeMessage>(socket);
    ASSERT_TRUE(challenge);
    evidence = fleet_[0].answer(*challenge);
    send(socket, *evidence);
    while (server_->counters().evidence_accepted.load() == 0) {
      std::this_thread::yield();
    }
  }
  Socket again = connect(fleet_[0]);
  send(again, *evidence);
  while (server_->counters().repeated.load() == 0) {
    std::this_thread::yield();
  }
  pipeline_.hold(false);
  EXPECT_TRUE(expect<ReceiptMessage>(again));
  EXPECT_EQ(server_->counters().evidence_accepted.load(), 1U);
}

TEST_F(EvidenceServerLoopback, AnUnadmittedKeyNeverReachesTheServer) {
  start();
  const testing::TestHost stranger = testing::make_host(99);
  Socket socket = connect(stranger);
  send(socket, stranger.hello());
  EXPECT_FALSE(testing::receive_within(socket, 700));
  EXPECT_EQ(server_->counters().messages_in.load(), 0U);
  EXPECT_GE(zap_->counters().refused_key.load(), 1U);
}

TEST_F(EvidenceServerLoopback, AHostDeniedWhileConnectedIsRefused) {
  start();
  Socket socket = connect(fleet_[0]);
  EXPECT_TRUE(attests(socket, fleet_[0]));
  HostRecord denied = fleet_[0].record;
  denied.life_cycle = LifeCycle::kDenied;
  hosts_.put(std::make_shared<const HostRecord>(denied));
  send(socket, fleet_[0].hello());
  const auto error = expect<ErrorMessage>(socket);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kDenied);
}

TEST_F(EvidenceServerLoopback, WithoutAZapHandlerItRefusesToStart) {
  EvidenceServerOptions options;
  options.endpoint = "tcp://127.0.0.1:*";
  options.key = server_pair_;
  const auto server = EvidenceServer::create({*context_, hosts_, nonces_, inbox_, clock_}, options);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kDenied);
}

TEST_F(EvidenceServerLoopback, TheOperatorReachesConnectedHosts) {
  start();
  Socket socket = connect(fleet_[0]);
  ASSERT_TRUE(attests(socket, fleet_[0]));
  const std::vector<HostUid> reached =
      server_->challenge_now({fleet_[0].record.uid, fleet_[1].record.uid});
  EXPECT_EQ(reached, std::vector<HostUid>{fleet_[0].record.uid});
  const auto challenge = expect<ChallengeMessage>(socket);
  ASSERT_TRUE(challenge);
  send(socket, fleet_[0].answer(*challenge));
  EXPECT_TRUE(expect<ReceiptMessage>(socket));
}

TEST_F(EvidenceServerLoopback, AHostThatLeftIsNotReached) {
  start();
  {
    Socket socket = connect(fleet_[0]);
    ASSERT_TRUE(attests(socket, fleet_[0]));
  }
  // The route lives until libzmq has seen the connection end.
  EXPECT_TRUE(
      testing::eventually([&] { return server_->challenge_now({fleet_[0].record.uid}).empty(); }));
}

TEST_F(EvidenceServerLoopback, DrainAnswersWhatWasAcceptedAndRefusesTheRest) {
  start();
  Socket first = connect(fleet_[0]);
  Socket second = connect(fleet_[1]);
  send(second, fleet_[1].hello());
  const auto unanswered = expect<ChallengeMessage>(second);
  ASSERT_TRUE(unanswered);
  pipeline_.hold(true);
  send(first, fleet_[0].hello());
  const auto challenge = expect<ChallengeMessage>(first);
  ASSERT_TRUE(challenge);
  send(first, fleet_[0].answer(*challenge));
  while (server_->counters().evidence_accepted.load() == 0) {
    std::this_thread::yield();
  }
  server_->refuse_evidence(10'000);
  send(second, fleet_[1].answer(*unanswered));
  EXPECT_TRUE(expect<BusyMessage>(second));
  std::thread draining([this] { server_->drain(10'000); });
  pipeline_.hold(false);
  EXPECT_TRUE(expect<ReceiptMessage>(first));
  draining.join();
  EXPECT_TRUE(server_->challenge_now({fleet_[0].record.uid}).empty());
}

TEST_F(EvidenceServerLoopback, DrainGivesUpAfterItsTime) {
  start();
  pipeline_.hold(true);
  Socket socket = connect(fleet_[0]);
  send(socket, fleet_[0].hello());
  const auto challenge = expect<ChallengeMessage>(socket);
  ASSERT_TRUE(challenge);
  send(socket, fleet_[0].answer(*challenge));
  while (server_->counters().evidence_accepted.load() == 0) {
    std::this_thread::yield();
  }
  const auto begin = std::chrono::steady_clock::now();
  server_->drain(200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(EvidenceServerLoopback, WhatIsReadAsItComesIsNotThoughtToHaveWaited) {
  start();
  Socket socket = connect(fleet_[0]);
  EXPECT_TRUE(testing::eventually([&] {
    send(socket, fleet_[0].hello());
    const auto challenge = expect<ChallengeMessage>(socket);
    std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
    send(socket, fleet_[0].answer(challenge.value_or(ChallengeMessage{})));
    return expect<ReceiptMessage>(socket) && pipeline_.options.may_have_waited_ms < 1'000;
  }));
}

TEST_F(EvidenceServerLoopback, ANonceFromBeforeItStartedMeasuresNothing) {
  constexpr std::int64_t kBeforeMs = 20'000;
  const ChallengeMessage asked{{}, 2, {{HashAlgorithm::kSha256, 1}}, 0};
  Receipt receipt;
  receipt.selections = asked.selections;
  auto state = std::make_shared<HostState>();
  state->host = fleet_[0].record.uid;
  state->generation = fleet_[0].record.generation;
  state->sequence = 1;
  state->receipt = encode_receipt(receipt);
  state->nonce_issued = WallTime{clock_.now().wall.ms - kBeforeMs};
  state->nonce_deadline.ms = clock_.now().wall.ms + 60'000;
  hosts_.put_state(state);
  start();
  Socket socket = connect(fleet_[0]);
  send(socket, fleet_[0].answer(asked, {}, NonceKind::kPreissued));
  EXPECT_TRUE(expect<ReceiptMessage>(socket));
  EXPECT_GE(pipeline_.options.may_have_waited_ms, kBeforeMs) << "it may have been sent at any time";
}

TEST_F(EvidenceServerLoopback, ManyThreadsMayAskAtOnce) {
  start();
  std::vector<std::thread> threads;
  for (std::uint8_t i = 0; i < kHosts; ++i) {
    threads.emplace_back([this, i] {
      Socket socket = connect(fleet_[i]);
      for (int n = 0; n < 20; ++n) {
        EXPECT_TRUE(attests(socket, fleet_[i]));
        server_->challenge_now({fleet_[i].record.uid});
        if (const auto challenge = expect<ChallengeMessage>(socket)) {
          send(socket, fleet_[i].answer(*challenge));
          EXPECT_TRUE(expect<ReceiptMessage>(socket));
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace quotemill::transport
