// RawHost: a host in the test's own hands. It has a real TPM and a real enrolment, and speaks the
// wire protocol message by message, so that each of them can be what no agent would send.
//
//   RawHost host(machine, daemon);
//   ASSERT_TRUE(host.enrol(daemon.new_token(1)));
//   const ChallengeMessage challenge = host.hello();
//   EvidenceParts parts = host.quote(challenge);
//   parts.signature.back() ^= 1;                       // the attack
//   host.send_evidence(parts.seal());
//   EXPECT_EQ(host.receive_receipt().state, kFailed);
//
// Answers that do not come within kPatience, or are of another kind, fail the test. Not for sharing
// between threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/evidence/evidence.h"
#include "engine/evidence/receipt.h"
#include "tests/integration/fleet.h"
#include "transport/socket/context.h"
#include "transport/socket/socket.h"
#include "transport/wire/message.h"

namespace quotemill::testing {

// One piece of evidence, taken apart.
struct EvidenceParts {
  Bytes header;
  Bytes attest;
  Bytes signature;
  std::vector<PcrBank> pcrs;

  [[nodiscard]] Bytes seal() const;  // an item, as encode_evidence() writes it
};

// What is quoted instead of the honest answer; all of it is signed by a real TPM.
struct Forgery {
  std::function<void(EvidenceHeader&)> header = {};
  std::function<void(ChannelBinding&)> binding = {};
  std::optional<Nonce> nonce = {};
  std::optional<std::vector<PcrSelection>> selections = {};
  bool by_other_key = false;  // another good AK of the same TPM
};

class RawHost {
 public:
  // Opens the machine's TPM and makes keys in it. The machine, whose agent must not run, and the
  // daemon outlive it.
  RawHost(SimHost& machine, const TestDaemon& daemon);

  // Enrols by the token and connects to the attestation endpoint.
  ::testing::AssertionResult enrol(const std::string& token);

  // A new connection, the old one dropped; the daemon may have been started again meanwhile.
  void connect();

  void disconnect() { socket_.reset(); }

  // Sends; false if the library takes no more.
  bool send(transport::MessageBody body);
  bool send_frame(ByteView frame);

  bool send_evidence(Bytes item) { return send(transport::EvidenceMessage{{std::move(item)}}); }

  bool send_log(std::uint64_t sequence, ByteView log);

  // The next message; nullopt if none comes in time.
  std::optional<transport::Message> receive(std::chrono::milliseconds limit = kPatience);

  // The next message, which must be of this type; an empty one if it is not.
  template <class T>
  T receive_a() {
    const std::optional<transport::Message> message = receive();
    const T* body = message ? std::get_if<T>(&message->body) : nullptr;
    EXPECT_NE(body, nullptr) << "got "
                             << (message ? name_of(transport::kind_of(message->body)) : "nothing");
    return body == nullptr ? T{} : *body;
  }

  Receipt receive_receipt();
  // The code of the ERROR that must come next.
  std::string receive_error();

  // HELLO, and the CHALLENGE that answers it.
  transport::ChallengeMessage hello();
  [[nodiscard]] transport::HelloMessage hello_message() const;

  // Evidence that answers a challenge, or the nonce of the last receipt.
  EvidenceParts quote(const transport::ChallengeMessage& challenge, const Forgery& forgery = {});
  EvidenceParts quote_preissued(const Receipt& receipt, const Forgery& forgery = {});

  // A whole honest attestation: HELLO to RECEIPT, the log if it is asked for.
  Receipt attest();
  // What comes back for evidence, the log given if it is asked for.
  Receipt judged(const Bytes& item);

  [[nodiscard]] Bytes boot_log() const { return read_file(machine_.boot_log_path()); }

  [[nodiscard]] const std::string& name() const { return machine_.name(); }

  [[nodiscard]] HostUid uid() const { return uid_; }

  [[nodiscard]] const transport::CurveKeyPair& keys() const { return keys_; }

  transport::Context& context() { return *context_; }

  agent::TpmDevice& tpm() { return *tpm_; }

  // Of the last receipt; shown in HELLO.
  std::uint64_t last_receipt = 0;

 private:
  struct Asked {
    NonceKind kind;
    Nonce nonce;
    std::uint64_t sequence;
    std::vector<PcrSelection> selections;
  };

  EvidenceParts quote(const Asked& asked, const Forgery& forgery);
  std::optional<agent::TpmKey> load_new_ak();

  SimHost& machine_;
  const TestDaemon& daemon_;
  std::unique_ptr<transport::Context> context_;
  transport::CurveKeyPair keys_;
  std::optional<agent::TpmDevice> tpm_;
  std::optional<agent::TpmKey> ek_;
  std::optional<agent::TpmKey> ak_;
  std::optional<agent::TpmKey> other_ak_;
  std::optional<transport::Socket> socket_;
  HostUid uid_;
  std::uint32_t generation_ = 0;
  std::uint64_t correlation_ = 0;
};

}  // namespace quotemill::testing
