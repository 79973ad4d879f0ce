#include "engine/identity/admission.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/random.h"
#include "tests/support/soft_tpm.h"

namespace quotemill {
namespace {

using testing::kTestTime;
using testing::SoftTpm;
using testing::TpmVendor;

constexpr WallTime kNow = kTestTime;
constexpr HostUid kFreshUid{{7}};
constexpr HostUid kOtherUid{{9}};

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() { context.fresh_uid = kFreshUid, context.now = kNow; }

  // What finish_enrolment() gives for our TPM as it is now.
  [[nodiscard]] ProvenIdentity proven(const std::string& name,
                                      const std::string& token = {}) const {
    EnrolmentRules rules;
    rules.roots = vendor.roots();
    EnrolRequest request = tpm.request(name, vendor);
    request.token = token;
    Result<OpenEnrolment> open =
        begin_enrolment(request, rules, {.server_key = {}, .host_key = host_key},
                        *random_bytes(kEnrolmentSecretSize), {kNow, {0}});
    const EnrolmentProof proof = tpm.prove(*open);
    return *finish_enrolment(std::move(*open), proof, {0});
  }

  [[nodiscard]] Result<Admission> decide(const std::string& name,
                                         const std::string& token = {}) const {
    return decide_admission(proven(name, token), context);
  }

  // The record of our TPM, enrolled as `name`.
  [[nodiscard]] HostRecord enrolled(const std::string& name, LifeCycle life_cycle) const {
    HostRecord record;
    record.uid = kOtherUid;
    record.generation = 3;
    record.name = name;
    record.life_cycle = life_cycle;
    record.ek_public = tpm.ek.encoded;
    record.ek_sha256 = tpm.ek.key_sha256_hex();
    record.ak_public = tpm.ak.encoded;
    record.curve_key = host_key;
    record.enrolled = {kNow.ms - 1000};
    record.expires = {life_cycle == LifeCycle::kPending ? kNow.ms + 1000 : 0};
    record.admitted_by = "operator:test";
    return record;
  }

  // Another TPM's active host.
  static HostRecord stranger(const std::string& name) {
    HostRecord record;
    record.uid = kOtherUid;
    record.name = name;
    record.life_cycle = LifeCycle::kActive;
    record.ek_sha256 = std::string(64, 'f');
    return record;
  }

  TpmVendor vendor;
  SoftTpm tpm;
  CurveKey host_key{1, 2, 3};
  AdmissionContext context;
};

using Admissions = AdmissionTest;
using AdmissionCve = AdmissionTest;

TEST_F(Admissions, WithoutARuleAHostIsPending) {
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kPending);
  EXPECT_EQ(admission->record.uid, kFreshUid);
  EXPECT_EQ(admission->record.expires.ms, kNow.ms + kPendingLifetimeMs);
  EXPECT_FALSE(admission->record.note.empty());
  EXPECT_TRUE(admission->is_write_needed);
  EXPECT_FALSE(admission->record.may_attest());
}

// Neither a list nor a token says which of the two machines it is, and it is never forgotten.
TEST_F(Admissions, AnEkThatTwoMachinesUseWaitsForTheOperator) {
  const HostRecord host = enrolled("a", LifeCycle::kActive);
  context.same_ek = &host;
  context.listed_name = "a";
  context.shared_with = "b";
  const Result<Admission> admission = decide("a", "t");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kShared);
  EXPECT_EQ(admission->record.uid, host.uid);
  EXPECT_EQ(admission->record.note, "two machines use this EK in turn: a and b");
  EXPECT_FALSE(admission->record.may_attest());
  EXPECT_TRUE(admission->reset_state);
  EXPECT_FALSE(has_expired(admission->record, {INT64_MAX}));
  const HostRecord held = admission->record;
  context.same_ek = &held;
  context.shared_with.reset();
  const Result<Admission> again = decide("b", "t");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, AdmissionKind::kShared);
  EXPECT_FALSE(again->is_write_needed);
}

TEST_F(Admissions, AListedEkIsAdmitted) {
  context.listed_name = "a";
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kAdmitted);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kActive);
  EXPECT_EQ(admission->record.admitted_by, "ek_list");
  EXPECT_EQ(admission->record.generation, 1U);
  EXPECT_EQ(admission->record.uid, kFreshUid);
  EXPECT_EQ(admission->record.curve_key, host_key);
  EXPECT_EQ(admission->record.ak_public, tpm.ak.encoded);
}

