// KafkaSink: events to a topic of Kafka, by librdkafka's idempotent producer.
//
// The key is the host's uid: a host's events are in one partition, in order. An event has arrived
// when all in-sync replicas have it (acks=all). Whoever uses it ignores SIGPIPE.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "transport/sinks/sink.h"
#include "transport/sinks/tls_options.h"

namespace quotemill::transport {

struct KafkaSinkOptions {
  std::string brokers;  // "a:9092,b:9092"
  std::string topic = "quotemill.trust";
  bool uses_tls = false;
  TlsOptions tls;                             // its server_name is not used: the brokers' names are
  std::string user;                           // SASL/SCRAM-SHA-512 if there is one
  std::string password;                       // never logged
  std::chrono::milliseconds timeout{15'000};  // of a delivery
  std::map<std::string, std::string> further;  // librdkafka's own settings
};

class KafkaSink final : public Sink {
 public:
  // kConfig if librdkafka refuses a setting. Does not connect.
  static Result<std::unique_ptr<Sink>> create(KafkaSinkOptions options);

  ~KafkaSink() override;

  // Attributes (CloudEvents in binary mode) become headers "ce_…". What is too large is refused.
  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override;

 private:
  struct Producer;
  struct Outcome;

  explicit KafkaSink(KafkaSinkOptions options);

  Result<void> produce(const RenderedEvent& event, Outcome& outcome);

  const KafkaSinkOptions options_;
  std::unique_ptr<Producer> producer_;  // null after a fatal error: made again
};

}  // namespace quotemill::transport
