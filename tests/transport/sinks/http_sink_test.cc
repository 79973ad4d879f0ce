#include "transport/sinks/http_sink.h"

#include <csignal>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "tests/transport/sinks/http_sinks.h"
#include "tests/transport/sinks/sample_events.h"
#include "transport/render/json.h"
#include "transport/sinks/base64.h"

namespace quotemill::transport {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Ge;
using ::testing::HasSubstr;
using testing::HttpFault;
using testing::HttpReply;
using testing::HttpRequestSeen;
using testing::HttpTestReceiver;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TlsFiles;

class HttpSinkTest : public ::testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

TEST_F(HttpSinkTest, PostsABatchOfCloudEventsSigned) {
  HttpTestReceiver receiver(always({}));
  HttpSink sink = webhook(receiver, {WebhookMode::kBatch, "a secret", "Bearer t"});
  ASSERT_THAT(*sink.deliver(events_of({"{\"a\":1}", "{\"b\":2}"})), IsEmpty());
  const auto requests = receiver.requests();
  ASSERT_THAT(requests, SizeIs(1));
  HttpRequestSeen request = requests[0];
  EXPECT_EQ(request.target, "/in");
  EXPECT_EQ(request.body, "[{\"a\":1},{\"b\":2}]");
  EXPECT_EQ(request.headers["content-type"], "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(request.headers["authorization"], "Bearer t");
  EXPECT_EQ(request.headers["webhook-id"], "id-{\"a\":1}");
  const std::string signed_text = request.headers["webhook-id"] + "." +
                                  request.headers["webhook-timestamp"] + "." + request.body;
  const std::string secret = "a secret";
  EXPECT_EQ(request.headers["webhook-signature"],
            "v1," + base64(hmac_sha256(as_bytes(secret), as_bytes(signed_text)).view()));
}

TEST_F(HttpSinkTest, PostsEachEventAloneInTheOtherModes) {
  HttpTestReceiver receiver(always({204, ""}));
  HttpSink structured = webhook(receiver, {WebhookMode::kStructured, "", ""});
  ASSERT_TRUE(structured.deliver(events_of({"1", "2"})));
  std::vector<RenderedEvent> events = events_of({"3"});
  events[0].attributes = {{"id", "x"}, {"subject", "a \"b\"%\xC3\xA4"}, {"datacontenttype", "a/b"}};
  HttpSink binary = webhook(receiver, {WebhookMode::kBinary, "", ""});
  ASSERT_TRUE(binary.deliver(events));
  auto requests = receiver.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[1].body, "2");
  EXPECT_THAT(requests[1].headers["content-type"], HasSubstr("application/cloudevents+json"));
  EXPECT_EQ(requests[2].headers["ce-subject"], "a%20%22b%22%25%C3%A4");
  EXPECT_EQ(requests[2].headers["content-type"], "a/b");
  EXPECT_EQ(requests[2].headers.count("webhook-signature"), 0U);
}

TEST_F(HttpSinkTest, PutsEventsIntoSplunksEnvelope) {
  HttpTestReceiver receiver(always({200, R"({"text":"Success","code":0})"}));
  HttpSink sink(to(receiver), make_splunk_dialect({"t0ken", "security", "quotemill:trust", true}));
  ASSERT_TRUE(sink.deliver(events_of({"{\"a\":1}", "{\"b\":2}"})));
  auto requests = receiver.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].headers["authorization"], "Splunk t0ken");
  const std::string first = requests[0].body.substr(0, requests[0].body.find('\n'));
  const std::optional<Json> envelope = parse_json(first);
  ASSERT_TRUE(envelope) << first;
  EXPECT_EQ(envelope->at("event").at("a"), 1);
  EXPECT_EQ(envelope->at("index"), "security");
  EXPECT_EQ(envelope->at("fields").at("event_id"), "id-{\"a\":1}");
  EXPECT_EQ(envelope->at("time"), 1'795'471'200.123);
}

TEST_F(HttpSinkTest, ATokenThatSplunkDoesNotTakeRefusesNoEvent) {
  HttpTestReceiver receiver(in_turn({{403, R"({"text":"Invalid token","code":4})"},
                                     {400, R"({"text":"Incorrect index","code":7})"},
                                     {400, R"({"text":"Invalid data format","code":6})"}}));
  HttpSink sink(to(receiver), make_splunk_dialect({}));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("Invalid token"));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("Incorrect index"));
  EXPECT_THAT(*sink.deliver(events_of({"1"})), SizeIs(1));
}