TEST_F(Admissions, AnExpectedTpmIsAdmittedAsTheInventoryCallsIt) {
  HostRecord expected;
  expected.uid = kOtherUid;
  expected.generation = 0;
  expected.name = "web-01";
  expected.life_cycle = LifeCycle::kExpected;
  expected.ek_sha256 = tpm.ek.key_sha256_hex();
  expected.admitted_by = "inventory:ana";
  expected.labels = {{"env", "prod"}};
  context.same_ek = &expected;
  const Result<Admission> admission = decide("what-it-calls-itself");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kAdmitted);
  EXPECT_EQ(admission->record.name, "web-01");
  EXPECT_EQ(admission->record.uid, kOtherUid);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kActive);
  EXPECT_EQ(admission->record.generation, 1U);
  EXPECT_EQ(admission->record.admitted_by, "inventory:ana");
  EXPECT_EQ(admission->record.labels.at("env"), "prod");
  EXPECT_EQ(admission->record.ak_public, tpm.ak.encoded);
  EXPECT_TRUE(admission->reset_state);
}

TEST_F(Admissions, AnExpectedTpmReplacesNobodyWhoHasItsName) {
  HostRecord expected;
  expected.uid = kFreshUid;
  expected.name = "web-01";
  expected.life_cycle = LifeCycle::kExpected;
  expected.ek_sha256 = tpm.ek.key_sha256_hex();
  context.same_ek = &expected;
  const HostRecord holder = stranger("web-01");
  context.name_holder = &holder;
  const Result<Admission> admission = decide("web-01");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kPending);
  EXPECT_EQ(admission->record.expires.ms, kNow.ms + kPendingLifetimeMs);
  EXPECT_TRUE(admission->is_write_needed);
}

TEST_F(Admissions, ANameOfTheInventoryIsNobodyElses) {
  context.name_is_reserved = true;
  const Result<Admission> admission = decide("web-01", "a token");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
}

TEST_F(Admissions, AnImportedHostWhoseTpmProvesItselfIsImportedNoMore) {
  HostRecord imported = enrolled("web-01", LifeCycle::kActive);
  imported.admitted_by = "imported:ana";
  imported.ek_public.clear();
  context.same_ek = &imported;
  context.key_holder = &imported;
  const Result<Admission> admission = decide("what-it-calls-itself");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kAdmitted);
  EXPECT_FALSE(admission->record.is_imported());
  EXPECT_EQ(admission->record.admitted_by, "operator:ana");
  EXPECT_EQ(admission->record.name, "web-01") << "the name is the operator's to give";
  EXPECT_EQ(admission->record.uid, kOtherUid);
  EXPECT_EQ(admission->record.generation, 3U) << "the same keys";
  EXPECT_EQ(admission->record.ek_public, tpm.ek.encoded);
  EXPECT_TRUE(admission->reset_state);
  EXPECT_TRUE(admission->is_write_needed);
}

TEST_F(Admissions, AnImportedHostWhoseTpmHasAnotherKeyIsANewGeneration) {
  HostRecord imported = enrolled("web-01", LifeCycle::kActive);
  imported.admitted_by = "imported:ana";
  imported.ak_public = {1, 2, 3};
  context.same_ek = &imported;
  const Result<Admission> admission = decide("web-01");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->record.generation, 4U);
  EXPECT_FALSE(admission->record.is_imported());
}

TEST_F(AdmissionCve, AnImportedHostIsNotProvenByAnotherTpm) {
  HostRecord imported = stranger("web-01");
  imported.admitted_by = "imported:ana";
  imported.ek_sha256.clear();
  context.name_holder = &imported;
  const Result<Admission> waits = decide("web-01");
  ASSERT_TRUE(waits);
  EXPECT_EQ(waits->kind, AdmissionKind::kPending);
  context.key_holder = &imported;
  EXPECT_FALSE(decide("web-01")) << "the channel key is the imported host's";
}

TEST_F(Admissions, AnEkListedUnderAnotherNameWaits) {
  context.listed_name = "b";
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
  EXPECT_NE(admission->record.note.find("b"), std::string::npos);
}

TEST_F(Admissions, ANameReservedForAnotherEkIsNotGivenForAToken) {
  context.name_is_reserved = true;
  context.token = AdmissionToken{"00", 1, {kNow.ms + 1}};
  const Result<Admission> admission = decide("a", "token");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
  EXPECT_FALSE(admission->spent);
}

