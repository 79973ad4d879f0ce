// What a key is called wherever it is shown or asked for by policies: its type and size, in the
// words of TPM tools ("rsa2048", "ecc_p256"). Pure function: any thread.
#pragma once

#include <string>

#include "engine/crypto/public_key.h"

namespace quotemill {

// `bits` are those of an RSA modulus; a curve has its own.
std::string key_name(KeyKind kind, unsigned bits);

}  // namespace quotemill
