// Conversions between OpenSSL's values and ours, shared by the sources of this folder alone.
// All borrow what they are given and may be called from any thread.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/public_key.h"

namespace quotemill {

// The name under which OpenSSL's providers know the algorithm; nullptr for SM3, which is not
// computed.
const char* provider_name(HashAlgorithm algorithm);

// A number of a key, big-endian, left-padded with zeros to `size`; empty if the key has none of
// this name or it is longer.
Bytes key_number(const EVP_PKEY* key, const char* name, std::size_t size);

// What OpenSSL uses the key in, for one purpose; null if it refuses, or has no memory for the key.
EvpPkeyCtx context_of(const PublicKey& key);

// RFC 2253, all but printable ASCII escaped.
std::string printed_name(const X509_NAME* name);

// What one of OpenSSL's i2d_ functions writes; empty if it refuses.
template <class T>
Bytes to_der(int (*encode)(const T*, unsigned char**), const T* value) {
  const int size = encode(value, nullptr);
  if (size <= 0) {
    return {};
  }
  Bytes der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  encode(value, &at);
  return der;
}

}  // namespace quotemill
