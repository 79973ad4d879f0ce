// Why an HTTP receiver did not get its events, as the metric counts it.
#include <csignal>

#include <gmock/gmock.h>

#include "tests/transport/sinks/http_sinks.h"
#include "tests/transport/sinks/sample_events.h"
#include "transport/sinks/sink_cause.h"

namespace quotemill::transport {
namespace {

using testing::HttpFault;
using testing::HttpReply;
using testing::HttpTestReceiver;
using testing::TlsFiles;

std::string_view cause(const Result<std::vector<Refusal>>& done) {
  return done ? "delivered" : name_of(cause_of(done.error()));
}

class HttpCauses : public ::testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

TEST_F(HttpCauses, OfAFailureIsItsKind) {
  const std::vector<std::pair<HttpReply, std::string_view>> replies = {
      {{429, "", "Retry-After: 7"}, "busy"},
      {{503}, "busy"},
      {{401}, "denied"},
      {{404}, "denied"},
      {{301}, "denied"},
      {{500}, "answer"},
      {{408}, "answer"},
      {{200, "", "", HttpFault::kReset}, "io"},
      {{200, "long", "", HttpFault::kHalf}, "io"},
      {{200, "", "", HttpFault::kSilent}, "timeout"}};
  for (const auto& [reply, kind] : replies) {
    HttpTestReceiver receiver(always(reply));
    EXPECT_EQ(cause(webhook(receiver).deliver(events_of({"1"}))), kind)
        << reply.status << " " << static_cast<int>(reply.fault);
  }
  for (const char* url : {"http://127.0.0.1:9/", "http://no-such-host.invalid/"}) {
    HttpReceiver nobody;
    nobody.url = url;
    EXPECT_EQ(cause(HttpSink(nobody, make_webhook_dialect({})).deliver(events_of({"1"}))),
              "unreachable");
  }
}

TEST_F(HttpCauses, OfAnAnswerIsWhatItSaysOfItself) {
  for (const auto& [status, kind] : std::vector<std::pair<std::string, std::string_view>>{
           {"429", "busy"}, {"403", "denied"}, {"500", "answer"}}) {
    HttpTestReceiver partial(always({200, R"({"items":[{"create":{"status":)" + status + "}}]}"}));
    EXPECT_EQ(cause(elastic(partial).deliver(events_of({"1"}))), kind);
  }
  HttpTestReceiver page(always({200, "<html>"}));
  EXPECT_EQ(cause(elastic(page).deliver(events_of({"1"}))), "answer");
  EXPECT_EQ(cause(HttpSink(to(page), make_splunk_dialect({})).deliver(events_of({"1"}))), "answer");
}

TEST_F(HttpCauses, OfACertificateThatIsRefusedIsTls) {
  const TlsFiles files;
  const TlsFiles others;
  HttpTestReceiver receiver(always({}), &files);
  HttpReceiver target = to(receiver);
  target.tls.ca_file = others.ca();
  EXPECT_EQ(cause(HttpSink(target, make_webhook_dialect({})).deliver(events_of({"1"}))), "tls");
}

}  // namespace
}  // namespace quotemill::transport
