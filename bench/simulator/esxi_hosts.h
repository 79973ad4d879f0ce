// ESXi hosts in the simulated fleet: what the daemon must say of what one booted, and what an
// operator needs to have it judge them.
#pragma once

#include <string>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/simulator/plan.h"
#include "engine/base/result.h"

namespace quotemill::bench {

// Of a host that boots with this fault and is otherwise honest, under the rules that
// write_esxi_files() gives.
Expected expected_of(EsxiFault fault);

// Into a folder that is there: of each image `image-<number>`, what gunzip makes of its imgdb.tgz,
// and `esxi.toml`, a policy for all hosts of the fleet. kIo names what cannot be written.
Result<void> write_esxi_files(const EsxiFleet& fleet, const std::string& folder);

}  // namespace quotemill::bench
