// What it costs to say what software ESXi hosts booted, and to judge it, on one thread.
#pragma once

namespace quotemill::bench {

// engine/esxi/first_seen: each host as if nobody had seen its list of modules before.
// engine/esxi/repeated: a generated fleet of 100,000 hosts on 20 images of 150 modules, one after
// another, as one engine sees them. Both from the boot log's bytes to findings.
void register_esxi_software();

}  // namespace quotemill::bench
