// Attestor: the host's half of attestation: it answers a nonce with evidence, and an enrolment with
// what only this TPM can show. One thread.
#pragma once

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/evidence/challenge.h"
#include "transport/agent/agent_state.h"
#include "transport/agent/measured_boot.h"
#include "transport/agent/tpm_device.h"

namespace quotemill::agent {

struct AttestorOptions {
  std::string tcti;
  std::string boot_log_path = kBootLogPath;
  std::string runtime_list_path = kRuntimeListPath;
  std::string boot_id_path = kBootIdPath;
  FactPaths facts;
  std::string agent;  // "quotemill-agent/0.1.0"
};

// What a challenge asks.
struct Question {
  NonceKind kind = NonceKind::kInteractive;
  Nonce nonce{};
  std::uint64_t sequence = 0;
  std::vector<PcrSelection> selections;
};

// The evidence that answers it, and the log that explains it, as it was at that moment.
struct Answer {
  Bytes item;  // encode_evidence()
  Bytes boot_log;
  Bytes pcr_digest;  // of the quote
  BootId boot_id{};
};

class Attestor {
 public:
  // Opens the TPM, and loads the AK of `state`, or makes a new one (and sets it in `state`, for the
  // caller to save) if it has none.
  static Result<Attestor> open(const AttestorOptions& options, AgentState& state);

  // The PCR values travel unless the quote's digest is `known_digest`, which the server has proven.
  Result<Answer> answer(const Question& question, const ChannelBinding& binding,
                        const std::optional<Bytes>& known_digest);

  // As it is now; empty if the machine has none.
  Result<Bytes> boot_log() const;

  // As it is now, which is after every quote that was made; from a byte on.
  Result<Bytes> runtime_list(std::uint64_t from, std::uint64_t max_bytes) const {
    return read_runtime_list(options_.runtime_list_path, from, max_bytes);
  }

  Result<BootId> boot_id() const { return read_boot_id(options_.boot_id_path); }

  // For enrolment. The certificate is empty if the TPM holds none.
  Result<Bytes> ek_certificate();
  Result<Bytes> ek_public();

  [[nodiscard]] const Bytes& ak_public() const { return ak_.public_area(); }

  Result<Bytes> activate(ByteView id_object, ByteView encrypted_secret);
  Result<TpmQuote> quote(ByteView qualifying_data);

 private:
  Attestor(AttestorOptions options, EkKind ek_kind, TpmDevice tpm, TpmKey ak);

  AttestorOptions options_;
  EkKind ek_kind_;
  TpmDevice tpm_;
  TpmKey ak_;
};

}  // namespace quotemill::agent
