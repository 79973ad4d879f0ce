#include "deploy/quotemilld/sink_settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unistd.h>

#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::daemon {
namespace {

using transport::EventFormat;

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning, TrustState::kFailed,
                                TrustState::kStale, TrustState::kUnknown};

EventFormat read_format(TomlReader& in, EventFormat default_format) {
  std::vector<std::string_view> names;
  for (const EventFormat format : transport::event_formats()) {
    names.push_back(transport::name_of(format));
  }
  return transport::event_formats().at(
      in.choice("sink.format", static_cast<std::size_t>(default_format), names));
}

transport::SinkFilter read_filter(TomlReader& in) {
  transport::SinkFilter filter;
  for (const std::string& name : in.texts("filter.states", {})) {
    const auto state = std::find_if(kStates.begin(), kStates.end(), [&name](TrustState candidate) {
      return name_of(candidate) == name;
    });
    if (state == kStates.end()) {
      in.fail("filter.states",
              "'filter.states' must name states: trusted, warning, failed, stale, unknown");
    } else {
      filter.states.push_back(*state);
    }
  }
  filter.without_maintenance = !in.boolean("filter.maintenance", true);
  return filter;
}

void read_file_sink(TomlReader& in, transport::FileSinkOptions& file) {
  file.path = in.text("file.path", "");
  if (file.path.empty() || file.path.front() != '/') {
    in.fail("file.path", "'file.path' must be the absolute path of the file to write");
  }
  file.rotate_bytes =
      static_cast<std::uint64_t>(kMebibyte * in.integer("file.rotate_mib", 64, 0, 1024 * 1024));
  file.rotate_after = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::milliseconds(in.duration_ms("file.rotate_after", 0, 0, 366LL * 86'400'000)));
  file.keep = static_cast<unsigned>(in.integer("file.keep", 8, 0, 1000));
  file.sync = in.boolean("file.sync", true);
}

// An absolute path of a file that is there, or none.
std::string read_file_path(TomlReader& in, const std::string& key) {
  std::string path = in.text(key, "");
  if (!path.empty() && (path.front() != '/' || ::access(path.c_str(), R_OK) != 0)) {
    in.fail(key, "'" + key + "' must be the absolute path of a file that the daemon may read");
  }
  return path;
}

void read_tls(TomlReader& in, const std::string& table, transport::TlsOptions& tls) {
  tls.ca_file = read_file_path(in, table + ".ca_file");
  tls.server_name = in.text(table + ".server_name", "");
  tls.certificate_file = read_file_path(in, table + ".certificate_file");
  tls.key_file = read_file_path(in, table + ".key_file");
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    in.fail(table + ".certificate_file",
            "'certificate_file' and 'key_file' of [" + table + "] come together or not at all");
  }
}

void read_syslog_sink(TomlReader& in, transport::SyslogSinkOptions& syslog) {
  using transport::SyslogTransport;
  constexpr std::array kPorts = {601, 514, 6514};  // RFC 3195, RFC 5426, RFC 5425
  syslog.transport =
      static_cast<SyslogTransport>(in.choice("syslog.transport", 0, {"tcp", "udp", "tls"}));
  syslog.receiver.host = in.text("syslog.host", "");
  if (syslog.receiver.host.empty()) {
    in.fail("syslog.host", "'syslog.host' must be the receiver's name or address");
  }
  const int default_port = kPorts.at(static_cast<std::size_t>(syslog.transport));
  syslog.receiver.port = std::to_string(in.integer("syslog.port", default_port, 1, 65'535));
  if (syslog.transport == SyslogTransport::kTls) {
    read_tls(in, "syslog", syslog.tls);
  }
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

Result<SinkSettings> parse_sink(std::string_view text, const std::string& file_name,
                                const std::string& name) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  SinkSettings settings;
  settings.name = name;
  if (!is_host_name(name)) {
    in->fail("sink.kind", "the file's name, without .toml, is the sink's: [a-z0-9._-]{1,64}");
  }
  settings.kind = static_cast<SinkKind>(in->choice("sink.kind", 0, {"file", "syslog"}));
  const bool is_syslog = settings.kind == SinkKind::kSyslog;
  settings.format = read_format(*in, is_syslog ? EventFormat::kSyslog : EventFormat::kJson);
  settings.filter = read_filter(*in);
  if (is_syslog) {
    read_syslog_sink(*in, settings.syslog);
  } else {
    read_file_sink(*in, settings.file);
  }
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return settings;
}

Result<std::vector<SinkSettings>> load_sinks(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (entry->path().extension() == ".toml") {
      files.push_back(entry->path());
    }
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return Error{ErrorCode::kConfig, "sinks", 0, folder + ": " + failure.message()};
  }
  std::sort(files.begin(), files.end());
  std::vector<SinkSettings> sinks;
  for (const std::filesystem::path& file : files) {
    const Result<std::string> text = program::read_text_file(file.string(), limits::kPolicySizeMax);
    if (!text) {
      return text.error();
    }
    Result<SinkSettings> sink = parse_sink(*text, file.string(), file.stem().string());
    if (!sink) {
      return sink.error();
    }
    sinks.push_back(*std::move(sink));
  }
  return sinks;
}

std::unique_ptr<transport::SinkRunner> start_sink(const SinkSettings& settings,
                                                  const std::string& state_folder,
                                                  const History& history,
                                                  transport::SinkRunner::Log log) {
  transport::SinkRunnerOptions options;
  options.name = settings.name;
  options.format = settings.format;
  options.filter = settings.filter;
  options.cursor_path = state_folder + "/sinks/" + settings.name + ".cursor";
  options.source.verifier = machine_name();
  options.source.version = QUOTEMILL_VERSION;
  options.source.process_id = static_cast<std::uint32_t>(::getpid());
  std::unique_ptr<transport::Sink> sink;
  if (settings.kind == SinkKind::kFile) {
    sink = std::make_unique<transport::FileSink>(settings.file);
  } else {
    sink = std::make_unique<transport::SyslogSink>(settings.syslog);
  }
  return std::make_unique<transport::SinkRunner>(std::move(options), history, std::move(sink),
                                                 std::move(log));
}

}  // namespace quotemill::daemon
