// An enrolled host with a real TPM that sends frames, messages and logs no agent would. After each
// there is an answer, a line in the log with the host's name and a counter, and no state changes
// but by a verdict; the daemon and the honest host go on.
#include <algorithm>

#include "engine/eventlog/boot_log.h"
#include "tests/integration/hostile_fixture.h"
#include "transport/wire/envelope.h"

namespace quotemill {
namespace {

using std::chrono::milliseconds;
using testing::has_finding;
using testing::HostileTest;
using testing::kFailedOnWire;
using testing::kHostile;
using testing::kTrustedOnWire;
using testing::worst_code;
using transport::Json;
using transport::Role;

// --- Frames that are no message: an Error, a counter, nothing changes ----------------------------

struct BadFrame {
  const char* what;
  std::function<void(Bytes&)> change;  // of an honest HELLO
  const char* error;
  const char* told;
};

std::function<void(Bytes&)> byte_set(std::size_t at, std::uint8_t value) {
  return [=](Bytes& frame) { frame.at(at) = value; };
}

std::vector<BadFrame> bad_frames() {
  const auto cut = [](std::size_t size) { return [=](Bytes& frame) { frame.resize(size); }; };
  const auto longer_by = [](int bytes) {
    return [=](Bytes& frame) { frame.resize(frame.size() + static_cast<std::size_t>(bytes)); };
  };
  return {
      {"no envelope", cut(5), "malformed", "envelope: truncated"},
      {"an empty frame", cut(0), "malformed", "envelope: truncated"},
      {"another magic", byte_set(0, 'X'), "malformed", "envelope.magic"},
      {"an unknown version", byte_set(4, 9), "unsupported", "envelope.version:"},
      {"a range without the version", byte_set(5, 3), "malformed", "envelope.version_range"},
      {"an unknown kind", byte_set(7, 99), "unsupported", "envelope.kind"},
      {"an unknown role", byte_set(8, 7), "unsupported", "envelope.role"},
      {"the server's role", byte_set(8, 0), "unsupported", "only hosts are served"},
      {"a gateway's role", byte_set(8, 2), "unsupported", "only hosts are served"},
      {"a reserved byte", byte_set(9, 1), "malformed", "envelope.reserved"},
      {"items beside EVIDENCE", byte_set(10, 1), "malformed", "envelope.items"},
      {"a header", byte_set(12, 1), "unsupported", "envelope.header"},
      {"a reserved word", byte_set(31, 1), "malformed", "envelope.reserved"},
      {"a byte less", longer_by(-1), "malformed", "message body: truncated"},
      {"a byte more", longer_by(1), "malformed", "message body: trailing_bytes"},
      {"a length of 4 GB", [](Bytes& frame) { std::fill_n(frame.begin() + 16, 4, 0xFF); },
       "malformed", "message body: truncated"},
      {"a body that is no Protocol Buffers",
       [](Bytes& frame) { std::fill(frame.begin() + transport::kEnvelopeSize, frame.end(), 0xFF); },
       "malformed", "hello: malformed"},
  };
}

TEST_F(HostileTest, FramesThatAreNoMessageGetAnErrorAndChangeNothing) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  const auto refused = [&] { return attest_counter("malformed") + attest_counter("unsupported"); };
  for (const BadFrame& row : bad_frames()) {
    SCOPED_TRACE(row.what);
    const std::uint64_t counted = refused();
    Bytes frame = transport::encode_message({Role::kHost, 77, host_->hello_message()});
    row.change(frame);
    ASSERT_TRUE(host_->send_frame(frame));
    EXPECT_EQ(host_->receive_error(), row.error);
    EXPECT_EQ(refused(), counted + 1);
    EXPECT_TRUE(is_told(row.told));
    EXPECT_EQ(hostile_state(), before);
  }
  EXPECT_EQ(host_->attest().state, kTrustedOnWire) << "its connection is as good as before";
}

TEST_F(HostileTest, MessagesOfOtherConversationsAreRefused) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  const std::vector<transport::MessageBody> bodies = {
      transport::EnrolMessage{kHostile, {}, Bytes(64), Bytes(64), {}},
      transport::EnrolledMessage{},
      transport::ReceiptMessage{Bytes(80)},
      transport::BusyMessage{5},
      transport::ErrorMessage{ErrorCode::kBusy, "no", {}},
      transport::NeedMessage{1, transport::LogKind::kBoot, 10},
  };
  for (const transport::MessageBody& body : bodies) {
    SCOPED_TRACE(name_of(kind_of(body)));
    ASSERT_TRUE(host_->send(body));
    EXPECT_EQ(host_->receive_error(), "unsupported");
    EXPECT_TRUE(is_told("is not for this endpoint"));
  }
  EXPECT_EQ(attest_counter("unsupported"), bodies.size());
  EXPECT_EQ(hostile_state(), before);
}

TEST_F(HostileTest, FramesBeyondTheBoundAreRefused) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  const Json before = hostile_state();
  // libzmq's bound leaves room for what CURVE adds; the envelope's is exact.
  ASSERT_TRUE(host_->send_frame(Bytes(limits::kMessageSizeMax + 1, 0x51)));
  EXPECT_EQ(host_->receive_error(), "too_large");
  EXPECT_TRUE(is_told("too_large"));
  ASSERT_TRUE(host_->send_frame(Bytes(2 * limits::kMessageSizeMax, 0x51)));
  EXPECT_FALSE(host_->receive(milliseconds(500)));
  EXPECT_EQ(attest_counter("malformed"), 1U) << "it did not even arrive";
  EXPECT_EQ(hostile_state(), before);
  host_->connect();
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
}

