#include "tests/transport/sinks/mock_cluster.h"

#include <chrono>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

namespace quotemill::testing {
namespace {

constexpr std::int32_t kPartitions = 4;
constexpr std::int32_t kBrokers = 3;

KafkaMessage message_of(rd_kafka_message_t& message) {
  KafkaMessage out{{static_cast<const char*>(message.key), message.key_len},
                   {static_cast<const char*>(message.payload), message.len},
                   {},
                   message.partition};
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (::rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      ::rd_kafka_header_get_last(headers, "ce_id", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    out.id.assign(static_cast<const char*>(value), size);
  }
  return out;
}

}  // namespace

MockCluster::MockCluster() {
  char reason[256];
  rd_kafka_conf_t* settings = ::rd_kafka_conf_new();
  ::rd_kafka_conf_set(settings, "test.mock.num.brokers", std::to_string(kBrokers).c_str(), reason,
                      sizeof reason);
  ::rd_kafka_conf_set(settings, "group.id", "test", reason, sizeof reason);
  ::rd_kafka_conf_set(settings, "auto.offset.reset", "earliest", reason, sizeof reason);
  ::rd_kafka_conf_set(settings, "log_level", "0", reason, sizeof reason);
  consumer_ = ::rd_kafka_new(RD_KAFKA_CONSUMER, settings, reason, sizeof reason);
  EXPECT_NE(consumer_, nullptr) << reason;
  mock_ = ::rd_kafka_handle_mock_cluster(consumer_);
  ::rd_kafka_mock_topic_create(mock_, kTopic, kPartitions, kBrokers);
}

MockCluster::~MockCluster() {
  ::rd_kafka_destroy(consumer_);
}

std::string MockCluster::brokers() const {
  return ::rd_kafka_mock_cluster_bootstraps(mock_);
}

void MockCluster::fail_produce(rd_kafka_resp_err_t code, int times) {
  for (int i = 0; i < times; ++i) {
    ::rd_kafka_mock_push_request_errors(mock_, 0 /* ApiKey Produce */, 1, code);
  }
}

void MockCluster::set_down(bool is_down) {
  for (std::int32_t broker = 1; broker <= kBrokers; ++broker) {
    is_down ? ::rd_kafka_mock_broker_set_down(mock_, broker)
            : ::rd_kafka_mock_broker_set_up(mock_, broker);
  }
}

std::vector<KafkaMessage> MockCluster::read(std::size_t count) {
  if (!is_assigned_) {
    rd_kafka_topic_partition_list_t* topics = ::rd_kafka_topic_partition_list_new(kPartitions);
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      ::rd_kafka_topic_partition_list_add(topics, kTopic, partition)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
    }
    ::rd_kafka_assign(consumer_, topics);
    ::rd_kafka_topic_partition_list_destroy(topics);
    is_assigned_ = true;
  }
  std::vector<KafkaMessage> out;
  // By the clock: of a cluster that was down there are errors to read first, without any wait.
  constexpr std::chrono::seconds kSilence{5};
  auto last = std::chrono::steady_clock::now();
  while (out.size() < count && std::chrono::steady_clock::now() - last < kSilence) {
    rd_kafka_message_t* message = ::rd_kafka_consumer_poll(consumer_, 100);
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      out.push_back(message_of(*message));
      last = std::chrono::steady_clock::now();
    }
    if (message != nullptr) {
      ::rd_kafka_message_destroy(message);
    }
  }
  return out;
}

}  // namespace quotemill::testing
