#include "transport/siem/event_format.h"

#include <array>

#include "transport/render/render_records.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

using ChangeRenderer = std::string (*)(const EventSource& source, const Change& change,
                                       const ToldHost& host);
using NoticeRenderer = std::string (*)(const EventSource& source, const Notice& notice);

struct Entry {
  EventFormat format;
  std::string_view name;
  ChangeRenderer of_change;
  NoticeRenderer of_notice;
};

// In the order of the numbers. CloudEvents' binary mode has Quotemill's own JSON for its data.
constexpr std::array kFormats = {
    Entry{EventFormat::kJson, "json", render_json, render_json},
    Entry{EventFormat::kCloudEvents, "cloudevents", render_cloud_event, render_cloud_event},
    Entry{EventFormat::kCloudEventsBinary, "cloudevents-binary", render_json, render_json},
    Entry{EventFormat::kOcsf, "ocsf", render_ocsf, render_ocsf},
    Entry{EventFormat::kOcsfFinding, "ocsf-finding", render_ocsf_finding, render_ocsf},
    Entry{EventFormat::kEcs, "ecs", render_ecs, render_ecs},
    Entry{EventFormat::kCef, "cef", render_cef, render_cef},
    Entry{EventFormat::kSyslog, "syslog", render_syslog, render_syslog},
};

const Entry& entry_of(EventFormat format) {
  return kFormats.at(static_cast<std::size_t>(format));
}

std::vector<std::pair<std::string, std::string>> pairs_of(const Json& attributes) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : attributes.items()) {
    pairs.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return pairs;
}

template <class T>
void add_attributes(EventFormat format, const EventSource& source, const T& event,
                    RenderedEvent& out) {
  if (format == EventFormat::kCloudEventsBinary) {
    out.attributes = pairs_of(cloud_attributes(source, event));
  }
}

}  // namespace

void add_if_known(Json& out, const char* name, const Json& value) {
  if (!value.is_null()) {
    out[name] = value;
  }
}

const std::vector<EventFormat>& event_formats() {
  static const std::vector<EventFormat> all = [] {
    std::vector<EventFormat> formats;
    for (const Entry& entry : kFormats) {
      formats.push_back(entry.format);
    }
    return formats;
  }();
  return all;
}

std::string_view name_of(EventFormat format) {
  return entry_of(format).name;
}

std::optional<EventFormat> event_format_named(std::string_view name) {
  for (const Entry& entry : kFormats) {
    if (entry.name == name) {
      return entry.format;
    }
  }
  return std::nullopt;
}

bool is_json(EventFormat format) {
  return format != EventFormat::kCef && format != EventFormat::kSyslog;
}

RenderedEvent render_event(EventFormat format, const EventSource& source, const Change& change,
                           const ToldHost& host) {
  RenderedEvent out{event_id(source.stream_id, change.sequence), change.host.hex(), change.time,
                    entry_of(format).of_change(source, change, host)};
  add_attributes(format, source, change, out);
  return out;
}

RenderedEvent render_event(EventFormat format, const EventSource& source, const Notice& notice) {
  RenderedEvent out{notice.id, notice.host, notice.time,
                    entry_of(format).of_notice(source, notice)};
  add_attributes(format, source, notice, out);
  return out;
}

}  // namespace quotemill::transport
