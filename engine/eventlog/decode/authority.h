// Authorities: what allowed an image to run, as EV_EFI_VARIABLE_AUTHORITY shows it (PFP 1.06,
// 3.3.4.8): an EFI_SIGNATURE_DATA of db or MokList, or, by shim, a certificate alone.
#pragma once

#include <string>

#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill {

struct Authority {
  Guid owner;            // zeros if the event has none
  ByteView certificate;  // DER; empty if it is a digest or nothing that we know. Borrowed.
  ByteView digest;       // of an image; empty unless that allowed it
};

Authority decode_authority(ByteView value);

// Subject, issuer and SHA-256 fingerprint, or the digest.
Fields describe_authority(const Authority& authority);

}  // namespace quotemill
