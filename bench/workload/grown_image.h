// Images of which a benchmark has more, or larger ones, than the modelled one.
#pragma once

#include "bench/workload/boot_image.h"

namespace quotemill::bench {

// The modelled boot with commands of its boot loader added, so that its log has so many events.
BootImage longer_image(unsigned events);

// Machines that boot one of so many images in turn, which have hardly an event in common.
BootImage different_images(unsigned count);

}  // namespace quotemill::bench
