#include "bench/fleet/esxi_base_image.h"

#include <algorithm>

#include "engine/crypto/hash.h"

namespace quotemill::bench {

BaseImage base_image_of(const EsxiImageModel& model) {
  BaseImage image;
  image.name = model.name;
  image.database = hash(HashAlgorithm::kSha256, model.database);
  for (const EsxiBootFile& file : model.files) {
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

}  // namespace quotemill::bench
