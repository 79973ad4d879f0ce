// SignatureDatabases: whom the firmware trusts to start code (PK, KEK, db), whom it does not (dbx),
// and what it let run in fact: the authorities, joined to the entries that allowed them.
#pragma once

#include <string>
#include <vector>

#include "engine/claims/ground.h"
#include "engine/eventlog/decode/signature_list.h"

namespace quotemill {

struct SignatureDatabase {
  std::string name;  // "PK", "KEK", "db", "dbx", "dbt", "dbr"
  Ground ground;
  std::vector<SignatureEntry> entries;  // borrow the log
  bool readable = true;                 // false: its lists do not fit
};

struct AuthorityClaim {
  std::string variable;  // where it came from by the event: "db", "MokList", "Shim", "vendor_db"
  Ground ground;
  std::string subject;            // of the certificate; empty if an image's digest was allowed
  std::string sha256;             // of the certificate, or the digest that was allowed
  std::string allowed_by;         // the database with this very entry; empty if none has it
  bool before_separator = false;  // it let a driver run, before any boot application
};

struct SignatureDatabases {
  std::vector<SignatureDatabase> databases;  // in the log's order
  std::vector<AuthorityClaim> authorities;

  // The last one of this name before PCR 7's separator; nullptr if there is none.
  [[nodiscard]] const SignatureDatabase* find(std::string_view name) const;
};

SignatureDatabases claim_signature_databases(const ProvenLog& log);

}  // namespace quotemill
