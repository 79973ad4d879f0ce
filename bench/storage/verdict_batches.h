// What the commit stage hands to the store while nothing happens to hosts.
#pragma once

#include "bench/workload/boot_image.h"
#include "engine/ports/records.h"

namespace quotemill::bench {

// Its own batch for one unchanged quote of each of so many machines of the image.
CommitBatch unchanged_verdicts(const BootImage& image, unsigned hosts);

// Makes of it the next verdict on each host, which says the same.
void advance(CommitBatch& batch);

}  // namespace quotemill::bench
