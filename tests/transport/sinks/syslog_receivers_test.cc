// The syslog sink against the daemons that are in the field, over each transport: what they parsed
// is what we said.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include "tests/transport/sinks/syslog_receiver.h"
#include "transport/sinks/sink_cause.h"

namespace quotemill::transport {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::SyslogMessage;
using testing::SyslogProgram;
using testing::SyslogReceiver;
using testing::SyslogReceiverSettings;
using testing::TlsFiles;

const EventSource kSource{"01K0ZJ6T3T0000000000000000", "vfy-2.example", "0.1.0", 812, 32473};

RenderedEvent event(std::uint64_t sequence, const std::string& name = "web-01") {
  Change change;
  change.sequence = sequence;
  change.host_name = name;
  change.time = {1'795'471'200'123};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  return render_event(EventFormat::kSyslog, kSource, change);
}

::testing::AssertionResult delivers(SyslogSink& sink, const std::vector<RenderedEvent>& events) {
  const Result<std::vector<Refusal>> done = sink.deliver(events);
  return done ? ::testing::AssertionSuccess()
              : ::testing::AssertionFailure() << done.error().to_string();
}

// What a sink with these options says when it is to deliver one event, and of which kind that is.
std::string refusal(const SyslogSinkOptions& options) {
  SyslogSink sink(options);
  const Result<std::vector<Refusal>> done = sink.deliver(std::vector{event(1)});
  return done ? "delivered"
              : std::string(name_of(cause_of(done.error()))) + ": " + done.error().to_string();
}

class SyslogReceivers : public ::testing::TestWithParam<SyslogProgram> {
 protected:
  void SetUp() override {
    if (!GetParam().is_here()) {
      GTEST_SKIP() << "no " << GetParam().name << ": deploy/install-packages --tests";
    }
    std::signal(SIGPIPE, SIG_IGN);
  }

  void start(SyslogTransport transport, bool demands_certificate = false) {
    receiver_ = GetParam().make({transport, &files_, demands_certificate});
    ASSERT_TRUE(receiver_->start()) << receiver_->output();
  }

