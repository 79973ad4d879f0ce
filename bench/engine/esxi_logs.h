// engine/esxi_read/<modules>: one tagged event of an ESXi host's log decoded, its data's hash
// checked in each bank, and held against ESXi's order. Logs of many hosts in turn, of bench/fleet's
// generator; framing and proofs (engine/log_parse, engine/log_proofs) are not in it.
#pragma once

namespace quotemill::bench {

void register_esxi_logs();

}  // namespace quotemill::bench
