#include "engine/claims/secure_boot.h"

#include <gtest/gtest.h>

#include "tests/engine/claims/claimed_log.h"

namespace quotemill {
namespace {

using testing::ClaimedLog;
using testing::signature_list;
using testing::variable_data;

SecureBootClaim claim_of(ClaimedLog& log) {
  return log.claims().secure_boot;
}

TEST(SecureBootClaim, IsProvenByAConsistentPcr7) {
  ClaimedLog log;
  const SecureBootClaim claim = claim_of(log.secure_boot(1));
  EXPECT_EQ(claim.enabled, true);
  EXPECT_EQ(claim.ground.standing, Standing::kProven) << claim.ground.because;
  EXPECT_EQ(claim.mode, SecureBootMode::kUser);
  EXPECT_FALSE(claim.argument.empty());
}

TEST(SecureBootClaim, OffIsProvenAsWell) {
  ClaimedLog log;
  const SecureBootClaim claim = claim_of(log.secure_boot(0));
  EXPECT_EQ(claim.enabled, false);
  EXPECT_EQ(claim.ground.standing, Standing::kProven);
}

TEST(SecureBootClaim, ModesAreToldByTheirVariables) {
  ClaimedLog setup;
  setup.global("SecureBoot", Bytes{0}).global("PK", {}).separator(7);
  EXPECT_EQ(claim_of(setup).mode, SecureBootMode::kSetup);
  ClaimedLog audit;
  audit.global("SecureBoot", Bytes{0}).global("PK", {}).global("AuditMode", Bytes{1}).separator(7);
  EXPECT_EQ(claim_of(audit).mode, SecureBootMode::kAudit);
  ClaimedLog deployed;
  deployed.global("DeployedMode", Bytes{1}).secure_boot(1);
  EXPECT_EQ(claim_of(deployed).mode, SecureBootMode::kDeployed);
}

TEST(SecureBootClaimHostile, DeletedPcr7ClaimsNothing) {
  ClaimedLog log;
  const SecureBootClaim claim = claim_of(log.separator(0));
  EXPECT_FALSE(claim.enabled);
  EXPECT_EQ(claim.ground.standing, Standing::kAbsent);
  EXPECT_NE(claim.ground.because, "");
}

TEST(SecureBootClaimHostile, Go20266893_EventsAppendedAfterTheRealOnesRetaggedProveNothing) {
  ClaimedLog log;
  const Bytes real = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{0});
  log.labelled(7, 0x12345678, Bytes{1}, real);
  log.labelled(7, 0x12345678, Bytes{1}, Bytes(4));  // the real separator
  const SecureBootClaim claim = claim_of(log.secure_boot(1));
  EXPECT_NE(claim.ground.standing, Standing::kProven);
}

TEST(SecureBootClaimHostile, Go20266893_RetaggingAsAKnownTypeProvesNothingEither) {
  for (const std::uint32_t type :
       {event_type::kEfiAction, event_type::kEfiVariableAuthority, event_type::kSeparator,
        event_type::kEfiBootServicesApplication, event_type::kIpl, event_type::kEventTag}) {
    ClaimedLog log;
    const Bytes real = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{0});
    log.labelled(7, type, as_bytes("Exit Boot Services"), real);
    EXPECT_NE(claim_of(log.secure_boot(1)).ground.standing, Standing::kProven) << type;
  }
}

TEST(SecureBootClaimHostile, Go20266893_ARetaggedEventWithItsRealDataStillBreaksTheStory) {
  ClaimedLog log;
  const Bytes real = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{0});
  log.event(7, event_type::kEfiVariableAuthority, real).separator(7);
  EXPECT_NE(claim_of(log.secure_boot(1)).ground.standing, Standing::kProven) << "two separators";
}

