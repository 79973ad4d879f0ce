#include "transport/sinks/kafka_sink.h"

#include <array>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "engine/base/error.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kReasonSize = 512;

Error failure(const KafkaSinkOptions& options, const std::string& what,
              ErrorCode code = ErrorCode::kIo) {
  return {code, "sink", 0, "kafka " + options.brokers + ", " + options.topic + ": " + what};
}

// librdkafka's settings, by its names.
std::map<std::string, std::string> settings_of(const KafkaSinkOptions& options) {
  std::map<std::string, std::string> settings = options.further;
  settings["bootstrap.servers"] = options.brokers;
  settings["client.id"] = "quotemilld";
  settings["enable.idempotence"] = "true";
  settings["acks"] = "all";
  settings["message.timeout.ms"] = std::to_string(options.timeout.count());
  settings["message.max.bytes"] = std::to_string(limits::kSinkRequestSizeMax);
  settings["linger.ms"] = "5";
  settings["log_level"] = "0";
  settings["security.protocol"] =
      std::string(options.user.empty() ? "" : "SASL_") + (options.uses_tls ? "SSL" : "PLAINTEXT");
  if (options.uses_tls) {
    settings["ssl.endpoint.identification.algorithm"] = "https";
    const auto set_file = [&settings](const char* name, const std::string& path) {
      if (!path.empty()) {
        settings[name] = path;
      }
    };
    set_file("ssl.ca.location", options.tls.ca_file);
    set_file("ssl.certificate.location", options.tls.certificate_file);
    set_file("ssl.key.location", options.tls.key_file);
  }
  if (!options.user.empty()) {
    settings["sasl.mechanism"] = "SCRAM-SHA-512";
    settings["sasl.username"] = options.user;
    settings["sasl.password"] = options.password;
  }
  return settings;
}

struct FreeSettings {
  void operator()(rd_kafka_conf_t* settings) const { ::rd_kafka_conf_destroy(settings); }
};

using Settings = std::unique_ptr<rd_kafka_conf_t, FreeSettings>;

}  // namespace

// What became of one event.
struct KafkaSink::Outcome {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__IN_PROGRESS;

  static void report(rd_kafka_t* /*producer*/, const rd_kafka_message_t* message,
                     void* /*opaque*/) {
    static_cast<Outcome*>(message->_private)->code = message->err;
  }
};

struct KafkaSink::Producer {
  explicit Producer(rd_kafka_t* made) : handle(made) {}

  ~Producer() { ::rd_kafka_destroy(handle); }

  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  static Result<std::unique_ptr<Producer>> create(const KafkaSinkOptions& options) {
    std::array<char, kReasonSize> reason{};
    Settings settings(::rd_kafka_conf_new());
    for (const auto& [name, value] : settings_of(options)) {
      if (::rd_kafka_conf_set(settings.get(), name.c_str(), value.c_str(), reason.data(),
                              reason.size()) != RD_KAFKA_CONF_OK) {
        return failure(options, reason.data(), ErrorCode::kConfig);
      }
    }
    ::rd_kafka_conf_set_dr_msg_cb(settings.get(), &Outcome::report);
    rd_kafka_t* handle =
        ::rd_kafka_new(RD_KAFKA_PRODUCER, settings.get(), reason.data(), reason.size());
    if (handle == nullptr) {
      return failure(options, reason.data(), ErrorCode::kConfig);
    }
    static_cast<void>(settings.release());  // the producer's now
    return std::make_unique<Producer>(handle);
  }

  rd_kafka_t* handle;
};

KafkaSink::KafkaSink(KafkaSinkOptions options) : options_(std::move(options)) {}

KafkaSink::~KafkaSink() = default;

Result<std::unique_ptr<Sink>> KafkaSink::create(KafkaSinkOptions options) {
  std::unique_ptr<KafkaSink> sink(new KafkaSink(std::move(options)));
  Result<std::unique_ptr<Producer>> producer = Producer::create(sink->options_);
  if (!producer) {
    return producer.error();
  }
  sink->producer_ = *std::move(producer);
  return std::unique_ptr<Sink>(std::move(sink));
}

Result<void> KafkaSink::produce(const RenderedEvent& event, Outcome& outcome) {
  rd_kafka_headers_t* headers = ::rd_kafka_headers_new(event.attributes.size());
  for (const auto& [name, value] : event.attributes) {
    const std::string header = name == "datacontenttype" ? "content-type" : "ce_" + name;
    ::rd_kafka_header_add(headers, header.data(), static_cast<ssize_t>(header.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
  }
  // The library copies the value and reads the key before it returns.
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = options_.topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  parts[1].u.mem = {const_cast<char*>(event.key.data()), event.key.size()};  // NOLINT
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {const_cast<char*>(event.body.data()), event.body.size()};  // NOLINT
  parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[3].u.i = RD_KAFKA_MSG_F_COPY;
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[4].u.ptr = &outcome;
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = headers;
  rd_kafka_error_t* error = ::rd_kafka_produceva(producer_->handle, parts.data(), parts.size());
  if (error == nullptr) {
    return {};
  }
  outcome.code = ::rd_kafka_error_code(error);
  const std::string reason = ::rd_kafka_error_string(error);
  ::rd_kafka_error_destroy(error);
  ::rd_kafka_headers_destroy(headers);
  return failure(options_, reason);
}

Result<std::vector<Refusal>> KafkaSink::deliver(std::span<const RenderedEvent> events) {
  if (producer_ == nullptr) {
    Result<std::unique_ptr<Producer>> again = Producer::create(options_);
    if (!again) {
      return again.error();
    }
    producer_ = *std::move(again);
  }
  std::vector<Outcome> outcomes(events.size());
  std::optional<Error> error;
  std::vector<Refusal> refused;
  for (std::size_t index = 0; index < events.size() && !error; ++index) {
    Result<void> taken = produce(events[index], outcomes[index]);
    if (!taken && outcomes[index].code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      refused.push_back({index, ::rd_kafka_err2str(outcomes[index].code)});
    } else if (!taken) {
      error = taken.error();
    }
  }
  // Every event is reported, delivered or timed out, before the outcomes go. If not, the producer
  // goes first.
  const auto patience = static_cast<int>(2 * options_.timeout.count());
  if (::rd_kafka_flush(producer_->handle, patience) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    producer_.reset();
    return failure(options_, "no word of what was sent");
  }
  for (std::size_t index = 0; index < events.size() && !error; ++index) {
    const rd_kafka_resp_err_t code = outcomes[index].code;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      error = failure(options_, ::rd_kafka_err2str(code));
    }
  }
  std::array<char, kReasonSize> fatal{};
  if (::rd_kafka_fatal_error(producer_->handle, fatal.data(), fatal.size()) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    producer_.reset();
    return failure(options_, fatal.data());
  }
  return error ? Result<std::vector<Refusal>>(*error) : Result<std::vector<Refusal>>(refused);
}

}  // namespace quotemill::transport
