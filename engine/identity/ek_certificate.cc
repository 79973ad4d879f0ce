#include "engine/identity/ek_certificate.h"

#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"

namespace quotemill {

EkCertificateName name_of_ek_certificate(ByteView der) {
  const Result<Certificate> certificate = Certificate::from_nv(der);
  return {hash(HashAlgorithm::kSha256, der), certificate ? certificate->not_after() : WallTime{}};
}

}  // namespace quotemill