TEST_F(HttpSinkTest, ReadsWhatElasticSaysOfEachEvent) {
  HttpTestReceiver receiver(always({200, R"({"errors":true,"items":[
      {"create":{"_id":"a","status":201}},
      {"create":{"_id":"b","status":409,"error":{"type":"version_conflict_engine_exception"}}},
      {"create":{"_id":"c","status":400,"error":{"type":"mapper_parsing_exception"}}}]})"}));
  HttpSink sink = elastic(receiver);
  const auto refused = sink.deliver(events_of({"{}", "{ }", "{  }"}));
  ASSERT_TRUE(refused) << reason(refused);
  ASSERT_THAT(*refused, SizeIs(1));
  EXPECT_EQ(refused->front().index, 2U);
  EXPECT_THAT(refused->front().reason, HasSubstr("mapper_parsing_exception"));
  auto requests = receiver.requests();
  EXPECT_EQ(requests[0].headers["authorization"], "ApiKey a2V5");
  EXPECT_THAT(requests[0].body,
              HasSubstr("{\"create\":{\"_index\":\"logs-test\",\"_id\":\"id-{}\"}}\n{}\n"));
}

TEST_F(HttpSinkTest, GivesAgainWhatElasticPutsOff) {
  HttpTestReceiver receiver(
      in_turn({{200, R"({"items":[{"create":{"status":201}},{"create":{"status":429}}]})"},
               {200, R"({"items":[{"create":{"status":409}},{"create":{"status":201}}]})"},
               {200, R"({"items":[{"create":{"status":201}}]})"},
               {200, "<html>"},
               {200, R"({"items":[{"create":{}},{}]})"}}));
  HttpSink sink = elastic(receiver);
  EXPECT_THAT(reason(sink.deliver(events_of({"1", "2"}))), HasSubstr("status 429"));
  EXPECT_THAT(*sink.deliver(events_of({"1", "2"})), IsEmpty());
  EXPECT_THAT(reason(sink.deliver(events_of({"1", "2"}))), HasSubstr("1 items for 2 events"));
  EXPECT_THAT(reason(sink.deliver(events_of({"1", "2"}))), HasSubstr("no items"));
  EXPECT_THAT(reason(sink.deliver(events_of({"1", "2"}))), HasSubstr("without a status"));
}

TEST_F(HttpSinkTest, FindsTheEventThatIsRefusedAmongMany) {
  HttpTestReceiver receiver([](const HttpRequestSeen& request) {
    return request.body.find("bad") == std::string::npos ? HttpReply{} : HttpReply{422, "\x1B[no"};
  });
  HttpSink sink = webhook(receiver);
  std::vector<std::string> bodies;
  for (int i = 0; i < 100; ++i) {
    const bool is_bad = i == 0 || i == 57 || i == 99;
    bodies.push_back((is_bad ? "\"bad " : "\"good ") + std::to_string(i) + "\"");
  }
  const auto refused = sink.deliver(events_of(bodies));
  ASSERT_TRUE(refused) << reason(refused);
  EXPECT_THAT(*refused, ElementsAre(Field(&Refusal::index, 0), Field(&Refusal::index, 57),
                                    Field(&Refusal::index, 99)));
  EXPECT_EQ(refused->front().reason, "it answered 422: \\x1b[no");
  std::size_t arrived = 0;
  for (const HttpRequestSeen& request : receiver.requests()) {
    if (request.body.find("bad") == std::string::npos) {
      arrived +=
          static_cast<std::size_t>(std::count(request.body.begin(), request.body.end(), 'g'));
    }
  }
  EXPECT_EQ(arrived, 97U) << "each good one once";
}

TEST_F(HttpSinkTest, ComesAgainWhenTheReceiverWants) {
  HttpTestReceiver receiver(
      in_turn({{429, "", "Retry-After: 7"}, {503, "busy"}, {500}, {301, "", "Location: /x"}, {}}));
  HttpSink sink = webhook(receiver);
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("it answered 429"));
  EXPECT_EQ(sink.asked_pause(), std::chrono::seconds(7));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("it answered 503: busy"));
  EXPECT_EQ(sink.asked_pause(), std::chrono::seconds(0));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("it answered 500"));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("it answered 301"))
      << "no redirects: a token goes nowhere else";
  EXPECT_TRUE(sink.deliver(events_of({"1"})));
}

