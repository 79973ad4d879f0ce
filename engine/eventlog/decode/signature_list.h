// EFI_SIGNATURE_LIST (UEFI 2.10, 32.4.1): the contents of PK, KEK, db, dbx and shim's lists.
#pragma once

#include <vector>

#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill {

// One EFI_SIGNATURE_DATA and the type of its list. Borrows.
struct SignatureEntry {
  Guid type;
  Guid owner;
  ByteView data;  // a certificate, a digest
};

// All entries of lists that follow each other to the end; at most limits::kSignaturesMax. No bytes
// are no entries. An Error names the first list that does not fit.
Result<std::vector<SignatureEntry>> decode_signature_lists(ByteView bytes);

// One entry for people: its kind, owner, and of a certificate subject, issuer and SHA-256
// fingerprint.
Fields describe_signature(const SignatureEntry& entry);

// Of at most limits::kSignaturesShownMax entries.
std::vector<Fields> describe_signatures(const std::vector<SignatureEntry>& entries);

}  // namespace quotemill
