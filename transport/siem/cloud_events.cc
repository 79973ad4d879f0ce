// CloudEvents 1.0.2, structured mode. `source` and `id` together are unique for ever: whoever gets
// both twice has a duplicate (CloudEvents, "source").
#include "transport/render/render_records.h"
#include "transport/siem/event_words.h"
#include "transport/siem/formats.h"

namespace quotemill::transport {

std::string render_cloud_event(const EventSource& source, const Change& change) {
  const std::string id = event_id(source.stream_id, change.sequence);
  return to_line({{"specversion", "1.0"},
                  {"id", id},
                  {"source", "urn:quotemill:stream:" + source.stream_id},
                  {"type", "net.quotemill.trust.changed.v1"},
                  {"subject", change.host.hex()},
                  {"time", iso_time(change.time)},
                  {"datacontenttype", "application/json"},
                  // Ordered as text (extension "sequence"), and by host (extension "partitioning").
                  {"sequence", id.substr(id.find(':') + 1)},
                  {"partitionkey", change.host.hex()},
                  {"data", render_change(source.stream_id, change)}});
}

}  // namespace quotemill::transport
