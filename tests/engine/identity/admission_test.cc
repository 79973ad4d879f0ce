#include "engine/identity/admission.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/engine/identity/admission_fixture.h"

namespace quotemill {
namespace {

using testing::AdmissionTest;
using testing::kFreshUid;
using testing::kNow;
using testing::kOtherUid;

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

TEST_F(Admissions, DeniedAndRetiredEksAreRefused) {
  context.listed_name = "a";
  const HostRecord denied = enrolled("a", LifeCycle::kDenied);
  context.same_ek = &denied;
  EXPECT_STREQ(decide("a").error().context, "admission.denied");
  const HostRecord retired = enrolled("a", LifeCycle::kRetired);
  context.same_ek = &retired;
  EXPECT_STREQ(decide("a").error().context, "admission.retired");
}

TEST_F(Admissions, PendingHostsAreCapped) {
  context.pending_count = limits::kPendingHostsMax;
  EXPECT_EQ(decide("a").error().code, ErrorCode::kBusy);
  context.listed_name = "a";
  EXPECT_EQ(decide("a")->kind, AdmissionKind::kAdmitted);
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
