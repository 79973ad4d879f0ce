#include "deploy/quotemilld/sink_settings.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"

namespace quotemill::daemon {
namespace {

using transport::EventFormat;

constexpr std::array kStates = {TrustState::kTrusted, TrustState::kWarning, TrustState::kFailed,
                                TrustState::kStale, TrustState::kUnknown};
constexpr std::array<const char*, 4> kOcsfVersions = {"1.8.0", "1.7.0", "1.6.0", "1.5.0"};
constexpr std::int64_t kDayMs = 86'400'000;

EventFormat read_format(TomlReader& in, SinkKind kind) {
  std::vector<std::string_view> names;
  for (const EventFormat format : transport::event_formats()) {
    names.push_back(transport::name_of(format));
  }
  return transport::event_formats().at(
      in.choice("sink.format", static_cast<std::size_t>(default_format(kind)), names));
}

void read_states(TomlReader& in, transport::SinkFilter& filter) {
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
}

void read_labels(TomlReader& in, transport::SinkFilter& filter) {
  for (const std::string& label : in.texts("filter.labels", {})) {
    const std::size_t equals = label.find('=');
    if (equals == std::string::npos || !is_label_key(label.substr(0, equals))) {
      in.fail("filter.labels", "'filter.labels' must be labels, \"key=value\" each");
    } else {
      filter.labels[label.substr(0, equals)] = label.substr(equals + 1);
    }
  }
}

transport::SinkFilter read_filter(TomlReader& in) {
  transport::SinkFilter filter;
  read_states(in, filter);
  read_labels(in, filter);
  filter.severity_min =
      static_cast<Severity>(in.choice("filter.severity", 0, {"info", "warning", "fail"}));
  filter.without_maintenance = !in.boolean("filter.maintenance", true);
  return filter;
}

transport::GroupSettings read_groups(TomlReader& in) {
  transport::GroupSettings groups;
  groups.window = std::chrono::milliseconds(
      in.duration_ms("group.window", groups.window.count(), 1'000, kDayMs));
  groups.hosts_min = static_cast<std::size_t>(
      in.integer("group.hosts", static_cast<std::int64_t>(groups.hosts_min), 0, 100'000));
  return groups;
}

// A webhook may wake somebody; all others keep records, in which no change may be missing.
std::int64_t default_dedup_ms(SinkKind kind) {
  return kind == SinkKind::kWebhook ? 5 * 60'000 : 0;
}

// It is in every event: what is longer leaves less room for reasons.
std::string read_reference_url(TomlReader& in) {
  constexpr std::size_t kUrlSizeMax = 256;
  const std::string url = in.text("sink.reference_url", "");
  const bool is_url = url.starts_with("https://") || url.starts_with("http://");
  if (!url.empty() && (!is_url || url.size() > kUrlSizeMax)) {
    in.fail("sink.reference_url", "'sink.reference_url' must be an http or https URL of at most " +
                                      std::to_string(kUrlSizeMax) + " characters");
  }
  return url;
}

transport::SinkFeedOptions read_feed(TomlReader& in, SinkKind kind) {
  transport::SinkFeedOptions feed;
  feed.format = read_format(in, kind);
  feed.filter = read_filter(in);
  feed.groups = read_groups(in);
  feed.dedup_window =
      std::chrono::milliseconds(in.duration_ms("dedup.window", default_dedup_ms(kind), 0, kDayMs));
  feed.with_audit = in.boolean("sink.audit", true);
  feed.with_notices = in.boolean("sink.notices", true);
  feed.source.enterprise_number = static_cast<std::uint32_t>(
      in.integer("sink.enterprise_number", feed.source.enterprise_number, 1, UINT32_MAX));
  feed.source.ocsf_version = kOcsfVersions.at(
      in.choice("sink.ocsf_version", 0, {kOcsfVersions.begin(), kOcsfVersions.end()}));
  feed.source.reference_url = read_reference_url(in);
  feed.heartbeat = std::chrono::milliseconds(in.duration_ms("sink.heartbeat", 60'000, 0, kDayMs));
  return feed;
}

const std::string* file_of(const SinkSettings& sink) {
  const auto* file = std::get_if<transport::FileSinkOptions>(&sink.receiver);
  return file == nullptr ? nullptr : &file->path;
}

// Two that rotate one file take each other's lines away.
void expect_own_file(TomlReader& in, const SinkSettings& sink,
                     const std::vector<SinkSettings>& others) {
  for (const SinkSettings& other : others) {
    if (file_of(sink) != nullptr && file_of(other) != nullptr &&
        *file_of(sink) == *file_of(other)) {
      in.fail("file.path", "'file.path' is that of the sink " + other.name + ", too");
    }
  }
}

}  // namespace

Result<SinkSettings> parse_sink(std::string_view text, const std::string& file_name,
                                const std::string& name, const std::vector<SinkSettings>& others) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  SinkSettings settings;
  settings.name = name;
  if (!is_host_name(name)) {
    in->fail("sink.kind", "the file's name, without .toml, is the sink's: [a-z0-9._-]{1,64}");
  }
  settings.kind = static_cast<SinkKind>(
      in->choice("sink.kind", 0, {"file", "syslog", "splunk", "elastic", "webhook", "kafka"}));
  settings.feed = read_feed(*in, settings.kind);
  settings.per_second = static_cast<std::uint64_t>(in->integer("sink.per_second", 0, 0, 1'000'000));
  settings.receiver = read_receiver(*in, settings.kind, settings.feed.format);
  expect_own_file(*in, settings, others);
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return settings;
}

Result<std::vector<SinkSettings>> load_sinks(const std::string& folder) {
  const Result<std::vector<std::filesystem::path>> files = program::list_settings(folder);
  if (!files) {
    return files.error();
  }
  std::vector<SinkSettings> sinks;
  for (const std::filesystem::path& file : *files) {
    const Result<std::string> text = program::read_text_file(file.string(), limits::kPolicySizeMax);
    if (!text) {
      return text.error();
    }
    Result<SinkSettings> sink = parse_sink(*text, file.string(), file.stem().string(), sinks);
    if (!sink) {
      return sink.error();
    }
    sinks.push_back(*std::move(sink));
  }
  return sinks;
}

}  // namespace quotemill::daemon
