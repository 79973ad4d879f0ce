// What an enrolment conversation is good for: once, in time, for one key.
#include <gtest/gtest.h>

#include "tests/transport/server/enrolment_fixture.h"

namespace quotemill::transport {
namespace {

using Enrolling = EnrolmentServiceTest;

TEST_F(Enrolling, AConversationHasOneTry) {
  const Client client(1);
  add_token("t", 1);
  const MessageBody offer = service.handle(client.key, enrol(client, "web-1", "t"), now);
  const auto& credential = std::get<CredentialMessage>(offer);
  ProofMessage wrong = prove(client, credential, "web-1");
  wrong.hmac[0] ^= 1U;
  EXPECT_EQ(status(service.handle(client.key, wrong, now)), EnrolStatus::kDenied);
  const ProofMessage right = prove(client, credential, "web-1");
  EXPECT_EQ(error(service.handle(client.key, right, now)), ErrorCode::kExpired);
  EXPECT_TRUE(registrar.updates.empty());
}

TEST_F(Enrolling, AProofIsGoodForOneClientKeyOnly) {
  const Client client(1);
  const MessageBody offer = service.handle(client.key, enrol(client, "web-1"), now);
  const ProofMessage proof = prove(client, std::get<CredentialMessage>(offer), "web-1");
  EXPECT_EQ(error(service.handle(CurveKey{77}, proof, now)), ErrorCode::kExpired);
  EXPECT_EQ(service.open(), 1U);
}

TEST_F(Enrolling, AConversationExpires) {
  const Client client(1);
  const MessageBody offer = service.handle(client.key, enrol(client, "web-1"), now);
  const ProofMessage proof = prove(client, std::get<CredentialMessage>(offer), "web-1");
  now.boot.ms += kEnrolmentLifetimeMs + 1;
  EXPECT_EQ(error(service.handle(client.key, proof, now)), ErrorCode::kExpired);
  EXPECT_TRUE(registrar.updates.empty());
}

TEST_F(Enrolling, ANewEnrolVoidsTheOlderOfTheSameKey) {
  const Client client(1);
  const MessageBody first = service.handle(client.key, enrol(client, "web-1"), now);
  const MessageBody second = service.handle(client.key, enrol(client, "web-1"), now);
  EXPECT_EQ(service.open(), 1U);
  const ProofMessage old = prove(client, std::get<CredentialMessage>(first), "web-1");
  EXPECT_EQ(status(service.handle(client.key, old, now)), EnrolStatus::kDenied);
}

TEST_F(Enrolling, ConversationsOfOneEkAreFewAndTheNewestStays) {
  const Client client(1);
  for (std::uint8_t i = 10; i < 30; ++i) {
    CurveKey stranger{};
    stranger.fill(i);
    now.boot.ms += 1;
    service.handle(stranger, enrol(client, "web-1"), now);
  }
  EXPECT_LE(service.open(), 4U);
  EXPECT_EQ(status(run(client, "web-1")), EnrolStatus::kPending);
}

TEST_F(Enrolling, AClientThatEnrolsTooOftenIsToldToWait) {
  const Client client(1);
  bool busy = false;
  for (int i = 0; i < 20 && !busy; ++i) {
    busy = std::holds_alternative<BusyMessage>(
        service.handle(client.key, enrol(client, "web-1"), now));
  }
  EXPECT_TRUE(busy);
  now.boot.ms += 60'000;
  EXPECT_EQ(status(run(client, "web-1")), EnrolStatus::kPending);
}

TEST_F(Enrolling, ARefusedEnrolOpensNothing) {
  const Client client(1);
  EnrolMessage bad = enrol(client, "web-1");
  bad.name = "Web 1";
  EXPECT_EQ(status(service.handle(client.key, bad, now)), EnrolStatus::kDenied);
  EXPECT_EQ(service.open(), 0U);
}

}  // namespace
}  // namespace quotemill::transport
