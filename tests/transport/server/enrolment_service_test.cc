#include "transport/server/enrolment_service.h"

#include <functional>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/crypto/certificate.h"
#include "tests/transport/server/enrolment_fixture.h"

namespace quotemill::transport {
namespace {

using Enrolling = EnrolmentServiceTest;
using EnrollingCve = EnrolmentServiceTest;

TEST_F(Enrolling, AdmitsAListedHostAndTellsItWhereToAttest) {
  const Client client(1);
  EkList list;
  ASSERT_TRUE(list.add(client.tpm.ek.key_sha256_hex(), "web-1"));
  use_list(list);
  const MessageBody reply = run(client, "web-1");
  ASSERT_EQ(status(reply), EnrolStatus::kAdmitted);
  const auto& enrolled = std::get<EnrolledMessage>(reply);
  EXPECT_EQ(enrolled.generation, 1U);
  EXPECT_EQ(enrolled.attest_endpoint, "tcp://attest:1");
  EXPECT_EQ(enrolled.server_key, CurveKey{9});
  EXPECT_TRUE(registrar.hosts.admits(client.key));
  EXPECT_EQ(registrar.hosts.find_by_name("web-1")->record->uid, enrolled.uid);
  ASSERT_EQ(audit.size(), 1U);
  EXPECT_EQ(audit[0].outcome, "admitted");
  EXPECT_EQ(audit[0].host_uid, enrolled.uid.hex());
  EXPECT_EQ(registrar.updates.back().audit,
            (AuditAct{"ek_list", "enrol.admitted", enrolled.uid.hex()}));
}

TEST_F(Enrolling, ARetiredTpmIsNotAdmittedAnew) {
  const Client client(1);
  EkList list;
  ASSERT_TRUE(list.add(client.tpm.ek.key_sha256_hex(), "web-1"));
  use_list(list);
  ASSERT_EQ(status(run(client, "web-1")), EnrolStatus::kAdmitted);
  HostRecord retired = *registrar.hosts.find_by_name("web-1")->record;
  retired.life_cycle = LifeCycle::kRetired;
  registrar.hosts.put(std::make_shared<const HostRecord>(retired));
  const MessageBody reply = run(client, "web-1");
  EXPECT_EQ(status(reply), EnrolStatus::kDenied);
  EXPECT_EQ(registrar.hosts.size(), 1U);
  EXPECT_FALSE(registrar.hosts.admits(client.key));
}

TEST_F(Enrolling, AHostWithoutARuleIsPendingUntilItsEkIsListed) {
  const Client client(1);
  const MessageBody first = run(client, "web-1");
  ASSERT_EQ(status(first), EnrolStatus::kPending);
  EXPECT_GT(std::get<EnrolledMessage>(first).retry_after_ms, 0U);
  EXPECT_FALSE(registrar.hosts.admits(client.key));
  EkList list;
  ASSERT_TRUE(list.add(client.tpm.ek.key_sha256_hex(), "web-1"));
  use_list(list);
  const MessageBody second = run(client, "web-1");
  ASSERT_EQ(status(second), EnrolStatus::kAdmitted);
  EXPECT_EQ(std::get<EnrolledMessage>(second).uid, std::get<EnrolledMessage>(first).uid);
  EXPECT_EQ(registrar.hosts.pending_count(), 0U);
}

TEST_F(Enrolling, TheSameAgainGetsTheSameUidAndWritesNothing) {
  const Client client(1);
  add_token("t", 1);
  const MessageBody first = run(client, "web-1", "t");
  const MessageBody second = run(client, "web-1", "t");
  ASSERT_EQ(status(second), EnrolStatus::kAdmitted);
  EXPECT_EQ(std::get<EnrolledMessage>(first), std::get<EnrolledMessage>(second));
  ASSERT_EQ(registrar.updates.size(), 2U);
  EXPECT_FALSE(registrar.updates[1].record);
  EXPECT_EQ(audit[1].outcome, "unchanged");
}

TEST_F(Enrolling, WhatIsWrittenHasTheCertificateThatTheRecordNames) {
  const Client client(1);
  add_token("t", 1);
  ASSERT_EQ(status(run(client, "web-1", "t")), EnrolStatus::kAdmitted);
  const IdentityUpdate& update = registrar.updates.back();
  ASSERT_EQ(update.ek_certificates.size(), 1U);
  const EkCertificate& kept = update.ek_certificates[0];
  EXPECT_EQ(kept.host, update.record->uid);
  EXPECT_EQ(kept.sha256, update.record->ek_certificate->sha256);
  EXPECT_EQ(kept.sha256, hash(HashAlgorithm::kSha256, kept.der));
  const Result<Certificate> certificate = Certificate::from_der(kept.der);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(hash(HashAlgorithm::kSha256, certificate->key().spki_der()).hex(),
            update.record->ek_sha256);
}

TEST_F(Enrolling, ANewAkResetsTheStateWithAFinding) {
  Client client(1);
  add_token("t", 1);
  ASSERT_EQ(status(run(client, "web-1", "t")), EnrolStatus::kAdmitted);
  client.tpm.replace_ak();
  const MessageBody reply = run(client, "web-1");
  ASSERT_EQ(status(reply), EnrolStatus::kAdmitted);
  EXPECT_EQ(std::get<EnrolledMessage>(reply).generation, 2U);
  const IdentityUpdate& update = registrar.updates.back();
  EXPECT_TRUE(update.reset_state);
  ASSERT_EQ(update.reasons.size(), 1U);
  EXPECT_EQ(update.reasons[0].code, FindingCode::kIdentityChanged);
  EXPECT_EQ(update.audit->verb, "enrol.renewed");
  EXPECT_EQ(audit.back().outcome, "renewed");
}

// Each way in which a TPM's identity is refused, and what its operator reads.
TEST_F(Enrolling, ARefusedTpmIsToldWithItsCauseItsRemedyAndVSpheresWords) {
  const Client client(1);
  const auto refuse = [&](const std::function<void(EnrolMessage&)>& change) {
    EnrolMessage message = enrol(client, "esx-1");
    change(message);
    EXPECT_EQ(status(service.handle(client.key, message, now)), EnrolStatus::kDenied);
    return audit.back();
  };
  const EnrolmentAudit missing = refuse([](EnrolMessage& m) { m.ek_certificate.clear(); });
  EXPECT_EQ(missing.vsphere,
            "No RSA Endorsement Key certificate found in TPM 2.0 device's non-volatile memory.");
  const testing::TpmVendor other;
  const EnrolmentAudit chain = refuse([&](EnrolMessage& m) {
    m.ek_certificate = client.tpm.request("esx-1", other).ek_certificate;
  });
  EXPECT_NE(chain.why.find("does not end at a trusted root"), std::string::npos) << chain.detail;
  EXPECT_NE(chain.remedy.find("trust.roots"), std::string::npos);
  const testing::SoftTpm stranger;
  const EnrolmentAudit mismatch = refuse([&](EnrolMessage& m) {
    m.ek_certificate = stranger.request("esx-1", vendor).ek_certificate;
  });
  EXPECT_EQ(mismatch.vsphere, "Endorsement key does not match EK certificate.");
  const EnrolmentAudit key = refuse([](EnrolMessage& m) { m.ak_public = m.ek_public; });
  EXPECT_NE(key.why.find("could sign what no TPM has measured"), std::string::npos) << key.detail;
}

TEST_F(Enrolling, AProofThatFailsIsToldWithItsCause) {
  Client client(1);
  const MessageBody offer = service.handle(client.key, enrol(client, "esx-1"), now);
  ProofMessage proof = prove(client, std::get<CredentialMessage>(offer), "esx-1");
  proof.hmac = Bytes(32);
  (void)service.handle(client.key, proof, now);
  EXPECT_NE(audit.back().why.find("not of one TPM"), std::string::npos) << audit.back().detail;
  const MessageBody again = service.handle(client.key, enrol(client, "esx-1"), now);
  proof = prove(client, std::get<CredentialMessage>(again), "esx-1");
  proof.signature.back() ^= 1;
  (void)service.handle(client.key, proof, now);
  EXPECT_FALSE(audit.back().why.empty()) << audit.back().detail;
}

// The board was swapped, and the disk with the channel key stayed.
TEST_F(Enrolling, AnotherTpmWithTheChannelKeyOfAHostIsToldAsChanged) {
  const Client one(1);
  const Client other(1);
  add_token("t", 2);
  ASSERT_EQ(status(run(one, "esx-1", "t")), EnrolStatus::kAdmitted);
  EXPECT_EQ(status(run(other, "esx-1", "t")), EnrolStatus::kDenied);
  EXPECT_EQ(audit.back().vsphere,
            "The new host TPM endorsement key doesn't match the one stored in the DB");
}

// A cloned TPM: no rule can tell which of the two machines is the host.
TEST_F(Enrolling, AnEkThatTwoMachinesUseInTurnIsHeldForBoth) {
  const Client one(1);
  Client clone(2);
  clone.tpm = one.tpm;
  clone.tpm.replace_ak();
  add_token("t", 9);
  ASSERT_EQ(status(run(one, "esx-1", "t")), EnrolStatus::kAdmitted);
  ASSERT_EQ(status(run(clone, "esx-2", "t")), EnrolStatus::kAdmitted) << "perhaps a new system";
  const MessageBody back = run(one, "esx-1", "t");
  EXPECT_EQ(status(back), EnrolStatus::kPending);
  const IdentityUpdate& update = registrar.updates.back();
  EXPECT_TRUE(update.reset_state);
  ASSERT_EQ(update.reasons.size(), 1U);
  EXPECT_EQ(update.reasons[0].severity, Severity::kFail);
  EXPECT_EQ(update.reasons[0].subject, "two machines use this EK in turn: esx-1 and esx-2");
  EXPECT_EQ(update.audit->verb, "enrol.shared");
  EXPECT_EQ(registrar.hosts.pending_count(), 1U);
  // Both are told, and neither attests, whatever they show.
  for (const Client* const each : {&one, static_cast<const Client*>(&clone)}) {
    const MessageBody reply = run(*each, each == &one ? "esx-1" : "esx-2", "t");
    EXPECT_EQ(status(reply), EnrolStatus::kPending);
    EXPECT_EQ(std::get<EnrolledMessage>(reply).message,
              "two machines use this EK in turn: esx-1 and esx-2");
    EXPECT_FALSE(registrar.hosts.admits(each->key));
  }
}

TEST_F(Enrolling, AMachineThatMakesNewKeysEachTimeIsOne) {
  Client client(1);
  add_token("t", 1);
  for (std::uint8_t number = 1; number < 10; ++number) {
    client.key.fill(number);
    EXPECT_EQ(status(run(client, "esx-1", "t")), EnrolStatus::kAdmitted) << int{number};
  }
}

TEST_F(Enrolling, AHostThatAnOperatorAdmittedUnderAnotherNameIsToldSo) {
  const Client client(1);
  ASSERT_EQ(status(run(client, "localhost")), EnrolStatus::kPending);
  auto approved = std::make_shared<HostRecord>(*registrar.hosts.find_by_key(client.key)->record);
  approved->name = "web-1";
  approved->life_cycle = LifeCycle::kActive;
  registrar.hosts.put(approved);
  const MessageBody reply = run(client, "localhost");
  ASSERT_EQ(status(reply), EnrolStatus::kAdmitted);
  EXPECT_EQ(std::get<EnrolledMessage>(reply).uid, approved->uid);
  EXPECT_EQ(registrar.hosts.find_by_key(client.key)->record->name, "web-1");
}

TEST_F(Enrolling, PendingHostsAreForgottenWhenTheirTimeIsOver) {
  const Client client(1);
  ASSERT_EQ(status(run(client, "web-1")), EnrolStatus::kPending);
  ASSERT_TRUE(service.forget_expired_hosts());
  EXPECT_EQ(registrar.hosts.pending_count(), 1U);
  registrar.now.wall.ms += kPendingLifetimeMs;
  ASSERT_TRUE(service.forget_expired_hosts());
  EXPECT_EQ(registrar.hosts.pending_count(), 0U);
}

TEST_F(Enrolling, PendingHostsAreCapped) {
  for (std::size_t i = 0; i < limits::kPendingHostsMax; ++i) {
    auto record = std::make_shared<HostRecord>();
    record->uid.bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U), 1};
    record->curve_key = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U), 1};
    record->ek_sha256 = std::to_string(i);
    record->name = "h" + std::to_string(i);
    registrar.hosts.put(record);
  }
  EXPECT_TRUE(std::holds_alternative<BusyMessage>(run(Client(1), "web-1")));
  add_token("t", 1);
  EXPECT_EQ(status(run(Client(2), "web-1", "t")), EnrolStatus::kAdmitted);
}

