// CmsSignatures: a detached PKCS #7 / CMS SignedData (RFC 5652), as Linux appends it to kernel
// modules and IMA lists it (modsig).
#pragma once

#include <memory>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/crypto/certificate.h"

struct CMS_ContentInfo_st;  // CMS_ContentInfo

namespace quotemill {

class CmsSignatures {
 public:
  // Exactly one SignedData; trailing bytes are an error.
  static Result<CmsSignatures> from_der(ByteView der);

  // Whether one of the signers is named by the certificate (issuer and serial, or key identifier).
  [[nodiscard]] bool names(const Certificate& signer) const;

  // Whether `signer` signed content with this digest: directly, or by signed attributes that hold
  // the digest. RSASSA and ECDSA. Neither validity nor chain of the certificate is looked at.
  [[nodiscard]] bool hold(const Certificate& signer, const Digest& content) const;

 private:
  explicit CmsSignatures(std::shared_ptr<CMS_ContentInfo_st> message)
      : message_(std::move(message)) {}

  std::shared_ptr<CMS_ContentInfo_st> message_;
};

}  // namespace quotemill
