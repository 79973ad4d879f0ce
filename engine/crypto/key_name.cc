#include "engine/crypto/key_name.h"

namespace quotemill {

std::string key_name(KeyKind kind, unsigned bits) {
  switch (kind) {
    case KeyKind::kRsa:
      return "rsa" + std::to_string(bits);
    case KeyKind::kEcP256:
      return "ecc_p256";
    case KeyKind::kEcP384:
      return "ecc_p384";
    case KeyKind::kEcP521:
      return "ecc_p521";
  }
  return "unknown";
}

}  // namespace quotemill
