#include "bench/workload/boot_image.h"

#include "bench/fleet/measured_boot_model.h"

namespace quotemill::bench {

BootImage model_image() {
  return {"model120", [](unsigned machine) {
            MeasuredBootModel model;
            model.host_seed = machine;
            return write_boot_log(model);
          }};
}

}  // namespace quotemill::bench
