#include "deploy/quotemilld/uploads.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill::daemon {
namespace {

Error refused(ErrorCode code, std::string detail) {
  return {code, "upload", 0, std::move(detail)};
}

auto by_id(const Digest& id) {
  return [&id](const auto& upload) { return upload.id == id; };
}

}  // namespace

Result<std::uint64_t> Uploads::add(const Digest& id, std::uint64_t size, std::uint64_t offset,
                                   ByteView part) {
  if (size > limits::kReferenceFileSizeMax || part.size() > limits::kUploadPartSizeMax) {
    return refused(
        ErrorCode::kTooLarge,
        "a file has at most " + std::to_string(limits::kReferenceFileSizeMax) + " bytes");
  }
  const std::lock_guard lock(mutex_);
  if (offset == 0) {
    std::erase_if(uploads_, by_id(id));
    if (uploads_.size() == limits::kUploadsMax) {
      uploads_.pop_front();
    }
    uploads_.push_back({id, size, std::make_shared<std::string>()});
  }
  const auto upload = std::find_if(uploads_.begin(), uploads_.end(), by_id(id));
  if (upload == uploads_.end() || upload->size != size || upload->content->size() != offset ||
      part.size() > size - offset) {
    return refused(ErrorCode::kConflict, "this part does not follow; send the file again");
  }
  upload->content->append(as_text(part));
  if (upload->content->size() == size &&
      hash(HashAlgorithm::kSha256, as_bytes(*upload->content)) != id) {
    uploads_.erase(upload);
    return refused(ErrorCode::kMismatch, "is not the file that was announced; send it again");
  }
  return upload->content->size();
}

Result<std::shared_ptr<const std::string>> Uploads::find(const Digest& id) const {
  const std::lock_guard lock(mutex_);
  const auto upload = std::find_if(uploads_.begin(), uploads_.end(), by_id(id));
  if (upload == uploads_.end() || upload->content->size() != upload->size) {
    return refused(ErrorCode::kNotFound, "the file is not there; send it again");
  }
  // Whole, so nobody writes to it any more.
  return std::shared_ptr<const std::string>(upload->content);
}

void Uploads::forget(const Digest& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(uploads_, by_id(id));
}

}  // namespace quotemill::daemon
