// Simulated images of ESXi as an importer would have made them.
#pragma once

#include <memory>
#include <string>

#include "bench/fleet/esxi_base_image.h"
#include "engine/baseline/baseline.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::testing {

inline BaseImage image_of(const bench::EsxiImageModel& model) {
  return bench::base_image_of(model);
}

inline std::shared_ptr<const Baseline> image_baseline(BaseImage image, bool is_approved) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = is_approved ? "approved" : "known";
  baseline->version = 1;
  baseline->file = ImportedFile{
      hash(HashAlgorithm::kSha256, as_bytes(image.name)), 1, "esxi-image", "f", "alice", 0};
  baseline->image = std::make_shared<const BaseImage>(std::move(image));
  baseline->approved.ms = is_approved ? 1 : 0;
  return baseline;
}

}  // namespace quotemill::testing
