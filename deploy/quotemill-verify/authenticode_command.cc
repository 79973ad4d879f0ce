#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/json_parts.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/expect/authenticode.h"

namespace quotemill::offline {
namespace {

struct HashedImage {
  std::string path;  // as it was given
  Digest digest;
};

Result<HashedImage> hash_image(const std::string& path, HashAlgorithm bank) {
  const Result<Bytes> file = read_file(path, limits::kBootImageSizeMax);
  if (!file) {
    return file.error();
  }
  const Result<Digest> digest = authenticode(bank, *file);
  if (!digest) {
    Error error = digest.error();
    error.detail = escaped(path);
    return error;
  }
  return HashedImage{path, *digest};
}

void print_json(const std::vector<HashedImage>& images) {
  Json json = {{"images", Json::array()}};
  for (const HashedImage& image : images) {
    json["images"].push_back({{"file", image.path},
                              {"algorithm", name_of(image.digest.algorithm())},
                              {"digest", image.digest.hex()}});
  }
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

// As sha256sum prints lines.
void print_text(const std::vector<HashedImage>& images) {
  for (const HashedImage& image : images) {
    std::cout << image.digest.hex() << "  " << image.path << '\n';
  }
}

}  // namespace

int run_authenticode(const AuthenticodeOptions& options) {
  const std::optional<HashAlgorithm> bank = hash_algorithm_named(options.bank);
  if (!bank || !can_hash(*bank)) {
    std::cerr << "quotemill-verify: --bank: sha1, sha256, sha384 or sha512\n";
    return kExitNotJudged;
  }
  std::vector<HashedImage> images;
  for (const std::string& path : options.images) {
    const Result<HashedImage> image = hash_image(path, *bank);
    if (!image) {
      std::cerr << "quotemill-verify: " << image.error().to_string() << '\n';
      continue;
    }
    images.push_back(*image);
  }
  options.json ? print_json(images) : print_text(images);
  return images.size() == options.images.size() ? kExitProven : kExitNotJudged;
}

}  // namespace quotemill::offline
