#include "engine/claims/boot_claims.h"

#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

// What shim enforces, as it measures it into PCR 7 with its own name. The last one counts: shim may
// raise the level within a boot.
SbatClaim claim_sbat(const ProvenLog& log) {
  constexpr std::uint32_t kPcr = 7;
  SbatClaim claim;
  for (const BootEvent& event : log.log().events) {
    if (event.pcr != kPcr || event.type != event_type::kEfiVariableAuthority) {
      continue;
    }
    const Result<EfiVariable> variable = decode_efi_variable(event.data);
    if (!variable || !variable->is(guids::kShimLock, "SbatLevel")) {
      continue;
    }
    claim.repeated = claim.ground.standing != Standing::kAbsent;
    claim.ground = ground_of_data(log, event);
    const Result<SbatLevel> level = decode_sbat_level(variable->value);
    if (level) {
      claim.level = *level;
    } else {
      claim.level.reset();
      claim.ground.standing = Standing::kUnproven;
      claim.ground.because = level.error().to_string();
    }
  }
  return claim;
}

}  // namespace

BootClaims draw_boot_claims(const ProvenLog& log, const DbxList* list) {
  BootClaims claims;
  claims.databases = claim_signature_databases(log);
  claims.secure_boot = claim_secure_boot(log, claims.databases);
  if (list != nullptr) {
    claims.dbx_level = claim_dbx_level(claims.databases, *list);
  }
  claims.sbat = claim_sbat(log);
  claims.chain = claim_boot_chain(log);
  claims.platform = claim_platform(log, claims.databases);
  return claims;
}

}  // namespace quotemill
