// Signatures as lists carry them: security.ima and PKCS #7.
#include "engine/crypto/check_signature.h"
#include "engine/crypto/cms_signature.h"
#include "engine/eventlog/ima_signature.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace quotemill;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  if (const auto signature = read_ima_signature(bytes)) {
    require(signature->bytes.size() + 9 == size);
    static_cast<void>(signature->signed_digest(Digest(HashAlgorithm::kSha256)));
  }
  SignatureView numbers;
  if (read_ecdsa_der(bytes, numbers)) {
    require(numbers.first.size() + numbers.second.size() < size);
  }
  static_cast<void>(CmsSignatures::from_der(bytes));
  return 0;
}
