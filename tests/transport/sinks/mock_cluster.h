// Three brokers of Kafka in this process, librdkafka's own mock, and a consumer of theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

struct rd_kafka_mock_cluster_s;

namespace quotemill::testing {

struct KafkaMessage {
  std::string key;
  std::string value;
  std::string id;  // header ce_id
  std::int32_t partition = 0;
};

class MockCluster {
 public:
  static constexpr const char* kTopic = "trust";

  MockCluster();
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  [[nodiscard]] std::string brokers() const;

  // The next so many produce requests fail so.
  void fail_produce(rd_kafka_resp_err_t code, int times);

  void set_down(bool is_down);

  // What is in the topic and was not read yet, at most `count`; waits some seconds for it.
  std::vector<KafkaMessage> read(std::size_t count);

 private:
  rd_kafka_t* consumer_ = nullptr;
  rd_kafka_mock_cluster_s* mock_ = nullptr;
  bool is_assigned_ = false;
};

}  // namespace quotemill::testing
