// KafkaSink: events to a topic of Kafka, by librdkafka's idempotent producer.
//
// The key is the host's uid: a host's events are in one partition, in order. An event has arrived
// when all in-sync replicas have it (acks=all). Whoever uses it ignores SIGPIPE.
#pragma once

#include <atomic>
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

  // Attributes (CloudEvents in binary mode) become headers "ce_…". What is too large by itself is
  // refused; what is too large together, for a topic whose max.message.bytes is small, goes in
  // parts, and a host's events may then arrive in another order.
  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override;

  void interrupt() override { is_interrupted_.store(true, std::memory_order_relaxed); }

 private:
  struct Producer;
  struct Outcome;

  explicit KafkaSink(KafkaSinkOptions options);

  Result<void> make_producer();
  // `which` are indices of events; adds what is refused.
  Result<void> send(std::span<const RenderedEvent> events, std::span<const std::size_t> which,
                    std::vector<Refusal>& refused);
  Result<std::vector<Outcome>> attempt(std::span<const RenderedEvent> events,
                                       std::span<const std::size_t> which);
  void produce(const RenderedEvent& event, Outcome& outcome);
  // Whether every event was reported, delivered or timed out. Not waited for once interrupted.
  bool flush();

  const KafkaSinkOptions options_;
  std::unique_ptr<Producer> producer_;  // null after a fatal error: made again
  std::atomic<bool> is_interrupted_{false};
};

}  // namespace quotemill::transport