// So many requests in a window, and no more: what it took it is not given again.
TEST_F(HttpSinkTest, GetsOnWithAReceiverThatTakesSoManyRequests) {
  constexpr int kQuota = 40;
  int taken = 0;
  HttpTestReceiver receiver([&taken](const HttpRequestSeen&) {
    return ++taken % (kQuota + 1) == 0 ? HttpReply{429, "", "Retry-After: 1"} : HttpReply{};
  });
  HttpSink sink = webhook(receiver, {WebhookMode::kStructured, "", ""});
  std::vector<std::string> bodies;
  for (int i = 0; i < 100; ++i) {
    bodies.push_back(std::to_string(i));
  }
  EXPECT_FALSE(sink.deliver(events_of(bodies)));
  EXPECT_TRUE(sink.made_headway());
  bodies.emplace_back("100");  // one more came meanwhile
  EXPECT_FALSE(sink.deliver(events_of(bodies)));
  const auto refused = sink.deliver(events_of(bodies));
  ASSERT_TRUE(refused) << reason(refused);
  EXPECT_THAT(*refused, IsEmpty());
  EXPECT_THAT(receiver.requests(), SizeIs(101 + 2)) << "each once, and the two that were put off";
  EXPECT_TRUE(sink.deliver(events_of({"0"})));
  EXPECT_THAT(receiver.requests(), SizeIs(104)) << "what is given anew is sent anew";
}

TEST_F(HttpSinkTest, RemembersWhatWasRefusedBeforeItFailed) {
  HttpTestReceiver receiver(in_turn({{422, "no"}, {500}, {}}));
  HttpSink sink = webhook(receiver, {WebhookMode::kStructured, "", ""});
  EXPECT_FALSE(sink.deliver(events_of({"1", "2"})));
  const auto refused = sink.deliver(events_of({"1", "2"}));
  ASSERT_TRUE(refused) << reason(refused);
  ASSERT_THAT(*refused, SizeIs(1));
  EXPECT_EQ(refused->front().index, 0U);
  EXPECT_EQ(refused->front().reason, "it answered 422: no");
  EXPECT_THAT(receiver.requests(), SizeIs(3));
}

TEST_F(HttpSinkTest, EndsSoonWhenItIsInterrupted) {
  HttpSink* interrupted = nullptr;
  HttpTestReceiver receiver([&interrupted](const HttpRequestSeen&) {
    interrupted->interrupt();
    return HttpReply{};
  });
  HttpSink sink = webhook(receiver, {WebhookMode::kStructured, "", ""});
  interrupted = &sink;
  EXPECT_FALSE(sink.deliver(events_of({"1", "2", "3"})));
  EXPECT_THAT(receiver.requests(), SizeIs(1));
}

TEST_F(HttpSinkTest, AMistakeThatElasticSaysOfEachEventRefusesNone) {
  for (const int status : {401, 403, 404, 408, 429, 500, 302}) {
    HttpTestReceiver receiver(
        always({200, R"({"errors":true,"items":[{"create":{"status":)" + std::to_string(status) +
                         R"(,"error":{"type":"security_exception"}}}]})"}));
    HttpSink sink = elastic(receiver);
    EXPECT_THAT(reason(sink.deliver(events_of({"1"}))),
                AllOf(HasSubstr("puts an event off with status " + std::to_string(status)),
                      HasSubstr("security_exception")));
  }
}

TEST_F(HttpSinkTest, APageThatIsNoCollectorsIsNoDeliveryToSplunk) {
  HttpTestReceiver receiver(in_turn({{200, "<html>It works!</html>"},
                                     {200, "{}"},
                                     {200, R"({"text":"Server is busy","code":9})"},
                                     {200, R"({"text":"Success","code":0})"}}));
  HttpSink sink(to(receiver), make_splunk_dialect({}));
  for (int page = 0; page < 3; ++page) {
    EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), HasSubstr("not the one of a collector"));
  }
  EXPECT_EQ(reason(sink.deliver(events_of({"1"}))), "delivered");
}

