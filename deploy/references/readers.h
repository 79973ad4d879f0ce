// The readers of the single formats; reference_file.h chooses among them. Each adds all values of
// the file to `out`, and to `left_out` what else it says.
#pragma once

#include <string>
#include <vector>

#include "deploy/references/strict_json.h"
#include "engine/baseline/reference_collector.h"

namespace quotemill::references {

using LeftOut = std::vector<std::string>;

Result<void> read_own(const Json& file, ReferenceCollector& out, LeftOut& left_out);
Result<void> read_pcrlock(const Json& file, ReferenceCollector& out, LeftOut& left_out);
Result<void> read_keylime_refstate(const Json& file, ReferenceCollector& out, LeftOut& left_out);
Result<void> read_keylime_policy(const Json& file, ReferenceCollector& out, LeftOut& left_out);

}  // namespace quotemill::references
