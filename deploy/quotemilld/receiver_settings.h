// The settings of each kind of sink's receiver: the table of its file that is named as the kind.
//
// Every value is checked here; what is wrong is remembered by the reader, with its place. Files of
// secrets are read now: the settings hold what is in them.
#pragma once

#include <cstdint>
#include <variant>

#include "engine/policy/toml_reader.h"
#include "transport/siem/event_format.h"
#include "transport/sinks/file_sink.h"
#include "transport/sinks/http_dialect.h"
#include "transport/sinks/kafka_sink.h"
#include "transport/sinks/syslog_sink.h"

namespace quotemill::daemon {

enum class SinkKind : std::uint8_t { kFile, kSyslog, kSplunk, kElastic, kWebhook, kKafka };

template <class Options>
struct HttpSettings {
  transport::HttpReceiver receiver;
  Options options;
};

using SplunkSettings = HttpSettings<transport::SplunkOptions>;
using ElasticSettings = HttpSettings<transport::ElasticOptions>;
using WebhookSettings = HttpSettings<transport::WebhookOptions>;

// In the order of SinkKind.
using ReceiverSettings =
    std::variant<transport::FileSinkOptions, transport::SyslogSinkOptions, SplunkSettings,
                 ElasticSettings, WebhookSettings, transport::KafkaSinkOptions>;

// `format` is what the events are in; it is the webhook's mode that says which one of CloudEvents'.
ReceiverSettings read_receiver(TomlReader& in, SinkKind kind, transport::EventFormat& format);

// The format that a kind's events are in unless told otherwise.
transport::EventFormat default_format(SinkKind kind);

}  // namespace quotemill::daemon