// Of Slack, Teams or Azure the address itself is what one must know.
TEST_F(HttpSinkTest, SaysNothingOfAnAddressButItsPlace) {
  const std::string path = "/services/T0123ABCD/s3cretOfSlack?sig=s3cretOfAzure";
  HttpTestReceiver receiver(in_turn({{404, "Cannot POST " + path},
                                     {422, "{\"hook\":\"s3cretOfSlack\"}"},
                                     {200, "", "", HttpFault::kReset}}));
  HttpReceiver target = to(receiver);
  target.url = receiver.url(path);
  HttpSink sink(target, make_webhook_dialect({}));
  const auto is_harmless = AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("T0123ABCD")));
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))),
              AllOf(is_harmless, HasSubstr("http://"), HasSubstr("it answered 404: Cannot POST")));
  EXPECT_THAT(sink.deliver(events_of({"1"}))->front().reason, is_harmless);
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))), AllOf(is_harmless, HasSubstr("http://")));
}

TEST_F(HttpSinkTest, SurvivesReceiversThatStallResetAndBreakOff) {
  for (const HttpFault fault : {HttpFault::kSilent, HttpFault::kReset, HttpFault::kHalf}) {
    HttpTestReceiver receiver(in_turn({{200, "{\"a\":\"long enough\"}", "", fault}, {}}));
    HttpSink sink = webhook(receiver);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(sink.deliver(events_of({"1"}))) << static_cast<int>(fault);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_TRUE(sink.deliver(events_of({"1"}))) << static_cast<int>(fault);
  }
}

TEST_F(HttpSinkTest, KeepsItsConnectionAndBoundsItsRequests) {
  HttpTestReceiver receiver(always({}));
  HttpSink sink = webhook(receiver);
  const std::vector<std::string> large(5, "\"" + std::string(400'000, 'x') + "\"");
  ASSERT_TRUE(sink.deliver(events_of(large)));
  EXPECT_THAT(receiver.requests(), SizeIs(3)) << "two, two, one";
}

TEST_F(HttpSinkTest, SpeaksOnlyToWhomTheCertificateIsFor) {
  const TlsFiles files;
  const TlsFiles others(true);
  HttpTestReceiver good(always({}), &files);
  HttpTestReceiver bad(always({}), &others);
  HttpReceiver target = to(good);
  target.tls.ca_file = files.ca();
  HttpSink sink(target, make_webhook_dialect({}));
  EXPECT_EQ(reason(sink.deliver(events_of({"1"}))), "delivered");
  target.tls.ca_file = others.ca();
  HttpSink unknown(target, make_webhook_dialect({}));
  EXPECT_THAT(reason(unknown.deliver(events_of({"1"}))), HasSubstr("certificate"));
  target.url = bad.url();
  HttpSink wrong_name(target, make_webhook_dialect({}));
  EXPECT_THAT(reason(wrong_name.deliver(events_of({"1"}))), HasSubstr("target host name"));
  EXPECT_THAT(bad.requests(), IsEmpty());
}

TEST_F(HttpSinkTest, ShowsItsCertificateToAReceiverThatDemandsOne) {
  const TlsFiles files;
  const TlsFiles others;
  HttpTestReceiver receiver(always({}), &files, true);
  HttpReceiver target = to(receiver);
  target.tls.ca_file = files.ca();
  HttpSink without(target, make_webhook_dialect({}));
  EXPECT_NE(reason(without.deliver(events_of({"1"}))), "delivered");
  target.tls.certificate_file = others.client_certificate();
  target.tls.key_file = others.client_key();
  HttpSink strangers(target, make_webhook_dialect({}));
  EXPECT_NE(reason(strangers.deliver(events_of({"1"}))), "delivered");
  EXPECT_THAT(receiver.requests(), IsEmpty());
  target.tls.certificate_file = files.client_certificate();
  target.tls.key_file = files.client_key();
  HttpSink sink(target, make_webhook_dialect({}));
  EXPECT_EQ(reason(sink.deliver(events_of({"1"}))), "delivered");
  EXPECT_THAT(receiver.subjects(), ElementsAre("/CN=quotemilld"));
}

TEST_F(HttpSinkTest, SaysNoSecretWhenItFails) {
  HttpTestReceiver receiver(always({401, "no"}));
  HttpSink sink = webhook(receiver, {WebhookMode::kBatch, "s3cret", "Bearer t0ken"});
  EXPECT_THAT(reason(sink.deliver(events_of({"1"}))),
              AllOf(HasSubstr("401"), Not(HasSubstr("s3cret")), Not(HasSubstr("t0ken"))));
}

TEST(Base64, IsThatOfTheRfc) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(*from_base64(encoded)), plain);
  }
  for (const char* wrong : {"Zg", "Zg=", "Zh==", "Z", "Zm9v!", "=Zm9v", "Zm9v===="}) {
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace quotemill::transport
