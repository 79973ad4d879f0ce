#include "transport/wire/message.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> filled(std::uint8_t value) {
  std::array<std::uint8_t, N> out{};
  out.fill(value);
  return out;
}

ChallengeMessage challenge() {
  return {
      filled<32>(7), 42, {{HashAlgorithm::kSha256, 0xFF}, {HashAlgorithm::kSha1, 0x400}}, 60000};
}

// One of every kind, every field set.
std::vector<MessageBody> samples() {
  return {
      EnrolMessage{"db-1", {1, 2}, {3, 4}, {5}, "token"},
      CredentialMessage{{1, 2, 3}, {4, 5}, filled<32>(9), 60'000},
      ProofMessage{Bytes(32, 1), {2, 3}, {4, 5}},
      EnrolledMessage{
          EnrolStatus::kAdmitted, {filled<16>(1)}, 3, "tcp://a:1", filled<32>(2), 0, "hi"},
      EnrolledMessage{EnrolStatus::kPending, {filled<16>(1)}, 1, "", std::nullopt, 5000, ""},
      EnrolledMessage{EnrolStatus::kDenied, {}, 0, "", std::nullopt, 0, "no"},
      HelloMessage{{filled<16>(1)}, 3, filled<16>(4), 41, "quotemill-agent/0.1.0"},
      challenge(),
      EvidenceMessage{{{1, 2, 3}, {}, {4}}},
      NeedMessage{42, LogKind::kBoot, limits::kBootLogSizeMax},
      LogsMessage{42, LogKind::kBoot, 10, 4, {1, 2, 3}},
      ReceiptMessage{{1, 2, 3, 4}},
      BusyMessage{1500},
      ErrorMessage{ErrorCode::kExpired, "answers no open challenge", challenge()},
      ErrorMessage{ErrorCode::kDenied, "no", std::nullopt},
  };
}

Bytes frame_of(MessageBody body) {
  return encode_message({Role::kHost, 77, std::move(body)});
}

TEST(Message, RoundTripsEveryKind) {
  for (const MessageBody& body : samples()) {
    const Result<Message> decoded = decode_message(frame_of(body));
    ASSERT_TRUE(decoded) << name_of(kind_of(body)) << ": " << decoded.error().to_string();
    EXPECT_EQ(decoded->role, Role::kHost);
    EXPECT_EQ(decoded->correlation, 77U);
    EXPECT_EQ(decoded->body, body) << name_of(kind_of(body));
  }
}

TEST(Message, RefusesEveryTruncation) {
  for (const MessageBody& body : samples()) {
    const Bytes frame = frame_of(body);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(decode_message(ByteView(frame).first(size))) << name_of(kind_of(body)) << size;
    }
  }
}

// The body ends early, and the envelope agrees with it: decoded or refused, never a crash, and what
// is decoded encodes again.
TEST(Message, SurvivesBodiesCutAtEveryByte) {
  for (const MessageBody& body : samples()) {
    const Bytes frame = frame_of(body);
    for (std::size_t size = kEnvelopeSize; size < frame.size(); ++size) {
      Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
      cut[16] = static_cast<std::uint8_t>((size - kEnvelopeSize) & 0xFFU);
      cut[17] = static_cast<std::uint8_t>((size - kEnvelopeSize) >> 8U);
      const Result<Message> decoded = decode_message(cut);
      if (decoded) {
        EXPECT_TRUE(decode_message(encode_message(*decoded)));
      }
    }
  }
}

TEST(Message, SurvivesEveryByteFlipped) {
  for (const MessageBody& body : samples()) {
    const Bytes frame = frame_of(body);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      for (const unsigned bit : {0x01U, 0x80U, 0xFFU}) {
        Bytes flipped = frame;
        flipped[i] = static_cast<std::uint8_t>(flipped[i] ^ bit);
        const Result<Message> decoded = decode_message(flipped);
        if (decoded) {
          EXPECT_TRUE(decode_message(encode_message(*decoded)));
        }
      }
    }
  }
}

TEST(Message, EvidenceHasTheDocumentedLayout) {
  const Bytes frame = frame_of(EvidenceMessage{{{0xAA, 0xBB}, {0xCC}}});
  EXPECT_EQ(frame[10], 2U);
  EXPECT_EQ(to_hex(ByteView(frame).subspan(kEnvelopeSize)), "02000000aabb01000000cc");
}

TEST(Message, RefusesEvidenceWhoseItemsAreNotItsCount) {
  Bytes frame = frame_of(EvidenceMessage{{{1}, {2}}});
  frame[10] = 0;
  EXPECT_FALSE(decode_message(frame));
  frame[10] = 1;
  EXPECT_EQ(decode_message(frame).error().code, ErrorCode::kTrailing);
  frame[10] = 3;
  EXPECT_EQ(decode_message(frame).error().code, ErrorCode::kTruncated);
}

