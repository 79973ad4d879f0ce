// TPMs that ask again: hosts that are enrolled, imported or pending already.
#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/engine/identity/admission_fixture.h"

namespace quotemill {
namespace {

using testing::AdmissionTest;
using testing::kNow;
using testing::kOtherUid;

using Admissions = AdmissionTest;
using AdmissionCve = AdmissionTest;

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

TEST_F(Admissions, AChannelKeyOfAnotherTpmIsRefused) {
  const HostRecord holder = stranger("b");
  context.key_holder = &holder;
  context.listed_name = "a";
  EXPECT_STREQ(decide("a").error().context, "admission.curve_key");
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

}  // namespace
}  // namespace quotemill
