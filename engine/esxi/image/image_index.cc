#include "engine/esxi/image/image_index.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace quotemill {
namespace {

Digest sha256_of_hex(std::string_view hex) {
  const std::optional<Bytes> bytes = from_hex(hex);
  return Digest::from(HashAlgorithm::kSha256, *bytes).value();
}

// SHA-256 of no byte, of one zero byte, of a newline.
const Digest& nothing() {
  static const Digest kDigest =
      sha256_of_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  return kDigest;
}

const Digest& zero_byte() {
  static const Digest kDigest =
      sha256_of_hex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  return kDigest;
}

const Digest& newline() {
  static const Digest kDigest =
      sha256_of_hex("01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b");
  return kDigest;
}

}  // namespace

bool is_empty_content(const Digest& digest) {
  return digest == nothing() || digest == zero_byte();
}

bool is_newline(const Digest& digest) {
  return digest == newline();
}

ImageIndex::ImageIndex(std::vector<KnownImage> images) : images_(std::move(images)) {
  boot_files_.resize(images_.size());
  for (std::uint32_t image = 0; image < images_.size(); ++image) {
    add(image);
  }
  sort();
}

void ImageIndex::add(std::uint32_t image) {
  const std::vector<Vib>& vibs = images_[image].image->vibs;
  for (std::uint32_t vib = 0; vib < vibs.size(); ++vib) {
    for (std::uint32_t payload = 0; payload < vibs[vib].payloads.size(); ++payload) {
      const Place place{image, vib, payload};
      const VibPayload& each = vibs[vib].payloads[payload];
      add(each.digest, place);
      if (each.digest == nothing()) {
        add(zero_byte(), place);
      }
      if (!each.boot_file.empty()) {
        boot_files_[image].push_back(place);
      }
    }
  }
  std::sort(boot_files_[image].begin(), boot_files_[image].end(),
            [this](const Place& left, const Place& right) {
              return payload(left).boot_file < payload(right).boot_file;
            });
}

void ImageIndex::add(const Digest& digest, const Place& place) {
  digests_.push_back(digest);
  places_.push_back(place);
}

void ImageIndex::sort() {
  std::vector<std::size_t> order(digests_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t left, std::size_t right) {
    return digests_[left] < digests_[right];
  });
  std::vector<Digest> digests;
  std::vector<Place> places;
  digests.reserve(order.size());
  places.reserve(order.size());
  for (const std::size_t from : order) {
    digests.push_back(digests_[from]);
    places.push_back(places_[from]);
  }
  digests_ = std::move(digests);
  places_ = std::move(places);
}

std::span<const ImageIndex::Place> ImageIndex::find(const Digest& digest) const {
  const auto [first, last] = std::equal_range(digests_.begin(), digests_.end(), digest);
  return std::span(places_).subspan(static_cast<std::size_t>(first - digests_.begin()),
                                    static_cast<std::size_t>(last - first));
}

std::optional<std::size_t> ImageIndex::find_boot_file(std::uint32_t image,
                                                      std::string_view name) const {
  const std::vector<Place>& files = boot_files_[image];
  const auto found = std::lower_bound(files.begin(), files.end(), name,
                                      [this](const Place& place, std::string_view wanted) {
                                        return payload(place).boot_file < wanted;
                                      });
  return found != files.end() && payload(*found).boot_file == name
             ? std::optional(static_cast<std::size_t>(found - files.begin()))
             : std::nullopt;
}

std::optional<std::uint32_t> ImageIndex::find_database(const Digest& digest) const {
  std::optional<std::uint32_t> found;
  for (std::uint32_t image = 0; image < images_.size(); ++image) {
    if (images_[image].image->database == digest &&
        (!found || (images_[image].is_approved && !images_[*found].is_approved))) {
      found = image;
    }
  }
  return found;
}

}  // namespace quotemill
