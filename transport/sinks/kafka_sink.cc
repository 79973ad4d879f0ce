#include "transport/sinks/kafka_sink.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "engine/base/error.h"
#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kReasonSize = 512;
constexpr rd_kafka_resp_err_t kNone = RD_KAFKA_RESP_ERR_NO_ERROR;

Error failure(const KafkaSinkOptions& options, const std::string& what,
              ErrorCode code = ErrorCode::kIo) {
  return {code, "sink", 0, "kafka " + options.brokers + ", " + options.topic + ": " + what};
}

// What kind of failure it is (sink_cause.h).
ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR__SSL:
      return ErrorCode::kCrypto;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
      return ErrorCode::kExpired;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ErrorCode::kBusy;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kDenied;
    default:
      return ErrorCode::kIo;
  }
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
  bool was_taken = true;  // by the library, to be sent

  // Of the event, or of the record batch that it was in: a broker says only which batch.
  [[nodiscard]] bool is_too_large() const {
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
  }

  static void report(rd_kafka_t* /*producer*/, const rd_kafka_message_t* message,
                     void* /*opaque*/) {
    static_cast<Outcome*>(message->_private)->code = message->err;
  }
};

struct KafkaSink::Producer {
  Producer() = default;

  ~Producer() {
    if (handle != nullptr) {
      ::rd_kafka_destroy(handle);
    }
  }

  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  static Result<std::unique_ptr<Producer>> create(const KafkaSinkOptions& options) {
    auto made = std::make_unique<Producer>();
    std::array<char, kReasonSize> reason{};
    Settings settings(::rd_kafka_conf_new());
    for (const auto& [name, value] : settings_of(options)) {
      if (::rd_kafka_conf_set(settings.get(), name.c_str(), value.c_str(), reason.data(),
                              reason.size()) != RD_KAFKA_CONF_OK) {
        return failure(options, reason.data(), ErrorCode::kConfig);
      }
    }
    ::rd_kafka_conf_set_dr_msg_cb(settings.get(), &Outcome::report);
    ::rd_kafka_conf_set_error_cb(settings.get(), &Producer::note);
    ::rd_kafka_conf_set_opaque(settings.get(), made.get());
    made->handle = ::rd_kafka_new(RD_KAFKA_PRODUCER, settings.get(), reason.data(), reason.size());
    if (made->handle == nullptr) {
      return failure(options, reason.data(), ErrorCode::kConfig);
    }
    static_cast<void>(settings.release());  // the producer's now
    return made;
  }

  // What befell its connections, of which an event that is not delivered says nothing. Called by
  // rd_kafka_flush() and the like. That all brokers are down says less than why one is.
  static void note(rd_kafka_t* /*producer*/, int error, const char* reason, void* producer) {
    // A handshake that fails at once is reported as a connection that broke, with OpenSSL's words.
    const bool is_tls = std::string_view(reason).find(":SSL routines:") != std::string_view::npos;
    const auto code = is_tls ? RD_KAFKA_RESP_ERR__SSL : static_cast<rd_kafka_resp_err_t>(error);
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      static_cast<Producer*>(producer)->trouble = {code, reason};
    }
  }

  // What an event met that was not delivered.
  [[nodiscard]] Error undelivered(const KafkaSinkOptions& options, rd_kafka_resp_err_t code) const {
    const bool is_told = code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && trouble.code != kNone;
    return failure(options,
                   ::rd_kafka_err2str(code) + (is_told ? ": " + trouble.reason : std::string()),
                   code_of(is_told ? trouble.code : code));
  }

  struct Trouble {
    rd_kafka_resp_err_t code = kNone;
    std::string reason;
  };

  rd_kafka_t* handle = nullptr;
  Trouble trouble;  // the last one since all was delivered
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

void KafkaSink::produce(const RenderedEvent& event, Outcome& outcome) {
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
  if (error != nullptr) {
    outcome = {::rd_kafka_error_code(error), false};
    ::rd_kafka_error_destroy(error);
    ::rd_kafka_headers_destroy(headers);
  }
}

Result<void> KafkaSink::make_producer() {
  if (producer_ != nullptr) {
    return {};
  }
  Result<std::unique_ptr<Producer>> again = Producer::create(options_);
  if (!again) {
    return again.error();
  }
  producer_ = *std::move(again);
  return {};
}

Result<std::vector<Refusal>> KafkaSink::deliver(std::span<const RenderedEvent> events) {
  std::vector<std::size_t> all(events.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<Refusal> refused;
  if (Result<void> sent = send(events, all, refused); !sent) {
    return sent.error();
  }
  std::sort(refused.begin(), refused.end(),
            [](const Refusal& one, const Refusal& other) { return one.index < other.index; });
  return refused;
}

// What is too large together goes again in halves, until those that are too large are alone.
Result<void> KafkaSink::send(std::span<const RenderedEvent> events,
                             std::span<const std::size_t> which, std::vector<Refusal>& refused) {
  const Result<std::vector<Outcome>> outcomes = attempt(events, which);
  if (!outcomes) {
    return outcomes.error();
  }
  std::vector<std::size_t> together;
  for (std::size_t i = 0; i < which.size(); ++i) {
    const Outcome& outcome = (*outcomes)[i];
    if (outcome.is_too_large() && outcome.was_taken && which.size() > 1) {
      together.push_back(which[i]);
    } else if (outcome.is_too_large()) {
      refused.push_back({which[i], ::rd_kafka_err2str(outcome.code)});
    }
  }
  if (together.empty()) {
    return {};
  }
  const std::span<const std::size_t> again(together);
  const std::size_t half = (again.size() + 1) / 2;
  Result<void> sent = send(events, again.first(half), refused);
  return sent && half < again.size() ? send(events, again.subspan(half), refused) : sent;
}

bool KafkaSink::flush() {
  const auto until = std::chrono::steady_clock::now() + 2 * options_.timeout;
  constexpr int kStepMs = 100;
  while (::rd_kafka_flush(producer_->handle, kStepMs) != kNone) {
    if (is_interrupted_.load(std::memory_order_relaxed) ||
        std::chrono::steady_clock::now() >= until) {
      return false;
    }
  }
  return true;
}

// Once each. An Error if one of them met another fate than to arrive or to be too large.
Result<std::vector<KafkaSink::Outcome>> KafkaSink::attempt(std::span<const RenderedEvent> events,
                                                           std::span<const std::size_t> which) {
  if (Result<void> made = make_producer(); !made) {
    return made.error();
  }
  std::vector<Outcome> outcomes(which.size());
  for (std::size_t i = 0; i < which.size(); ++i) {
    produce(events[which[i]], outcomes[i]);
    if (!outcomes[i].was_taken && !outcomes[i].is_too_large()) {
      break;
    }
  }
  // Every event is reported before the outcomes go. If not, the producer goes first.
  if (!flush()) {
    producer_.reset();
    return failure(options_, "no word of what was sent", ErrorCode::kExpired);
  }
  std::array<char, kReasonSize> fatal{};
  if (::rd_kafka_fatal_error(producer_->handle, fatal.data(), fatal.size()) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    producer_.reset();
    return failure(options_, fatal.data());
  }
  for (const Outcome& outcome : outcomes) {
    if (outcome.code != kNone && !outcome.is_too_large()) {
      return producer_->undelivered(options_, outcome.code);
    }
  }
  producer_->trouble = {};
  return outcomes;
}

}  // namespace quotemill::transport
