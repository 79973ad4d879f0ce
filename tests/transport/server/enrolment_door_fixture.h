// EnrolmentDoorTest: an EnrolmentDoor with real sockets, a real child process and software TPMs.
#pragma once

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "tests/support/eventually.h"
#include "tests/support/soft_tpm.h"
#include "tests/transport/server/test_registrar.h"
#include "transport/client/enrolment_client.h"
#include "transport/server/enrolment_door.h"
#include "transport/server/enrolment_service.h"

namespace quotemill::transport {

using testing::eventually;

inline constexpr std::uint64_t kMebibyte = 1024 * 1024;

// One line of /proc/<pid>/<file>; empty if it is not there.
inline std::string proc_line(pid_t pid, const std::string& file, const std::string& begin) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(begin)) {
      return line;
    }
  }
  return {};
}

class EnrolmentDoorTest : public ::testing::Test {
 protected:
  void SetUp() override { open(DoorLimits{.memory_max = 96 * kMebibyte}); }

  void open(const DoorLimits& limits) {
    door.reset();
    registrar.now = {testing::kTestTime, {1}};
    TokenRecord token{
        hash(HashAlgorithm::kSha256, as_bytes("t")), 1'000, {}, {testing::kTestTime.ms + 1}};
    registrar.tokens[token.id.hex()] = token;
    service = std::make_unique<EnrolmentService>(
        registrar, EnrolmentServiceConfig{.server_key = server.public_key},
        std::function<void(const EnrolmentAudit&)>{});
    auto inputs = std::make_shared<AdmissionInputs>();
    inputs->roots = vendor.roots();
    service->use(inputs);
    EnrolmentDoorConfig config;
    config.endpoint = "tcp://127.0.0.1:*";
    config.secret_key = server.secret_key;
    config.limits = limits;
    config.command = {QUOTEMILL_DOOR_CHILD, "--enrolment-door"};
    Result<std::unique_ptr<EnrolmentDoor>> opened = EnrolmentDoor::open(
        config,
        [this](const CurveKey& client, const MessageBody& message) {
          return service->handle(client, message, {testing::kTestTime, {++clock_ms}});
        },
        print);
    ASSERT_TRUE(opened) << opened.error().to_string();
    door = *std::move(opened);
  }

  // For whoever reads a failed test.
  static void print(LogLevel /*level*/, std::string_view /*host*/, std::string_view text) {
    std::clog << text << std::endl;
  }

  EnrolMessage request(const testing::SoftTpm& tpm, const std::string& name) const {
    const EnrolRequest plain = tpm.request(name, vendor);
    return {plain.name, plain.ek_certificate, plain.ek_public, plain.ak_public, "t"};
  }

  static EnrolmentTpm operations(const testing::SoftTpm& tpm) {
    return {.activate = [&tpm](ByteView id, ByteView secret) { return tpm.activate(id, secret); },
            .quote = [&tpm](ByteView qualifying_data) -> Result<EnrolmentQuote> {
              const EnrolmentProof proof = tpm.quote(qualifying_data);
              return EnrolmentQuote{proof.attest, proof.signature};
            }};
  }

  Result<EnrolmentOutcome> enrol(const testing::SoftTpm& tpm, const std::string& name,
                                 int reply_ms = 10'000) {
    EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key},
                           {.reply_ms = reply_ms, .attempts = 3});
    return client.run(request(tpm, name), operations(tpm));
  }

  // Tries for a while: the door may be between two lives.
  bool enrols_eventually(const std::string& name) {
    const testing::SoftTpm tpm;
    return eventually([&] {
      const Result<EnrolmentOutcome> outcome = enrol(tpm, name, 1'500);
      return outcome && std::holds_alternative<EnrolmentActive>(*outcome);
    });
  }

  Socket connect(const CurveKeyPair& pair) const {
    SocketOptions options;
    options.curve = CurveClient{pair, server.public_key};
    options.send_queue = 1'000;
    Result<Socket> socket = Socket::create(*context, options);
    EXPECT_TRUE(socket->connect(door->endpoint()));
    return *std::move(socket);
  }

  static std::optional<Message> reply(Socket& socket,
                                      std::chrono::milliseconds limit = testing::kPatience) {
    std::optional<Received> received;
    eventually([&] { return (received = socket.receive()).has_value(); }, limit);
    return received ? std::optional(*decode_message(received->payload)) : std::nullopt;
  }

  testing::TpmVendor vendor;
  TestRegistrar registrar;
  std::atomic<std::int64_t> clock_ms{1'000};
  CurveKeyPair server = *generate_key_pair();
  std::unique_ptr<Context> context = *Context::create();
  std::unique_ptr<EnrolmentService> service;
  std::unique_ptr<EnrolmentDoor> door;
};

}  // namespace quotemill::transport
