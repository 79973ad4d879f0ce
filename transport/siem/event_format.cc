#include "transport/siem/event_format.h"

#include <array>
#include <utility>

#include "transport/render/render_records.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

using Renderer = std::string (*)(const EventSource& source, const Change& change);

struct Entry {
  EventFormat format;
  std::string_view name;
  Renderer render;
};

std::string render_json(const EventSource& source, const Change& change) {
  return to_line(render_change(source.stream_id, change));
}

constexpr std::array kFormats = {
    Entry{EventFormat::kJson, "json", render_json},
    Entry{EventFormat::kCloudEvents, "cloudevents", render_cloud_event},
    Entry{EventFormat::kOcsf, "ocsf", render_ocsf},
    Entry{EventFormat::kEcs, "ecs", render_ecs},
    Entry{EventFormat::kCef, "cef", render_cef},
    Entry{EventFormat::kSyslog, "syslog", render_syslog},
};

}  // namespace

std::string_view name_of(EventFormat format) {
  return kFormats.at(static_cast<std::size_t>(format)).name;
}

std::optional<EventFormat> event_format_named(std::string_view name) {
  for (const Entry& entry : kFormats) {
    if (entry.name == name) {
      return entry.format;
    }
  }
  return std::nullopt;
}

std::string render_event(EventFormat format, const EventSource& source, const Change& change) {
  return kFormats.at(static_cast<std::size_t>(format)).render(source, change);
}

}  // namespace quotemill::transport
