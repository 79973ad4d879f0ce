// A simulated ESXi image as an importer would have made it of its image database.
#pragma once

#include "bench/fleet/esxi_image_model.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::bench {

BaseImage base_image_of(const EsxiImageModel& model);

}  // namespace quotemill::bench
