#include "transport/render/told_host.h"

namespace quotemill::transport {

ToldHost told_host(const HostTable& hosts, const HostUid& host) {
  const std::optional<Host> known = hosts.find(host);
  return known ? ToldHost{known->record->labels, known->state->facts} : ToldHost();
}

}  // namespace quotemill::transport