TEST(SecureBootClaimHostile, VariablesAfterTheSeparatorProveNothing) {
  ClaimedLog log;
  log.secure_boot(0).global("SecureBoot", Bytes{1});
  const SecureBootClaim claim = claim_of(log);
  EXPECT_EQ(claim.enabled, false);
  EXPECT_EQ(claim.ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, NoSeparatorProvesNothing) {
  ClaimedLog log;
  const SecureBootClaim claim = claim_of(log.global("SecureBoot", Bytes{1}));
  EXPECT_EQ(claim.ground.standing, Standing::kUnproven);
  EXPECT_NE(claim.ground.because.find("no separator"), std::string::npos);
}

TEST(SecureBootClaimHostile, TwoSeparatorsProveNothing) {
  ClaimedLog log;
  EXPECT_EQ(claim_of(log.secure_boot(1).separator(7)).ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, AnErrorSeparatorProvesNothing) {
  ClaimedLog log;
  log.global("SecureBoot", Bytes{1});
  log.event(7, event_type::kSeparator, Bytes{1, 0, 0, 0});
  EXPECT_EQ(claim_of(log).ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, ASeparatorInDisguiseIsFound) {
  ClaimedLog log;
  log.global("SecureBoot", Bytes{1});
  log.event(7, event_type::kEfiAction, Bytes(4));
  EXPECT_EQ(claim_of(log).ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, TwoStoriesProveNothing) {
  ClaimedLog log;
  log.global("SecureBoot", Bytes{0}).secure_boot(1);
  EXPECT_EQ(claim_of(log).ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, AnotherVendorsVariableOfTheSameNameIsNotIt) {
  ClaimedLog log;
  log.event(7, event_type::kEfiVariableDriverConfig,
            variable_data(guids::kShimLock, "SecureBoot", Bytes{1}));
  EXPECT_FALSE(claim_of(log.separator(7)).enabled);
}

TEST(SecureBootClaimHostile, BytesBehindAVariableProveNothing) {
  ClaimedLog log;
  Bytes data = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{1});
  data.push_back(0);
  log.event(7, event_type::kEfiVariableDriverConfig, data);
  EXPECT_NE(claim_of(log.separator(7)).ground.standing, Standing::kProven);
}

TEST(SecureBootClaim, ShimsOwnListsBehindTheSeparatorAreNoConfiguration) {
  ClaimedLog log;
  log.secure_boot(1).event(7, event_type::kEfiVariableDriverConfig,
                           variable_data(guids::kShimLock, "MokList", Bytes(8, 1)));
  EXPECT_EQ(claim_of(log).ground.standing, Standing::kProven);
}

TEST(SecureBootClaimHostile, DataThatWasNotMeasuredProvesNothing) {
  ClaimedLog log;
  log.labelled(7, event_type::kEfiVariableDriverConfig,
               variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{1}),
               variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{0}));
  EXPECT_EQ(claim_of(log.separator(7)).ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaimHostile, AnUnprovenPcrProvesNothing) {
  ClaimedLog log;
  log.secure_boot(1);
  const SecureBootClaim claim = log.claims(0xFFFFFF & ~(1U << 7)).secure_boot;
  EXPECT_EQ(claim.ground.standing, Standing::kUnproven);
}

TEST(SecureBootClaim, SaysWhenNoAuthorityWasMeasured) {
  ClaimedLog log;
  const SecureBootClaim claim = claim_of(log.secure_boot(1));
  EXPECT_NE(claim.argument.back().find("no authority"), std::string::npos);
}

TEST(SignatureDatabases, AnAuthorityIsJoinedToTheEntryThatAllowedIt) {
  Bytes certificate(100, 0);
  certificate[0] = 0x30;
  certificate[1] = 0x82;
  Bytes entry(16, 0x77);
  entry.insert(entry.end(), certificate.begin(), certificate.end());
  ClaimedLog log;
  log.global("SecureBoot", Bytes{1})
      .database("db", signature_list(guids::kCertX509, certificate))
      .separator(7)
      .event(7, event_type::kEfiVariableAuthority,
             variable_data(guids::kImageSecurityDatabase, "db", entry));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.databases.authorities.size(), 1U);
  EXPECT_EQ(claims.databases.authorities[0].allowed_by, "db");
  EXPECT_EQ(claims.databases.authorities[0].ground.standing, Standing::kProven);
}

TEST(SignatureDatabases, AnAuthorityThatNoEntryAllowsSaysSo) {
  ClaimedLog log;
  log.secure_boot(1).event(7, event_type::kEfiVariableAuthority,
                           variable_data(guids::kShimLock, "MokList", Bytes(16 + 32, 9)));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.databases.authorities.size(), 1U);
  EXPECT_EQ(claims.databases.authorities[0].allowed_by, "");
}

}  // namespace
}  // namespace quotemill
