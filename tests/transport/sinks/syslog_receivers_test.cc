// The syslog sink against rsyslog, over each transport: what it parsed is what we said.
#include "tests/transport/sinks/rsyslog.h"

#include <csignal>

#include <gmock/gmock.h>

#include "tests/transport/sinks/tls_files.h"
#include "transport/sinks/syslog_sink.h"

namespace quotemill::transport {
namespace {

using ::testing::HasSubstr;
using testing::Rsyslog;
using testing::RsyslogSettings;
using ::testing::SizeIs;
using testing::SyslogMessage;
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

SyslogSinkOptions options_for(const Rsyslog& receiver, SyslogTransport transport) {
  SyslogSinkOptions options;
  options.transport = transport;
  options.receiver = {"127.0.0.1", std::to_string(receiver.port()),
                      std::chrono::milliseconds(3'000)};
  return options;
}

::testing::AssertionResult delivers(SyslogSink& sink, const std::vector<RenderedEvent>& events) {
  const Result<std::vector<Refusal>> done = sink.deliver(events);
  return done ? ::testing::AssertionSuccess()
              : ::testing::AssertionFailure() << done.error().to_string();
}

class RsyslogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Rsyslog::is_here()) {
      GTEST_SKIP() << "no rsyslogd: deploy/install-packages --tests";
    }
    std::signal(SIGPIPE, SIG_IGN);
  }

  // `driver` is "ossl" or "gtls".
  RsyslogSettings tls_settings(const std::string& driver) {
    return {"imtcp",
            "streamDriver.name=\"" + driver +
                "\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\"",
            "defaultNetstreamDriverCAFile=\"" + files_.ca() +
                "\" defaultNetstreamDriverCertFile=\"" + files_.certificate() +
                "\" defaultNetstreamDriverKeyFile=\"" + files_.key() + "\""};
  }

  static void expect_message(const SyslogMessage& message, std::uint64_t sequence) {
    EXPECT_EQ(message.priority, "107");
    EXPECT_EQ(message.host, "vfy-2.example");
    EXPECT_EQ(message.program, "quotemilld");
    EXPECT_EQ(message.message_id, "TRUST");
    EXPECT_THAT(message.structured_data, HasSubstr("seq=\"" + std::to_string(sequence) + "\""));
    EXPECT_THAT(message.text, HasSubstr("Host web-01 changed from trusted to failed"));
  }

  const TlsFiles files_;
};

TEST_F(RsyslogTest, ReadsWhatComesOverTcp) {
  Rsyslog receiver({"imtcp", "", ""});
  ASSERT_TRUE(receiver.start()) << receiver.output();
  SyslogSink sink(options_for(receiver, SyslogTransport::kTcp));
  ASSERT_TRUE(delivers(sink, {event(1), event(2)}));
  const std::vector<SyslogMessage> messages = receiver.received(2);
  ASSERT_THAT(messages, SizeIs(2));
  expect_message(messages[0], 1);
  expect_message(messages[1], 2);
}

TEST_F(RsyslogTest, ReadsWhatComesOverUdp) {
  Rsyslog receiver({"imudp", "", ""});
  ASSERT_TRUE(receiver.start()) << receiver.output();
  SyslogSink sink(options_for(receiver, SyslogTransport::kUdp));
  ASSERT_TRUE(delivers(sink, {event(1)}));
  const std::vector<SyslogMessage> messages = receiver.received(1);
  ASSERT_THAT(messages, SizeIs(1));
  expect_message(messages[0], 1);
}

TEST_F(RsyslogTest, ReadsAHostileNameAsOneValue) {
  Rsyslog receiver({"imtcp", "", ""});
  ASSERT_TRUE(receiver.start()) << receiver.output();
  SyslogSink sink(options_for(receiver, SyslogTransport::kTcp));
  ASSERT_TRUE(delivers(sink, {event(1, "a\"b]c\\d\n<0>1 - evil - - - -"), event(2)}));
  const std::vector<SyslogMessage> messages = receiver.received(2);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].message_id, "TRUST");
  EXPECT_EQ(messages[0].priority, "107");
  expect_message(messages[1], 2);
}

TEST_F(RsyslogTest, ReadsWhatComesOverTls) {
  for (const char* driver : {"ossl", "gtls"}) {
    Rsyslog receiver(tls_settings(driver));
    ASSERT_TRUE(receiver.start()) << receiver.output();
    SyslogSinkOptions options = options_for(receiver, SyslogTransport::kTls);
    options.tls.ca_file = files_.ca();
    SyslogSink sink(options);
    ASSERT_TRUE(delivers(sink, {event(1), event(2)})) << driver;
    const std::vector<SyslogMessage> messages = receiver.received(2);
    ASSERT_THAT(messages, SizeIs(2)) << driver << receiver.output();
    expect_message(messages[0], 1);
    expect_message(messages[1], 2);
  }
}

TEST_F(RsyslogTest, IsNotSpokenToIfItsCertificateIsWrong) {
  Rsyslog receiver(tls_settings("ossl"));
  ASSERT_TRUE(receiver.start()) << receiver.output();
  const TlsFiles strangers(true);
  SyslogSinkOptions options = options_for(receiver, SyslogTransport::kTls);
  const auto refusal = [&options] {
    SyslogSink sink(options);
    const auto done = sink.deliver(std::vector{event(1)});
    return done ? std::string("delivered") : done.error().to_string();
  };
  options.tls.ca_file = strangers.ca();
  EXPECT_THAT(refusal(), HasSubstr("its certificate is refused")) << "another CA's";
  options.tls.ca_file = files_.ca();
  options.tls.server_name = "siem.example";
  EXPECT_THAT(refusal(), HasSubstr("its certificate is refused: hostname mismatch"));
  EXPECT_THAT(receiver.received(0), SizeIs(0));
}

TEST_F(RsyslogTest, GetsTheUnconfirmedAgainAfterItWasKilled) {
  Rsyslog receiver(tls_settings("ossl"));
  ASSERT_TRUE(receiver.start()) << receiver.output();
  SyslogSinkOptions options = options_for(receiver, SyslogTransport::kTls);
  options.tls.ca_file = files_.ca();
  SyslogSink sink(options);
  ASSERT_TRUE(delivers(sink, {event(1)}));
  ASSERT_THAT(receiver.received(1), SizeIs(1));
  receiver.kill();
  EXPECT_FALSE(sink.deliver(std::vector{event(2)}));
  ASSERT_TRUE(receiver.start()) << receiver.output();
  ASSERT_TRUE(delivers(sink, {event(2)}));
  const std::vector<SyslogMessage> messages = receiver.received(3);
  ASSERT_THAT(messages, SizeIs(::testing::Ge(3U))) << "1, 1 again, 2";
  expect_message(messages[1], 1);
  expect_message(messages.back(), 2);
}

}  // namespace
}  // namespace quotemill::transport
