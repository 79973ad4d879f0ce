// The Kafka sink against librdkafka's own mock cluster, which is part of a consumer here.
#include "transport/sinks/kafka_sink.h"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include "engine/base/limits.h"
#include "tests/transport/sinks/mock_cluster.h"
#include "tests/transport/sinks/sample_events.h"
#include "tests/transport/sinks/tls_front.h"
#include "transport/sinks/sink_cause.h"

namespace quotemill::transport {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KafkaMessage;
using testing::MockCluster;
using ::testing::SizeIs;
using testing::TlsFiles;
using testing::TlsFront;

class KafkaSinkTest : public ::testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<Sink> sink(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    KafkaSinkOptions options;
    options.brokers = cluster_.brokers();
    options.topic = MockCluster::kTopic;
    options.timeout = timeout;
    Result<std::unique_ptr<Sink>> made = KafkaSink::create(options);
    EXPECT_TRUE(made) << made.error().to_string();
    return *std::move(made);
  }

  MockCluster cluster_;
};

TEST_F(KafkaSinkTest, KeepsAHostsEventsInOnePartitionInOrder) {
  std::vector<RenderedEvent> events = events_of({"1", "2", "3", "4", "5", "6"});
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].key = i % 2 == 0 ? "even" : "odd";
    events[i].attributes = {{"id", events[i].id}, {"datacontenttype", "application/json"}};
  }
  const auto one = sink();
  const auto refused = one->deliver(events);
  ASSERT_TRUE(refused) << refused.error().to_string();
  EXPECT_THAT(*refused, IsEmpty());
  std::map<std::string, std::string> values;
  std::map<std::string, std::set<std::int32_t>> partitions;
  for (const KafkaMessage& read : cluster_.read(6)) {
    values[read.key] += read.value;
    partitions[read.key].insert(read.partition);
    EXPECT_EQ(read.id, "id-" + read.value);
  }
  EXPECT_EQ(values["even"], "135");
  EXPECT_EQ(values["odd"], "246");
  EXPECT_THAT(partitions["even"], SizeIs(1));
  EXPECT_THAT(partitions["odd"], SizeIs(1));
}

TEST_F(KafkaSinkTest, TriesAgainByItselfWithoutDuplicates) {
  cluster_.fail_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
  const auto one = sink();
  ASSERT_TRUE(one->deliver(events_of({"1"})));
  ASSERT_TRUE(one->deliver(events_of({"2"})));
  EXPECT_THAT(cluster_.read(3), SizeIs(2));
}

TEST_F(KafkaSinkTest, SaysThatNoBrokerIsThereAndGoesOnWhenOneIs) {
  const auto one = sink(std::chrono::milliseconds(700));
  cluster_.set_down(true);
  const auto failed = one->deliver(events_of({"1"}));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().to_string(), HasSubstr("kafka "));
  cluster_.set_down(false);
  bool is_delivered = false;
  for (int attempt = 0; attempt < 20 && !is_delivered; ++attempt) {
    is_delivered = one->deliver(events_of({"1"})).has_value();
  }
  EXPECT_TRUE(is_delivered);
}

// A daemon that is stopped waits for no broker.
TEST_F(KafkaSinkTest, EndsSoonWhenItIsInterrupted) {
  const auto one = sink(std::chrono::seconds(30));
  cluster_.set_down(true);
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stop([&one] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    one->interrupt();
  });
  EXPECT_FALSE(one->deliver(events_of({"1"})));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(KafkaSinkTest, RefusesWhatIsTooLargeAndNothingElse) {
  const auto one = sink();
  const auto refused =
      one->deliver(events_of({"1", std::string(limits::kSinkRequestSizeMax + 1, 'x'), "3"}));
  ASSERT_TRUE(refused) << refused.error().to_string();
  ASSERT_THAT(*refused, SizeIs(1));
  EXPECT_EQ(refused->front().index, 1U);
  EXPECT_THAT(cluster_.read(2), SizeIs(2));
}

// A topic's max.message.bytes is of a whole batch of records.
TEST_F(KafkaSinkTest, DeliversInPartsWhatABrokerCallsTooLargeTogether) {
  std::vector<RenderedEvent> events = events_of({"1", "2", "3", "4", "5", "6", "7"});
  cluster_.fail_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
  const auto one = sink();
  const auto refused = one->deliver(events);
  ASSERT_TRUE(refused) << refused.error().to_string();
  EXPECT_THAT(*refused, IsEmpty());
  std::string values;
  for (const KafkaMessage& read : cluster_.read(events.size())) {
    values += read.value;
  }
  EXPECT_EQ(values, "1234567");
}

