// AdmissionTest: a TPM that asks to be admitted, what is decided, and the records of hosts.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "engine/crypto/random.h"
#include "engine/identity/admission.h"
#include "tests/support/soft_tpm.h"

namespace quotemill::testing {

inline constexpr WallTime kNow = kTestTime;
inline constexpr HostUid kFreshUid{{7}};
inline constexpr HostUid kOtherUid{{9}};

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

}  // namespace quotemill::testing
