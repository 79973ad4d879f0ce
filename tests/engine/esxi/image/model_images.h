// Simulated images of ESXi as an importer would have made them.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "bench/fleet/esxi_image_model.h"
#include "engine/baseline/baseline.h"
#include "engine/crypto/hash.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::testing {

inline BaseImage image_of(const bench::EsxiImageModel& model) {
  BaseImage image;
  image.name = model.name;
  image.database = hash(HashAlgorithm::kSha256, model.database);
  for (const bench::EsxiBootFile& file : model.files) {
    if (file.vib.empty()) {
      continue;
    }
    auto vib = std::find_if(image.vibs.begin(), image.vibs.end(),
                            [&](const Vib& each) { return each.name == file.vib; });
    if (vib == image.vibs.end()) {
      image.vibs.push_back({file.vib, file.vib_version, "VMware", AcceptanceLevel::kCertified, {}});
      vib = image.vibs.end() - 1;
    }
    vib->payloads.push_back({file.payload, file.name, hash(HashAlgorithm::kSha256, file.content)});
  }
  derive_from_vibs(image);
  return image;
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