TEST(Message, RefusesAnItemLongerThanTheBody) {
  Bytes frame = frame_of(EvidenceMessage{{{1, 2, 3}}});
  frame[kEnvelopeSize + 3] = 0xFF;  // 4 GB in 7 bytes
  EXPECT_FALSE(decode_message(frame));
}

const Error& refusal(const Result<Message>& result) {
  static const Error none{};
  return result ? none : result.error();
}

TEST(Message, RefusesFieldsAboveTheirBound) {
  struct Case {
    MessageBody body;
    const char* context;
  };

  const Case cases[] = {
      {EnrolMessage{std::string(limits::kHostNameSizeMax + 1, 'a'), {}, {}, {}, ""}, "enrol.name"},
      {EnrolMessage{"a", Bytes(limits::kCertificateSizeMax + 1), {}, {}, ""},
       "enrol.ek_certificate"},
      {EnrolMessage{"a", {}, Bytes(limits::kPublicSizeMax + 1), {}, ""}, "enrol.ek_public"},
      {EnrolMessage{"a", {}, {}, Bytes(limits::kPublicSizeMax + 1), ""}, "enrol.ak_public"},
      {EnrolMessage{"a", {}, {}, {}, std::string(limits::kTokenSizeMax + 1, 't')}, "enrol.token"},
      {CredentialMessage{Bytes(limits::kCredentialSizeMax + 1), {}, {}, 0}, "credential.id_object"},
      {CredentialMessage{{}, Bytes(limits::kCredentialSizeMax + 1), {}, 0},
       "credential.encrypted_secret"},
      {ProofMessage{Bytes(31), {}, {}}, "proof.hmac"},
      {ProofMessage{Bytes(32), Bytes(limits::kAttestSizeMax + 1), {}}, "proof.attest"},
      {ProofMessage{Bytes(32), {}, Bytes(limits::kSignatureSizeMax + 1)}, "proof.signature"},
      {HelloMessage{{}, 1, {}, 0, std::string(limits::kFactSizeMax + 1, 'a')}, "hello.agent"},
      {LogsMessage{1, LogKind::kBoot, limits::kBootLogSizeMax + 1, 0, {1}}, "logs.total_bytes"},
      {LogsMessage{1, LogKind::kBoot, 3, 1, {1, 2, 3}}, "logs.offset"},
      {LogsMessage{1, LogKind::kBoot, 3, 4, {}}, "logs.offset"},
      {ChallengeMessage{{}, 1, {}, 1}, "challenge.selections"},
      {ChallengeMessage{{}, 1, {{HashAlgorithm::kSha256, 0}}, 1}, "challenge.mask"},
      {ChallengeMessage{{}, 1, {{HashAlgorithm::kSha256, 1U << 24U}}, 1}, "challenge.mask"},
      {ErrorMessage{ErrorCode::kExpired, "", ChallengeMessage{{}, 1, {}, 1}},
       "challenge.selections"},
  };
  for (const Case& one : cases) {
    const Result<Message> decoded = decode_message(frame_of(one.body));
    ASSERT_FALSE(decoded) << one.context;
    EXPECT_STREQ(refusal(decoded).context, one.context);
  }
}

TEST(Message, RefusesAHelloWithoutIdentity) {
  Envelope envelope;
  envelope.kind = Kind::kHello;
  envelope.role = Role::kHost;
  EXPECT_STREQ(refusal(decode_message(seal_frame(envelope, {}))).context, "hello.uid");
}

TEST(Message, RefusesABodyThatIsNoProtocolBuffer) {
  Envelope envelope;
  envelope.kind = Kind::kHello;
  EXPECT_EQ(refusal(decode_message(seal_frame(envelope, Bytes(5, 0xFF)))).code,
            ErrorCode::kMalformed);
}

TEST(Message, CutsTextsForPeopleRatherThanSendingThemWhole) {
  const Bytes frame =
      frame_of(ErrorMessage{ErrorCode::kDenied, std::string(5000, 'x'), std::nullopt});
  const Result<Message> decoded = decode_message(frame);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ErrorMessage>(decoded->body).message.size(), 1024U);
}

TEST(Message, TellsTheCorrelationOfABrokenFrame) {
  Bytes frame = frame_of(BusyMessage{1});
  frame[7] = 99;
  EXPECT_FALSE(decode_message(frame));
  EXPECT_EQ(correlation_of(frame), 77U);
  EXPECT_EQ(correlation_of(ByteView(frame).first(20)), 0U);
}

TEST(Message, OurOwnFaultsTravelAsInternal) {
  for (const ErrorCode code : {ErrorCode::kStorage, ErrorCode::kIo, ErrorCode::kCrypto}) {
    const Result<Message> decoded = decode_message(frame_of(ErrorMessage{code, "", std::nullopt}));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<ErrorMessage>(decoded->body).code, ErrorCode::kInternal);
  }
}

}  // namespace
}  // namespace quotemill::transport
