// ImaKeyring: the certificates whose keys may sign what hosts run, and the check of an entry's
// signatures against them.
//
// Linux, security/integrity/digsig_asymmetric.c: a signature names its key by the last four bytes
// of the subject key identifier; of several keys that it may be, one must hold. Validity in time is
// not looked at: the kernel does not, either.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/crypto/certificate.h"
#include "engine/eventlog/ima_template.h"

namespace quotemill {

enum class ImaSignatureState : std::uint8_t {
  kNone,         // the entry shows no signature
  kValid,        // by a key of the keyring, over the file's digest
  kKeyUnknown,   // by a key that is not in the keyring
  kInvalid,      // not what its key signed
  kUnsupported,  // of a kind that says nothing of the content, or malformed
};

struct ImaSignatureCheck {
  ImaSignatureState state = ImaSignatureState::kNone;
  std::uint32_t key_id = 0;             // as the signature names it; 0 for module signatures
  const Certificate* signer = nullptr;  // kValid; the keyring's
};

class ImaKeyring {
 public:
  // A certificate that is there already is not added again. False if the keyring is full
  // (limits::kTrustedCertificatesMax).
  bool add(Certificate certificate);

  [[nodiscard]] std::size_t size() const { return certificates_.size(); }

  // The certificate with exactly this DER; nullptr if there is none.
  [[nodiscard]] const Certificate* find(ByteView der) const;

  // sig, else modsig. Any thread; the keyring must not change meanwhile.
  [[nodiscard]] ImaSignatureCheck check(const ImaFields& fields) const;

 private:
  [[nodiscard]] ImaSignatureCheck check_file_signature(const ImaFields& fields) const;
  [[nodiscard]] ImaSignatureCheck check_module_signature(const ImaFields& fields) const;

  std::vector<Certificate> certificates_;
  std::unordered_multimap<std::uint32_t, std::size_t> by_key_id_;
};

// The number by which signatures name this certificate's key, from its subject key identifier or,
// if it has none, from the key itself.
std::uint32_t ima_key_id(const Certificate& certificate);

}  // namespace quotemill
