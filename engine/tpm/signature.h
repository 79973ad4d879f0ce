// TPMT_SIGNATURE (TPM 2.0 Part 2, 11.3.4): RSASSA, RSAPSS and ECDSA; all else is kUnsupported.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/crypto/check_signature.h"

namespace quotemill {

// The views borrow `bytes`.
Result<SignatureView> decode_signature(ByteView bytes);

Bytes encode_signature(const SignatureView& signature);

}  // namespace quotemill
