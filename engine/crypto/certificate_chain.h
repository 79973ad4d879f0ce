// TrustedRoots: the CA certificates that EK certificates must chain to.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/crypto/certificate.h"

namespace quotemill {

// Immutable after construction; any thread.
class TrustedRoots {
 public:
  // Self-signed CA certificates become anchors, all other CA certificates intermediates. Those that
  // are no CA are left out.
  explicit TrustedRoots(const std::vector<Certificate>& certificates);

  [[nodiscard]] std::size_t anchors() const { return anchors_; }

  [[nodiscard]] std::size_t intermediates() const { return intermediates_; }

  // Whether `ek` chains to an anchor at time `at`. `sent` are intermediates that came with the
  // evidence: they help to build the path and are never trusted by themselves. Refused: a leaf that
  // is a CA, an expired or not yet valid link, an unhandled critical extension (the critical SAN
  // that TCG prescribes for EK certificates with an empty subject is handled), a chain longer than
  // limits::kCertificateChainMax. The Error's detail says which certificate and why (escaped).
  [[nodiscard]] Result<void> check_ek_certificate(const Certificate& ek, WallTime at,
                                                  const std::vector<Certificate>& sent = {}) const;

 private:
  struct Store;
  std::shared_ptr<const Store> store_;
  std::size_t anchors_ = 0;
  std::size_t intermediates_ = 0;
};

}  // namespace quotemill
