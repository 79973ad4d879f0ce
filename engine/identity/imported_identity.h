// Imported identities: hosts whose keys an operator brings from elsewhere, such as another verifier
// or the factory's delivery list. No TPM proved that its AK lives beside its EK, and the record
// says so for good (HostRecord::is_imported()): the policy decides what that is worth. A host whose
// TPM proves itself later is imported no more (admission.h).
//
// Pure. Whether the keys and the name are still free is the caller's to look up.
#pragma once

#include <optional>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"
#include "engine/identity/host_record.h"

namespace quotemill {

// As it was written down, unchecked.
struct ImportedIdentity {
  std::string name;
  Bytes ek_public;       // TPM2B_PUBLIC or TPMT_PUBLIC; may be empty
  Bytes ek_certificate;  // DER, or as the TPM keeps it in NV; may be empty
  Bytes ak_public;       // TPM2B_PUBLIC or TPMT_PUBLIC
  CurveKey curve_key{};
  std::optional<HostUid> uid;  // none: a fresh one
};

struct ImportedRecord {
  HostRecord record;
  Bytes ek_certificate;  // the DER that the record names; empty: none
};

struct ImportContext {
  std::string who;    // the operator's name, printable
  HostUid fresh_uid;  // random; used if the identity has none
  WallTime now;
};

// The active host that it becomes. Checked as an enrolment would: the name's form, the attributes
// of AK and EK, the certificate's key against the EK. A certificate's chain is not: nothing of it
// would be proof. Details of the Errors say what to do, and are escaped.
Result<ImportedRecord> imported_record(const ImportedIdentity& identity,
                                       const ImportContext& context);

}  // namespace quotemill