TEST_F(KafkaSinkTest, RefusesWhatABrokerCallsTooLargeAlone) {
  cluster_.fail_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 3);
  const auto one = sink();
  const auto refused = one->deliver(events_of({"1", "2", "3", "4"}));
  ASSERT_TRUE(refused) << refused.error().to_string();
  ASSERT_THAT(*refused, SizeIs(1)) << "of four, of the first two, of the first";
  EXPECT_EQ(refused->front().index, 0U);
  EXPECT_THAT(cluster_.read(4), SizeIs(3));
}

// The mock cluster speaks no TLS: it has a front that does.
class KafkaSinkOverTls : public KafkaSinkTest {
 protected:
  KafkaSinkOptions to(const TlsFront& front, const TlsFiles& trusted) {
    KafkaSinkOptions options;
    options.brokers = front.brokers();
    options.topic = MockCluster::kTopic;
    options.timeout = std::chrono::milliseconds(2'000);
    options.uses_tls = true;
    options.tls.ca_file = trusted.ca();
    return options;
  }

  static Result<std::vector<Refusal>> deliver(const KafkaSinkOptions& options,
                                              const std::vector<std::string>& events) {
    Result<std::unique_ptr<Sink>> made = KafkaSink::create(options);
    EXPECT_TRUE(made) << made.error().to_string();
    return (*made)->deliver(events_of(events));
  }

  // `wanted` is in the error's words, which is of the cause "tls".
  static void expect_refused(const KafkaSinkOptions& options, const std::string& wanted) {
    const auto failed = deliver(options, {"refused"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(name_of(cause_of(failed.error())), "tls") << failed.error().to_string();
    EXPECT_THAT(failed.error().to_string(), HasSubstr(wanted));
  }

  const TlsFiles files_;
};

TEST_F(KafkaSinkOverTls, DeliversInOrder) {
  const TlsFront front(cluster_.brokers(), files_);
  const auto done = deliver(to(front, files_), {"1", "2", "3", "4", "5"});
  ASSERT_TRUE(done) << done.error().to_string();
  std::string values;
  for (const KafkaMessage& read : cluster_.read(5)) {
    values += read.value;
  }
  EXPECT_EQ(values, "12345");
  EXPECT_GT(front.connections(), 0);
}

TEST_F(KafkaSinkOverTls, GivesNothingToABrokerWhoseCertificateIsWrongAndSaysSo) {
  const TlsFront front(cluster_.brokers(), files_);
  const TlsFiles strangers;
  expect_refused(to(front, strangers), "certificate verify failed");
  const TlsFiles of_another(true);
  const TlsFront misnamed(cluster_.brokers(), of_another);
  expect_refused(to(misnamed, of_another), "certificate");
  EXPECT_EQ(front.connections() + misnamed.connections(), 0);
  const auto done = deliver(to(front, files_), {"1"});
  ASSERT_TRUE(done) << done.error().to_string();
  const std::vector<KafkaMessage> read = cluster_.read(2);
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].value, "1");
}

TEST_F(KafkaSinkOverTls, ShowsItsCertificateToBrokersThatDemandOne) {
  const TlsFront front(cluster_.brokers(), files_, true);
  const TlsFiles strangers;
  KafkaSinkOptions options = to(front, files_);
  EXPECT_FALSE(deliver(options, {"refused"})) << "none is shown";
  options.tls.certificate_file = strangers.client_certificate();
  options.tls.key_file = strangers.client_key();
  EXPECT_FALSE(deliver(options, {"refused"})) << "another CA's";
  options.tls.certificate_file = files_.client_certificate();
  options.tls.key_file = files_.client_key();
  const auto done = deliver(options, {"1"});
  ASSERT_TRUE(done) << done.error().to_string();
  const std::vector<KafkaMessage> read = cluster_.read(2);
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].value, "1");
}

TEST(KafkaSink, NamesASettingThatIsWrongAndNoPassword) {
  KafkaSinkOptions options;
  options.brokers = "localhost:9092";
  options.user = "u";
  options.password = "s3cret";
  options.further = {{"no.such.setting", "1"}};
  const auto made = KafkaSink::create(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kConfig);
  EXPECT_THAT(made.error().to_string(), HasSubstr("no.such.setting"));
  EXPECT_THAT(made.error().to_string(), ::testing::Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace quotemill::transport