// --- Logs ----------------------------------------------------------------------------------------

// Flips a bit of the last event's SHA-256 digest.
void change_a_digest(Bytes& log) {
  const BootLogReading reading = read_boot_log(log);
  const ByteView digest = reading.log.events.back().digest(HashAlgorithm::kSha256);
  const auto found = std::search(log.begin(), log.end(), digest.begin(), digest.end());
  ASSERT_NE(found, log.end());
  *found ^= 1U;
}

struct BadLog {
  const char* what;
  std::function<void(Bytes&)> change;
  const char* finding;
};

TEST_F(HostileTest, LogsThatDoNotExplainTheQuoteFail) {
  const std::vector<BadLog> rows = {
      {"another digest", change_a_digest, "log.mismatch"},
      {"the last event gone", [](Bytes& log) { log.resize(log.size() - 3); }, "log.malformed"},
      {"nothing but noise", [](Bytes& log) { log = Bytes(100'000, 0xA5); }, "log.malformed"},
      {"one byte", [](Bytes& log) { log = Bytes(1, 0); }, "log.malformed"},
      {"another machine's boot",
       [](Bytes& log) {
         bench::MeasuredBootModel model;
         model.boot_loader = "15.8-2";
         log = bench::write_boot_log(model);
       },
       "log.mismatch"},
  };
  std::uint64_t failed = 0;
  for (const BadLog& row : rows) {
    SCOPED_TRACE(row.what);
    const transport::ChallengeMessage challenge = host_->hello();
    ASSERT_TRUE(host_->send_evidence(host_->quote(challenge).seal()));
    host_->receive_a<transport::NeedMessage>();
    Bytes log = host_->boot_log();
    row.change(log);
    ASSERT_TRUE(host_->send_log(challenge.sequence, log));
    const Receipt receipt = host_->receive_receipt();
    EXPECT_EQ(receipt.state, kFailedOnWire);
    EXPECT_EQ(worst_code(receipt), row.finding);
    EXPECT_TRUE(has_finding(daemon_.host(kHostile), row.finding));
    EXPECT_EQ(daemon_.counter("pipeline", "verdicts", "failed"), ++failed);
  }
  EXPECT_TRUE(is_told(rows.front().finding)) << "the change of trust";
  EXPECT_EQ(host_->attest().state, kTrustedOnWire) << "the honest log explains it";
}

class ImpatientDaemon : public HostileTest {
 protected:
  ImpatientDaemon() : HostileTest("1s") {}
};

TEST_F(ImpatientDaemon, AWithheldLogFails) {
  const transport::ChallengeMessage challenge = host_->hello();
  ASSERT_TRUE(host_->send_evidence(host_->quote(challenge).seal()));
  host_->receive_a<transport::NeedMessage>();
  const Receipt receipt = host_->receive_receipt();
  EXPECT_EQ(receipt.state, kFailedOnWire);
  EXPECT_EQ(worst_code(receipt), "log.withheld");
  EXPECT_EQ(attest_counter("log_withheld"), 1U);
  EXPECT_TRUE(is_told("did not come in time"));
}

TEST_F(HostileTest, SegmentsOutOfTurnAreRefusedAndTheRightOnesTaken) {
  const auto segment = [](std::uint64_t sequence, std::uint64_t total, std::uint64_t offset) {
    transport::LogsMessage message;
    message.sequence = sequence;
    message.total_bytes = total;
    message.offset = offset;
    message.segment = Bytes(16, 0x33);
    return message;
  };
  const auto expect_refused = [&](const transport::LogsMessage& message, const char* error,
                                  const char* told) {
    EXPECT_TRUE(host_->send(message));
    EXPECT_EQ(host_->receive_error(), error);
    EXPECT_TRUE(is_told(told));
  };
  expect_refused(segment(1, 100, 0), "expired", "no log was asked for");
  const transport::ChallengeMessage challenge = host_->hello();
  ASSERT_TRUE(host_->send_evidence(host_->quote(challenge).seal()));
  host_->receive_a<transport::NeedMessage>();
  const std::uint64_t asked = challenge.sequence;
  expect_refused(segment(asked + 1, 100, 0), "expired", "no log was asked for");
  expect_refused(segment(asked, 100, 32), "mismatch", "logs.offset");
  ASSERT_TRUE(host_->send(segment(asked, 100, 0)));
  expect_refused(segment(asked, 200, 16), "mismatch", "logs.offset");
  EXPECT_EQ(attest_counter("log_refused"), 4U);
  expect_refused(segment(asked, 8, 0), "malformed", "logs.offset");
  expect_refused(segment(asked, limits::kBootLogSizeMax + 1, 0), "too_large", "logs.total_bytes");
  EXPECT_EQ(attest_counter("malformed"), 2U);
  ASSERT_TRUE(host_->send_log(asked, host_->boot_log()));
  EXPECT_EQ(host_->receive_receipt().state, kTrustedOnWire);
}

}  // namespace
}  // namespace quotemill
