// One host of a bulk import, as a line of the operator's file and as an element of the request.
//
//   {"name": "web-01", "ak_public": "0001000b…", "curve_key": "Yne@$w-v…",
//    "ek_public": "0001000b…", "ek_certificate": "3082…", "uid": "3f0c1d2e…"}
//
// name, ak_public and curve_key are required. Public areas (TPM2B_PUBLIC or TPMT_PUBLIC), the
// certificate (DER) and the uid are hexadecimal; the CURVE key is Z85, as key files have it. Pure
// functions: any thread.
#pragma once

#include "engine/base/result.h"
#include "engine/identity/imported_identity.h"
#include "transport/render/json.h"

namespace quotemill::transport {

// The fields as bytes, their contents unchecked (imported_record() does that). kConfig: the detail
// names the field, what is wrong with it, and what would be right.
Result<ImportedIdentity> read_import(const Json& line);

Json render_import(const ImportedIdentity& identity);

}  // namespace quotemill::transport
