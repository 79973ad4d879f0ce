// EnrolmentServiceTest: hosts with TPMs of their own that talk to an EnrolmentService, without
// sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "tests/support/soft_tpm.h"
#include "tests/transport/server/test_registrar.h"
#include "transport/server/enrolment_service.h"

namespace quotemill::transport {

// One host: a TPM and a channel key.
struct Client {
  explicit Client(std::uint8_t number) { key.fill(number); }

  testing::SoftTpm tpm;
  CurveKey key{};
};

class EnrolmentServiceTest : public ::testing::Test {
 protected:
  EnrolmentServiceTest() {
    registrar.now = now;
    use_list({});
  }

  void use_list(const EkList& eks) {
    auto inputs = std::make_shared<AdmissionInputs>();
    inputs->roots = vendor.roots();
    inputs->eks = eks;
    service.use(inputs);
  }

  [[nodiscard]] EnrolMessage enrol(const Client& client, const std::string& name,
                                   const std::string& token = {}) const {
    const EnrolRequest request = client.tpm.request(name, vendor);
    return {request.name, request.ek_certificate, request.ek_public, request.ak_public, token};
  }

  // The honest answer to a CREDENTIAL.
  static ProofMessage prove(const Client& client, const CredentialMessage& credential,
                            const std::string& name) {
    const Digest transcript = enrolment_transcript(
        {credential.server_key, client.key}, {name, client.tpm.ek.encoded, client.tpm.ak.encoded},
        {credential.id_object, credential.encrypted_secret});
    const EnrolmentProof quoted = client.tpm.quote(enrolment_qualifying_data(transcript).view());
    const Result<Bytes> secret =
        client.tpm.activate(credential.id_object, credential.encrypted_secret);
    const Bytes hmac = secret ? to_bytes(enrolment_hmac(*secret, transcript).view()) : Bytes(32);
    return {hmac, quoted.attest, quoted.signature};
  }

  MessageBody run(const Client& client, const std::string& name, const std::string& token = {}) {
    const MessageBody offer = service.handle(client.key, enrol(client, name, token), now);
    const auto* credential = std::get_if<CredentialMessage>(&offer);
    return credential == nullptr
               ? offer
               : service.handle(client.key, prove(client, *credential, name), now);
  }

  static EnrolStatus status(const MessageBody& reply) {
    const auto* enrolled = std::get_if<EnrolledMessage>(&reply);
    return enrolled == nullptr ? EnrolStatus{0} : enrolled->status;
  }

  static ErrorCode error(const MessageBody& reply) {
    const auto* message = std::get_if<ErrorMessage>(&reply);
    return message == nullptr ? ErrorCode{255} : message->code;
  }

  void add_token(const std::string& text, std::uint32_t uses) {
    TokenRecord token{
        hash(HashAlgorithm::kSha256, as_bytes(text)), uses, {}, {testing::kTestTime.ms + 1}};
    registrar.tokens[token.id.hex()] = token;
  }

  testing::TpmVendor vendor;
  TestRegistrar registrar;
  Moment now{testing::kTestTime, {1'000'000}};
  std::vector<EnrolmentAudit> audit;
  EnrolmentService service{
      registrar,
      {.server_key = {0x53}, .attest_endpoint = "tcp://attest:1", .attest_key = CurveKey{9}},
      [this](const EnrolmentAudit& line) { audit.push_back(line); }};
};

}  // namespace quotemill::transport
