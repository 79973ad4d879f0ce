#include "transport/server/enrolment_door.h"

#include <gtest/gtest.h>

#include "tests/transport/server/enrolment_door_fixture.h"

namespace quotemill::transport {
namespace {

using testing::SoftTpm;

using Door = EnrolmentDoorTest;

TEST_F(Door, EnrolsAHost) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kRsa}) {
    const SoftTpm tpm(kind);
    const Result<EnrolmentOutcome> outcome =
        enrol(tpm, kind == KeyKind::kRsa ? "rsa-host" : "ecc-host");
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    ASSERT_TRUE(std::holds_alternative<EnrolmentActive>(*outcome));
    const auto& active = std::get<EnrolmentActive>(*outcome);
    EXPECT_EQ(registrar.hosts.find(active.uid)->record->ak_public, tpm.ak.encoded);
  }
}

TEST_F(Door, TellsWhoIsPendingAndWhoIsRefused) {
  const SoftTpm first;
  const SoftTpm second;
  ASSERT_TRUE(enrol(first, "web-1"));
  const Result<EnrolmentOutcome> taken = enrol(second, "web-1");
  ASSERT_TRUE(taken) << taken.error().to_string();
  ASSERT_TRUE(std::holds_alternative<EnrolmentPending>(*taken));
  EXPECT_EQ(std::get<EnrolmentPending>(*taken).why, "name is bound to another EK");
  const Result<EnrolmentOutcome> bad = enrol(second, "Not A Name");
  ASSERT_TRUE(bad);
  EXPECT_TRUE(std::holds_alternative<EnrolmentRefused>(*bad));
}

TEST_F(Door, AWrongSecretIsRefused) {
  const SoftTpm tpm;
  EnrolmentTpm liar = operations(tpm);
  liar.activate = [](ByteView, ByteView) { return Result<Bytes>(Bytes(32)); };
  EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key});
  const Result<EnrolmentOutcome> outcome = client.run(request(tpm, "web-1"), liar);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::holds_alternative<EnrolmentRefused>(*outcome));
  EXPECT_EQ(registrar.hosts.size(), 0U);
}

TEST_F(Door, AnotherServerKeyGetsNoAnswer) {
  const SoftTpm tpm;
  EnrolmentClient client(*context, *generate_key_pair(),
                         {door->endpoint(), generate_key_pair()->public_key},
                         {.reply_ms = 700, .attempts = 1});
  EXPECT_EQ(client.run(request(tpm, "web-1"), operations(tpm)).error().code, ErrorCode::kIo);
}

TEST_F(Door, AFailingTpmEndsTheEnrolment) {
  const SoftTpm tpm;
  EnrolmentTpm broken = operations(tpm);
  broken.quote = [](ByteView) { return Result<EnrolmentQuote>(Error{ErrorCode::kTpm, "quote"}); };
  EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key});
  EXPECT_EQ(client.run(request(tpm, "web-1"), broken).error().code, ErrorCode::kTpm);
}

TEST_F(Door, WhatIsNoEnrolmentIsAnsweredInTheDoor) {
  Socket socket = connect(*generate_key_pair());
  socket.send(encode_message({Role::kHost, 5, HelloMessage{}}));
  const std::optional<Message> hello = reply(socket);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->correlation, 5U);
  EXPECT_EQ(std::get<ErrorMessage>(hello->body).code, ErrorCode::kUnsupported);
  socket.send(Bytes(100, 0xFF));
  const std::optional<Message> garbage = reply(socket);
  ASSERT_TRUE(garbage);
  EXPECT_EQ(std::get<ErrorMessage>(garbage->body).code, ErrorCode::kMalformed);
  EXPECT_EQ(door->counters().requests, 0U);
}

TEST_F(Door, NonsenseInsideAnEnvelopeIsAnError) {
  Socket socket = connect(*generate_key_pair());
  Envelope envelope;
  envelope.kind = Kind::kProof;
  envelope.role = Role::kHost;
  socket.send(seal_frame(envelope, Bytes(50, 0xFF)));
  const std::optional<Message> answer = reply(socket);
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<ErrorMessage>(answer->body).code, ErrorCode::kMalformed);
  EXPECT_EQ(door->counters().malformed, 1U);
}

TEST_F(Door, MessagesOfOneClientAreBounded) {
  Socket socket = connect(*generate_key_pair());
  for (int i = 0; i < 300; ++i) {
    socket.send(encode_message({Role::kHost, 1, ProofMessage{Bytes(32), {}, {}}}));
  }
  ASSERT_TRUE(eventually([&] { return door->status().over_rate > 200; }));
  EXPECT_LT(door->counters().requests, 50U);
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(Door, AnEndpointInUseIsAnError) {
  EnrolmentDoorConfig config;
  config.endpoint = door->endpoint();
  config.secret_key = server.secret_key;
  config.command = {QUOTEMILL_DOOR_CHILD, "--enrolment-door"};
  const auto second = EnrolmentDoor::open(config, {}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_NE(second.error().to_string().find(config.endpoint), std::string::npos);
}

TEST_F(Door, AProgramThatIsNotThereIsAnError) {
  EnrolmentDoorConfig config;
  config.endpoint = "tcp://127.0.0.1:*";
  config.command = {"/no/such/program"};
  EXPECT_FALSE(EnrolmentDoor::open(config, {}, {}));
}

}  // namespace
}  // namespace quotemill::transport
