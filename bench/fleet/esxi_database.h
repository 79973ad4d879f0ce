// The image database of a simulated ESXi image: what gunzip makes of the imgdb.tgz that its hosts
// boot with, a tar of VMware's descriptors. The same image gives the same bytes.
#pragma once

#include "bench/fleet/esxi_image_model.h"

namespace quotemill::bench {

// Of the files that VIBs brought.
Bytes esxi_image_database(const EsxiImageModel& image);

}  // namespace quotemill::bench