TEST_F(Enrolling, OtherMessagesAreErrors) {
  EXPECT_EQ(error(service.handle({}, HelloMessage{}, now)), ErrorCode::kMalformed);
  EXPECT_EQ(error(service.handle({}, EnrolledMessage{}, now)), ErrorCode::kMalformed);
}

TEST_F(Enrolling, OurOwnTroubleIsNamedAsNoMore) {
  const Client client(1);
  registrar.failure = Error{ErrorCode::kStorage, "rocksdb", 0, "/var/lib/secret"};
  const MessageBody reply = run(client, "web-1");
  ASSERT_EQ(error(reply), ErrorCode::kInternal);
  EXPECT_EQ(std::get<ErrorMessage>(reply).message, "internal error");
}

// --- Rows of HOSTILE_INPUTS --------------------------------------------------------------------

TEST_F(EnrollingCve, Cve2025_13609_AnotherTpmCannotTakeAnActiveName) {
  const Client owner(1);
  const Client thief(2);
  add_token("t", 9);
  ASSERT_EQ(status(run(owner, "web-1", "t")), EnrolStatus::kAdmitted);
  const Host before = *registrar.hosts.find_by_name("web-1");
  EXPECT_EQ(status(run(thief, "web-1", "t")), EnrolStatus::kPending);
  const Host after = *registrar.hosts.find_by_name("web-1");
  EXPECT_EQ(before.record, after.record);
  EXPECT_TRUE(registrar.hosts.admits(owner.key));
  EXPECT_FALSE(registrar.hosts.admits(thief.key));
  EXPECT_EQ(registrar.tokens.begin()->second.uses_left, 8U);
}

