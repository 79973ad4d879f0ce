// CloudEvents 1.0.2. `source` and `id` together are unique for ever: whoever gets both twice has a
// duplicate (CloudEvents, "source").
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {
namespace {

Json attributes_of(const EventSource& source, const std::string& id, const std::string& type,
                   WallTime time) {
  return {{"specversion", "1.0"},
          {"id", id},
          {"source", "urn:quotemill:stream:" + source.stream_id},
          {"type", "net.quotemill." + type + ".v1"},
          {"time", iso_time(time)},
          {"datacontenttype", "application/json"}};
}

// By host (extension "partitioning").
void add_host(Json& attributes, const std::string& uid) {
  attributes["subject"] = uid;
  attributes["partitionkey"] = uid;
}

std::string structured(Json attributes, Json data) {
  attributes["data"] = std::move(data);
  return to_line(attributes);
}

}  // namespace

Json cloud_attributes(const EventSource& source, const Change& change) {
  const std::string id = event_id(source.stream_id, change.sequence);
  Json out = attributes_of(source, id, "trust.changed", change.time);
  add_host(out, change.host.hex());
  // Ordered as text (extension "sequence").
  out["sequence"] = id.substr(id.find(':') + 1);
  out["severitytext"] = scale_of(change.current).otel;
  out["severitynumber"] = scale_of(change.current).otel_number;
  if (!change.rollout.empty()) {
    out["correlationid"] = "rollout/" + rollout_of(change);
  }
  return out;
}

Json cloud_attributes(const EventSource& source, const Notice& notice) {
  Json out = attributes_of(source, notice.id, std::string(name_of(notice.kind)), notice.time);
  if (!notice.host.empty()) {
    add_host(out, notice.host);
  }
  return out;
}

std::string render_cloud_event(const EventSource& source, const Change& change,
                               const ToldHost& host) {
  Json attributes = cloud_attributes(source, change);
  const std::size_t room = room_beside(structured(attributes, nullptr));
  return structured(std::move(attributes), render_change(source.stream_id, change, host, room));
}

std::string render_cloud_event(const EventSource& source, const Notice& notice) {
  return structured(cloud_attributes(source, notice), render_notice(notice));
}

}  // namespace quotemill::transport
