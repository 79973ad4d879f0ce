// What the engine makes of evidence on one thread: from the bytes of a batch in memory to verdicts,
// by judge(), the body of the pipeline's parallel stage.
#pragma once

#include <vector>

#include "bench/workload/boot_image.h"

namespace quotemill::bench {

// engine/quote_only/<key>: hosts of which nothing changed since their last complete proof.
// engine/first_seen/<image>/rsa2048: a whole log beside the quote, from a host never seen before.
// engine/fleet/<image>/rsa2048: the same, from many machines of one image.
void register_judging(const std::vector<BootImage>& images);

}  // namespace quotemill::bench