TEST_F(Admissions, ATokenAdmitsAndIsSpent) {
  context.token = AdmissionToken{std::string(64, 'a'), 2, {kNow.ms + 1}};
  const Result<Admission> admission = decide("a", "token");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kAdmitted);
  EXPECT_EQ(admission->record.admitted_by, "token:" + std::string(16, 'a'));
  ASSERT_TRUE(admission->spent);
  EXPECT_EQ(admission->spent->uses_left, 1U);
}

TEST_F(Admissions, UnknownSpentAndExpiredTokensAreRefused) {
  EXPECT_EQ(decide("a", "token").error().code, ErrorCode::kDenied);
  context.token = AdmissionToken{"00", 0, {kNow.ms + 1}};
  EXPECT_EQ(decide("a", "token").error().code, ErrorCode::kDenied);
  context.token = AdmissionToken{"00", 1, kNow};
  EXPECT_EQ(decide("a", "token").error().code, ErrorCode::kExpired);
}

TEST_F(Admissions, AKnownTokenThatWasNotShownAdmitsNobody) {
  context.token = AdmissionToken{"00", 1, {kNow.ms + 1}};
  EXPECT_EQ(decide("a")->kind, AdmissionKind::kPending);
}

TEST_F(Admissions, TheSameAgainChangesNothing) {
  const HostRecord record = enrolled("a", LifeCycle::kActive);
  context.same_ek = context.name_holder = context.key_holder = &record;
  context.token = AdmissionToken{"00", 1, {kNow.ms + 1}};
  const Result<Admission> admission = decide("a", "token");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kUnchanged);
  EXPECT_FALSE(admission->is_write_needed);
  EXPECT_FALSE(admission->spent);
  EXPECT_EQ(admission->record.uid, kOtherUid);
  EXPECT_EQ(admission->record.generation, 3U);
}

TEST_F(Admissions, ANewAkIsANewGeneration) {
  const HostRecord record = enrolled("a", LifeCycle::kMaintenance);
  context.same_ek = context.name_holder = context.key_holder = &record;
  tpm.replace_ak();
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kRenewed);
  EXPECT_TRUE(admission->reset_state);
  EXPECT_EQ(admission->record.generation, 4U);
  EXPECT_EQ(admission->record.uid, kOtherUid);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kMaintenance);
  EXPECT_EQ(admission->record.ak_public, tpm.ak.encoded);
  EXPECT_EQ(admission->record.admitted_by, "operator:test");
}

TEST_F(Admissions, ANewChannelKeyIsANewGeneration) {
  const HostRecord record = enrolled("a", LifeCycle::kActive);
  context.same_ek = context.name_holder = &record;
  host_key[0] ^= 1U;
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kRenewed);
  EXPECT_EQ(admission->record.curve_key, host_key);
}

TEST_F(Admissions, AnEnrolledTpmCannotRenameItself) {
  const HostRecord record = enrolled("a", LifeCycle::kActive);
  context.same_ek = context.key_holder = &record;
  const Result<Admission> same_keys = decide("b");
  ASSERT_TRUE(same_keys);
  EXPECT_EQ(same_keys->kind, AdmissionKind::kUnchanged);
  EXPECT_EQ(same_keys->record.name, "a");
  tpm.replace_ak();
  const Result<Admission> new_keys = decide("b");
  ASSERT_TRUE(new_keys);
  EXPECT_EQ(new_keys->kind, AdmissionKind::kRenewed);
  EXPECT_EQ(new_keys->record.name, "a");
}

TEST_F(Admissions, TheEkListRenames) {
  const HostRecord record = enrolled("a", LifeCycle::kActive);
  context.same_ek = &record;
  context.listed_name = "b";
  const Result<Admission> admission = decide("b");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kRenamed);
  EXPECT_FALSE(admission->reset_state);
  EXPECT_EQ(admission->record.name, "b");
  EXPECT_EQ(admission->record.generation, 3U);
  const HostRecord holder = [] {
    HostRecord other = stranger("b");
    other.uid = {{1}};
    return other;
  }();
  context.name_holder = &holder;
  EXPECT_EQ(decide("b")->kind, AdmissionKind::kUnchanged);
}

