// Why hosts are not trusted, grouped: one line for what many hosts have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// Hosts of one state for the same worst finding.
struct CauseGroup {
  TrustState state = TrustState::kUnknown;
  std::string code;     // of the finding; empty: there is none
  std::string message;  // of one of them
  std::uint64_t hosts = 0;
  std::vector<std::string> examples;  // names, a few
};

// Of the hosts that may attest and are not trusted, the largest group first. The same is the same
// code about the same content or, of a finding about none, with the same words. Unpacks only those
// hosts, 10,000 at most: of more the groups are of some of them. Any thread.
std::vector<CauseGroup> causes_of(const HostTable& hosts);

// []{state, code, message, hosts, examples[]}; at most `limit` of them.
transport::Json render_causes(const std::vector<CauseGroup>& causes, std::size_t limit);

}  // namespace quotemill::daemon
