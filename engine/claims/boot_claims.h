// BootClaims: all that a boot log tells of a machine, each with what it rests on.
//
// Pure functions of the log; lazy: the path of evidence draws only what a policy asks for.
// Everything borrows the log. What a claim says of a *proven* fact holds if a quote shows the PCRs
// that the ProvenLog was given.
#pragma once

#include <optional>

#include "engine/claims/boot_chain.h"
#include "engine/claims/dbx_level.h"
#include "engine/claims/platform.h"
#include "engine/claims/secure_boot.h"
#include "engine/claims/signature_databases.h"
#include "engine/eventlog/decode/sbat_level.h"

namespace quotemill {

struct SbatClaim {
  std::optional<SbatLevel> level;  // the last one that was measured
  bool repeated = false;           // there are others: anybody can append one to PCR 7
  Ground ground;
};

struct BootClaims {
  SecureBootClaim secure_boot;
  SignatureDatabases databases;
  std::vector<DbxLevelClaim> dbx_level;  // empty without a list
  SbatClaim sbat;
  BootChain chain;
  PlatformClaims platform;
};

// `list`: nullptr if the dbx is not to be compared.
BootClaims draw_boot_claims(const ProvenLog& log, const DbxList* list);

// For people and JSON: "secure_boot", "databases", "authorities", "dbx_level", "sbat_level",
// "images", "kernel_command_line", "files", "sections", "firmware", "option_roms", "alarms".
Fields describe_claims(const BootClaims& claims);

}  // namespace quotemill