TEST_F(Admissions, DeniedAndRetiredEksAreRefused) {
  context.listed_name = "a";
  const HostRecord denied = enrolled("a", LifeCycle::kDenied);
  context.same_ek = &denied;
  EXPECT_STREQ(decide("a").error().context, "admission.denied");
  const HostRecord retired = enrolled("a", LifeCycle::kRetired);
  context.same_ek = &retired;
  EXPECT_STREQ(decide("a").error().context, "admission.retired");
}

TEST_F(Admissions, AChannelKeyOfAnotherTpmIsRefused) {
  const HostRecord holder = stranger("b");
  context.key_holder = &holder;
  context.listed_name = "a";
  EXPECT_STREQ(decide("a").error().context, "admission.curve_key");
}

TEST_F(Admissions, PendingHostsAreCapped) {
  context.pending_count = limits::kPendingHostsMax;
  EXPECT_EQ(decide("a").error().code, ErrorCode::kBusy);
  context.listed_name = "a";
  EXPECT_EQ(decide("a")->kind, AdmissionKind::kAdmitted);
}

TEST_F(Admissions, AskingAgainWhilePendingWritesNothing) {
  HostRecord record = decide("a")->record;
  record.expires = {kNow.ms + 1000};
  context.same_ek = context.key_holder = &record;
  context.pending_count = limits::kPendingHostsMax;
  const Result<Admission> again = decide("a");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, AdmissionKind::kPending);
  EXPECT_FALSE(again->is_write_needed);
  EXPECT_EQ(again->record.expires.ms, kNow.ms + 1000);
}

TEST_F(Admissions, APendingHostMayChangeItsKeysWithoutWaitingLonger) {
  const HostRecord record = enrolled("a", LifeCycle::kPending);
  context.same_ek = context.key_holder = &record;
  tpm.replace_ak();
  const Result<Admission> again = decide("a");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_write_needed);
  EXPECT_EQ(again->record.generation, 4U);
  EXPECT_EQ(again->record.expires, record.expires);
}

TEST_F(Admissions, APendingHostWaitsAnewAfterItExpired) {
  HostRecord record = enrolled("a", LifeCycle::kPending);
  record.expires = kNow;
  EXPECT_TRUE(has_expired(record, kNow));
  context.same_ek = context.key_holder = &record;
  const Result<Admission> again = decide("a");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_write_needed);
  EXPECT_EQ(again->record.expires.ms, kNow.ms + kPendingLifetimeMs);
}

TEST_F(Admissions, APendingHostIsAdmittedByARuleThatCameLater) {
  HostRecord record = enrolled("a", LifeCycle::kPending);
  record.note = "no rule";
  context.same_ek = context.key_holder = &record;
  context.listed_name = "a";
  const Result<Admission> admission = decide("a");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kAdmitted);
  EXPECT_EQ(admission->record.uid, kOtherUid);
  EXPECT_EQ(admission->record.life_cycle, LifeCycle::kActive);
  EXPECT_EQ(admission->record.note, "");
  EXPECT_EQ(admission->record.expires, WallTime{});
}

TEST_F(Admissions, ActiveHostsNeverExpire) {
  EXPECT_FALSE(has_expired(enrolled("a", LifeCycle::kActive), kNow));
}

TEST_F(Admissions, KindsHaveNames) {
  EXPECT_EQ(name_of(AdmissionKind::kAdmitted), "admitted");
  EXPECT_EQ(name_of(AdmissionKind::kRenewed), "renewed");
  EXPECT_EQ(name_of(AdmissionKind::kRenamed), "renamed");
  EXPECT_EQ(name_of(AdmissionKind::kUnchanged), "unchanged");
  EXPECT_EQ(name_of(AdmissionKind::kPending), "pending");
}

TEST_F(AdmissionCve, Cve2025_13609_ANameBoundToAnotherEkIsNeverTaken) {
  const HostRecord holder = stranger("a");
  context.name_holder = &holder;
  context.listed_name = "a";
  context.token = AdmissionToken{"00", 1, {kNow.ms + 1}};
  const Result<Admission> admission = decide("a", "token");
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->kind, AdmissionKind::kPending);
  EXPECT_EQ(admission->record.uid, kFreshUid);
  EXPECT_EQ(admission->record.note, "name is bound to another EK");
  EXPECT_FALSE(admission->spent);
  EXPECT_FALSE(admission->reset_state);
}

}  // namespace
}  // namespace quotemill
