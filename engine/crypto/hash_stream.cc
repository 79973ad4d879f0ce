#include "engine/crypto/hash_stream.h"

#include <cstdlib>

#include "engine/crypto/handles.h"

namespace quotemill {
namespace {

const EVP_MD* function_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return EVP_sha1();
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
    case HashAlgorithm::kSm3_256:
      break;
  }
  return nullptr;
}

// As in hash.cc: a process that cannot hash cannot judge.
void must(int done) {
  if (done != 1) {
    std::abort();
  }
}

}  // namespace

struct HashStream::State {
  EvpMdCtx context{EVP_MD_CTX_new()};
};

HashStream::HashStream(HashAlgorithm algorithm)
    : algorithm_(algorithm), state_(std::make_unique<State>()) {
  must(EVP_DigestInit_ex(state_->context.get(), function_of(algorithm), nullptr));
}

HashStream::~HashStream() = default;

void HashStream::add(ByteView bytes) {
  must(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

Digest HashStream::finish() {
  Digest result(algorithm_);
  must(EVP_DigestFinal_ex(state_->context.get(), result.writable().data(), nullptr));
  return result;
}

}  // namespace quotemill