  // What a sink needs to reach it, and to trust it.
  SyslogSinkOptions options() {
    SyslogSinkOptions options;
    options.transport = transport_;
    options.receiver = {"127.0.0.1", std::to_string(receiver_->port()),
                        std::chrono::milliseconds(3'000)};
    options.tls.ca_file = files_.ca();
    return options;
  }

  void expect_delivery(SyslogTransport transport) {
    transport_ = transport;
    start(transport);
    SyslogSink sink(options());
    ASSERT_TRUE(delivers(sink, {event(1), event(2)}));
    const std::vector<SyslogMessage> messages = receiver_->received(2);
    ASSERT_THAT(messages, SizeIs(2)) << receiver_->output();
    expect_message(messages[0], 1);
    expect_message(messages[1], 2);
  }

  static void expect_message(const SyslogMessage& message, std::uint64_t sequence) {
    EXPECT_EQ(message.priority, "107");
    EXPECT_EQ(message.host, "vfy-2.example");
    EXPECT_EQ(message.program, "quotemilld");
    EXPECT_EQ(message.message_id, "TRUST");
    EXPECT_THAT(message.structured_data, HasSubstr("seq=\"" + std::to_string(sequence) + "\""));
    EXPECT_THAT(message.text, HasSubstr("Host web-01 changed from trusted to failed"));
  }

  void expect_nothing_comes() {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_THAT(receiver_->received_now(), SizeIs(0));
  }

  // Sequences in the order of their first arrival.
  static std::vector<int> sequences(const std::vector<SyslogMessage>& messages) {
    std::vector<int> out;
    for (const SyslogMessage& message : messages) {
      const std::size_t at = message.structured_data.find(" seq=\"") + 6;
      const int sequence = std::stoi(message.structured_data.substr(at));
      if (std::find(out.begin(), out.end(), sequence) == out.end()) {
        out.push_back(sequence);
      }
    }
    return out;
  }

  // It is killed without a goodbye between any two messages, and started again.
  void expect_nothing_lost(SyslogTransport transport) {
    transport_ = transport;
    start(transport);
    SyslogSink sink(options());
    constexpr int kMessages = 9;
    std::vector<int> sent;
    std::vector<RenderedEvent> all;
    for (int sequence = 1; sequence <= kMessages; ++sequence) {
      all.push_back(event(static_cast<std::uint64_t>(sequence)));
      const std::vector one{all.back()};
      if (sequence % 3 == 0) {
        receiver_->kill();
        EXPECT_FALSE(sink.deliver(one)) << "nobody is there";
        ASSERT_TRUE(receiver_->start()) << receiver_->output();
      }
      // As a runner does it.
      ASSERT_TRUE(delivers(sink, sink.wants_again() ? all : one)) << sequence;
      sent.push_back(sequence);
    }
    for (int look = 0; look < 500 && sequences(receiver_->received_now()) != sent; ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(sequences(receiver_->received_now()), sent);
  }

  SyslogTransport transport_ = SyslogTransport::kTcp;
  const TlsFiles files_;
  std::unique_ptr<SyslogReceiver> receiver_;
};

TEST_P(SyslogReceivers, ReadWhatComesOverTcp) {
  expect_delivery(SyslogTransport::kTcp);
}

TEST_P(SyslogReceivers, ReadWhatComesOverUdp) {
  expect_delivery(SyslogTransport::kUdp);
}

TEST_P(SyslogReceivers, ReadWhatComesOverTls) {
  expect_delivery(SyslogTransport::kTls);
}

TEST_P(SyslogReceivers, ReadAHostileNameAsOneValue) {
  start(SyslogTransport::kTcp);
  SyslogSink sink(options());
  ASSERT_TRUE(delivers(sink, {event(1, "a\"b]c\\d\n<0>1 - evil - - - -"), event(2)}));
  const std::vector<SyslogMessage> messages = receiver_->received(2);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].message_id, "TRUST");
  EXPECT_EQ(messages[0].priority, "107");
  expect_message(messages[1], 2);
}

TEST_P(SyslogReceivers, AreNotSpokenToIfTheirCertificateIsWrong) {
  transport_ = SyslogTransport::kTls;
  start(transport_);
  const TlsFiles strangers(true);
  SyslogSinkOptions wrong = options();
  wrong.tls.ca_file = strangers.ca();
  EXPECT_THAT(refusal(wrong),
              ::testing::AllOf(StartsWith("tls: "), HasSubstr("its certificate is refused")))
      << "another CA's";
  wrong = options();
  wrong.tls.server_name = "siem.example";
  EXPECT_THAT(refusal(wrong), HasSubstr("its certificate is refused: hostname mismatch"));
  expect_nothing_comes();
}

TEST_P(SyslogReceivers, ThatDemandACertificateReadWhatComesWithOne) {
  transport_ = SyslogTransport::kTls;
  start(transport_, true);
  SyslogSinkOptions shown = options();
  shown.tls.certificate_file = files_.client_certificate();
  shown.tls.key_file = files_.client_key();
  SyslogSink sink(shown);
  ASSERT_TRUE(delivers(sink, {event(1), event(2)}));
  const std::vector<SyslogMessage> messages = receiver_->received(2);
  ASSERT_THAT(messages, SizeIs(2)) << receiver_->output();
  expect_message(messages[1], 2);
}

TEST_P(SyslogReceivers, ThatRefuseOurCertificateHaveNothingDelivered) {
  transport_ = SyslogTransport::kTls;
  start(transport_, true);
  EXPECT_NE(refusal(options()), "delivered") << "none is shown";
  const TlsFiles strangers;
  SyslogSinkOptions wrong = options();
  wrong.tls.certificate_file = strangers.client_certificate();
  wrong.tls.key_file = strangers.client_key();
  EXPECT_NE(refusal(wrong), "delivered") << "another CA's";
  expect_nothing_comes();
}

TEST_P(SyslogReceivers, ThatAreKilledAndStartedAgainLoseNothingOverTcp) {
  expect_nothing_lost(SyslogTransport::kTcp);
}

TEST_P(SyslogReceivers, ThatAreKilledAndStartedAgainLoseNothingOverTls) {
  expect_nothing_lost(SyslogTransport::kTls);
}

INSTANTIATE_TEST_SUITE_P(Programs, SyslogReceivers,
                         ::testing::Values(testing::rsyslog_with_openssl(),
                                           testing::rsyslog_with_gnutls(), testing::syslog_ng()),
                         [](const ::testing::TestParamInfo<SyslogProgram>& program) {
                           return std::string(program.param.name);
                         });

}  // namespace
}  // namespace quotemill::transport
