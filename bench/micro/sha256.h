// Sha256: the fastest way to OpenSSL's SHA-256 through its public interface: an algorithm that is
// fetched once, and one context that is initialised again without naming it.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/crypto/handles.h"

namespace quotemill::bench {

class Sha256 {
 public:
  static constexpr std::size_t kSize = 32;

  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr);
  }

  // `out`: kSize bytes; may be part of `bytes`.
  void digest(ByteView bytes, std::uint8_t* out) {
    EVP_DigestInit_ex2(context_.get(), nullptr, nullptr);
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context_.get(), out, nullptr);
  }

 private:
  EvpMd algorithm_;
  EvpMdCtx context_;
};

}  // namespace quotemill::bench
