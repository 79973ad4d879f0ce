// The keys that tests sign with: those of the simulated machines.
#pragma once

#include "bench/fleet/signing_key.h"

namespace quotemill::testing {

using bench::cached_key;
using bench::encoded_again;
using bench::good_attestation_key;
using bench::good_endorsement_key;
using bench::Signature;
using bench::SigningKey;

}  // namespace quotemill::testing
