// ToldHost: what leaves of a host beside a change of its trust: what operators say of it, and what
// it says of itself. As it is when the change leaves, not as it was when the change was made.
#pragma once

#include <map>
#include <string>

#include "engine/pipeline/host_table.h"

namespace quotemill::transport {

struct ToldHost {
  std::map<std::string, std::string> labels;
  FactsRecord facts;
};

// Empty for a host that is gone. Any thread.
ToldHost told_host(const HostTable& hosts, const HostUid& host);

}  // namespace quotemill::transport