TEST_F(EnrollingCve, Cve2022_1053_TheRecordHoldsTheAkThatWasProven) {
  Client client(1);
  add_token("t", 1);
  const MessageBody offer = service.handle(client.key, enrol(client, "web-1", "t"), now);
  const ProofMessage proof = prove(client, std::get<CredentialMessage>(offer), "web-1");
  const Bytes proven = client.tpm.ak.encoded;
  client.tpm.replace_ak();
  // Between check and use: another ENROL under another channel key, with another AK.
  service.handle(CurveKey{99}, enrol(client, "web-1"), now);
  ASSERT_EQ(status(service.handle(client.key, proof, now)), EnrolStatus::kAdmitted);
  EXPECT_EQ(registrar.hosts.find_by_name("web-1")->record->ak_public, proven);
}

TEST_F(EnrollingCve, Cve2023_38201_RepliesAndAuditNeverCarryTheExpectedTag) {
  const Client client(1);
  const MessageBody offer = service.handle(client.key, enrol(client, "web-1"), now);
  const auto& credential = std::get<CredentialMessage>(offer);
  const ProofMessage right = prove(client, credential, "web-1");
  ProofMessage wrong = right;
  wrong.hmac.assign(32, 0);
  const MessageBody reply = service.handle(client.key, wrong, now);
  const std::string tag = to_hex(right.hmac);
  const Bytes frame = encode_reply(1, reply);
  EXPECT_EQ(to_hex(frame).find(tag), std::string::npos);
  EXPECT_EQ(as_text(frame).find(tag), std::string_view::npos);
  ASSERT_FALSE(audit.empty());
  EXPECT_EQ(audit.back().outcome, "refused");
  EXPECT_EQ(audit.back().detail.find(tag), std::string::npos);
}

TEST_F(EnrollingCve, Cve2022_23949_TheAuditLineHoldsNoForeignBytes) {
  const Client client(1);
  EnrolMessage bad = enrol(client, "web-1");
  bad.name = "a\n2025-01-01 admitted \x1b[0m";
  service.handle(client.key, bad, now);
  ASSERT_EQ(audit.size(), 1U);
  for (const std::string& text : {audit[0].name, audit[0].detail}) {
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace quotemill::transport
