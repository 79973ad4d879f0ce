// Hosts that are red or yellow: for each finding of an ESXi host how it comes about, by evidence,
// log or time.
#pragma once

#include <functional>
#include <map>

#include "tests/engine/pipeline/esxi_engine.h"

namespace quotemill::testing {

// The state of a host after one attestation.
HostState attested_esxi(EsxiEngine& engine);

// Of one that boots with this fault.
HostState esxi_with_fault(bench::EsxiFault fault);

bool has_code(const HostState& state, FindingCode code);

// The state in which a host has a finding.
using EsxiScenario = std::function<HostState()>;

std::map<FindingCode, EsxiScenario> esxi_scenarios();

}  // namespace quotemill::testing
