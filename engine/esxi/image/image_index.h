// ImageIndex: which VIBs of which known images have a content of this digest.
//
// Names of modules in a boot log are nobody's word; their digests are the TPM's. So the way goes
// from the digest to the VIB, never from the name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/esxi/image/base_image.h"

namespace quotemill {

struct KnownImage {
  std::shared_ptr<const BaseImage> image;
  // What an operator said that hosts may boot. The others only give names.
  bool is_approved = false;
  Digest id = {};  // of the file that it was imported from: what findings name it by
};

// Immutable; any thread. The order of the images is the caller's.
class ImageIndex {
 public:
  // A payload: numbers into images(), vibs and payloads.
  struct Place {
    std::uint32_t image = 0;
    std::uint32_t vib = 0;
    std::uint32_t payload = 0;
  };

  ImageIndex() = default;
  explicit ImageIndex(std::vector<KnownImage> images);

  [[nodiscard]] const std::vector<KnownImage>& images() const { return images_; }

  // All payloads with this content, in the order of the images. A payload of no bytes is found
  // under both digests that stand for it: that of nothing, and that of the one zero byte which the
  // boot loader measures in its place.
  [[nodiscard]] std::span<const Place> find(const Digest& digest) const;

  // What the image boots under this name, as a number in boot_files().
  [[nodiscard]] std::optional<std::size_t> find_boot_file(std::uint32_t image,
                                                          std::string_view name) const;

  // The image whose database this is the digest of; an approved one if there are several.
  [[nodiscard]] std::optional<std::uint32_t> find_database(const Digest& digest) const;

  // What an image boots: payloads with a boot file, in the order of those names.
  [[nodiscard]] std::span<const Place> boot_files(std::uint32_t image) const {
    return boot_files_[image];
  }

  // Whether a host can have booted it, and not only a VIB of it: it names boot files, and its
  // release is known.
  [[nodiscard]] bool is_bootable(std::uint32_t image) const {
    return !boot_files_[image].empty() && images_[image].image->version.is_known();
  }

  [[nodiscard]] const Vib& vib(const Place& place) const {
    return images_[place.image].image->vibs[place.vib];
  }

  [[nodiscard]] const VibPayload& payload(const Place& place) const {
    return vib(place).payloads[place.payload];
  }

 private:
  void add(std::uint32_t image);
  void add(const Digest& digest, const Place& place);
  void sort();

  std::vector<KnownImage> images_;
  std::vector<Digest> digests_;  // sorted; places_[i] has digests_[i]
  std::vector<Place> places_;
  std::vector<std::vector<Place>> boot_files_;  // of each image
};

// "b.b00" of "/b.b00". Borrows.
inline std::string_view file_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// Whether it is what an empty file is measured as, by the boot loader or by a kernel.
bool is_empty_content(const Digest& digest);

// Whether it is a single newline: an options file that nobody has changed.
bool is_newline(const Digest& digest);

}  // namespace quotemill
