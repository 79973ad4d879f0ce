// What the engine makes of runtime lists on one thread, from their bytes in memory.
#pragma once

namespace quotemill::bench {

// engine/ima_read/<n>, engine/ima_replay/<n>, engine/ima_judge/<n>: per entry of lists of 10,000
// and 100,000 entries. The quote has shown already that the kernel hashes the data for the bank.
void register_ima_lists();

}  // namespace quotemill::bench
