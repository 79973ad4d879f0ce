// Quotemill's own JSON.
#include "transport/render/render_records.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {

std::string render_json(const EventSource& source, const Change& change, const ToldHost& host) {
  return to_line(render_change(source.stream_id, change, host));
}

std::string render_json(const EventSource& /*source*/, const Notice& notice) {
  return to_line(render_notice(notice));
}

Json render_notice(const Notice& notice) {
  Json fields = Json::object();
  for (const auto& [name, value] : notice.fields) {
    fields[name] = value;
  }
  return {{"id", notice.id},
          {"kind", name_of(notice.kind)},
          {"time", iso_time(notice.time)},
          {"level", name_of(notice.level)},
          {"code", notice.code},
          {"message", notice.sentence},
          {"host", notice.host.empty() ? Json(nullptr) : Json{{"uuid", notice.host}}},
          {"fields", std::move(fields)}};
}

}  // namespace quotemill::transport
