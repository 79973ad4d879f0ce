// How a host's record names the EK certificate that the store keeps for it.
#pragma once

#include "engine/base/bytes.h"
#include "engine/identity/host_record.h"

namespace quotemill {

// Whatever the bytes are: those that are no certificate have no end (EkCertificateName::not_after).
// Pure.
EkCertificateName name_of_ek_certificate(ByteView der);

}  // namespace quotemill
