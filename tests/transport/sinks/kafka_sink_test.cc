// The Kafka sink against librdkafka's own mock cluster, which is part of a consumer here.
#include "transport/sinks/kafka_sink.h"

#include <csignal>

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include "engine/base/limits.h"
#include "tests/transport/sinks/http_receiver.h"
#include "tests/transport/sinks/mock_cluster.h"
#include "tests/transport/sinks/sample_events.h"

namespace quotemill::transport {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::HttpReply;
using testing::HttpRequestSeen;
using testing::HttpTestReceiver;
using ::testing::IsEmpty;
using testing::KafkaMessage;
using testing::MockCluster;
using ::testing::SizeIs;
using testing::TlsFiles;

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

// A listener that speaks TLS and no Kafka: the mock cluster speaks no TLS.
TEST(KafkaSink, ShowsItsCertificateToABrokerThatDemandsOne) {
  const TlsFiles files;
  const HttpTestReceiver broker([](const HttpRequestSeen&) { return HttpReply{}; }, &files, true);
  KafkaSinkOptions options;
  options.brokers = "localhost:" + std::to_string(broker.port());
  options.timeout = std::chrono::milliseconds(1'000);
  options.uses_tls = true;
  options.tls.ca_file = files.ca();
  EXPECT_FALSE((*KafkaSink::create(options))->deliver(events_of({"1"})));
  EXPECT_THAT(broker.subjects(), IsEmpty());
  options.tls.certificate_file = files.client_certificate();
  options.tls.key_file = files.client_key();
  EXPECT_FALSE((*KafkaSink::create(options))->deliver(events_of({"1"}))) << "it is no broker";
  EXPECT_THAT(broker.subjects(), Contains("/CN=quotemilld"));
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
