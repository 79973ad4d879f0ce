// EK certificates as large, and as hard to compress, as those of real TPMs: what a CA writes of
// every TPM of a series, and a serial number, a key of RSA-2048 and a signature of each one's own.
#pragma once

#include "engine/base/bytes.h"

namespace quotemill::bench {

// DER of some 1.2 kB. It can be parsed; its signature does not hold, and its modulus is no product
// of two primes that anybody knows: stored ones are not checked. The same for equal numbers.
Bytes ek_certificate_of(unsigned number);

}  // namespace quotemill::bench
