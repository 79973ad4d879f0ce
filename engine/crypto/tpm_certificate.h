// What an EK certificate says of its TPM (TCG EK Credential Profile 2.5, 3.2.9): the attributes of
// the directory name in its subjectAltName. They are its maker's words, as good as the chain.
#pragma once

#include <string>

#include "engine/crypto/certificate.h"

namespace quotemill {

// Escaped for printing; empty where the certificate does not say.
struct TpmAttributes {
  std::string manufacturer;  // the id as text, "STM", or as it is, "id:00001014"
  std::string model;
  std::string version;
  std::string issuer;  // RFC 2253
};

TpmAttributes tpm_attributes(const Certificate& certificate);

}  // namespace quotemill
