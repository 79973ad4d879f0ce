#include "transport/agent/attestor.h"

#include <utility>

#include "engine/evidence/evidence_codec.h"
#include "engine/tpm/quote.h"

namespace quotemill::agent {
namespace {

// What the enrolment quote covers: it proves the key, not the boot.
const std::vector<PcrSelection>& enrolment_selection() {
  static const std::vector<PcrSelection> selections = {{HashAlgorithm::kSha256, 1}};
  return selections;
}

}  // namespace

Attestor::Attestor(AttestorOptions options, EkKind ek_kind, TpmDevice tpm, TpmKey ak)
    : options_(std::move(options)), ek_kind_(ek_kind), tpm_(std::move(tpm)), ak_(std::move(ak)) {}

Result<Attestor> Attestor::open(const AttestorOptions& options, AgentState& state) {
  Result<TpmDevice> tpm = TpmDevice::open(options.tcti);
  if (!tpm) {
    return tpm.error();
  }
  Result<TpmKey> ek = tpm->endorsement_key(state.ek_kind);
  if (!ek) {
    return ek.error();
  }
  if (state.ak.public_blob.empty()) {
    Result<AkBlobs> made = tpm->create_ak(*ek, state.ak_kind);
    if (!made) {
      return made.error();
    }
    state.ak = std::move(*made);
  }
  Result<TpmKey> ak = tpm->load_ak(*ek, state.ak);
  if (!ak) {
    return ak.error();
  }
  return Attestor(options, state.ek_kind, std::move(*tpm), std::move(*ak));
}

Result<Answer> Attestor::answer(const Question& question, const ChannelBinding& binding,
                                const std::optional<Bytes>& known_digest) {
  Answer answer;
  const Result<BootId> boot = boot_id();
  if (!boot) {
    return boot.error();
  }
  Result<Bytes> log = boot_log();
  if (!log) {
    return log.error();
  }
  const OwnedHostFacts facts = read_host_facts(options_.facts, options_.agent);
  EvidenceHeader header;
  header.nonce_kind = question.kind;
  header.host = binding.host;
  header.generation = binding.generation;
  header.sequence = question.sequence;
  header.boot_id = *boot;
  header.boot_log_bytes = static_cast<std::uint32_t>(log->size());
  header.facts = facts.view();
  const Bytes header_bytes = encode_evidence_header(header);
  const Digest qualifying = attest_qualifying_data(question.nonce, binding, header_bytes);
  Result<TpmQuoteWithPcrs> quoted =
      tpm_.quote_with_pcrs(ak_, question.selections, qualifying.view());
  if (!quoted) {
    return quoted.error();
  }
  const Result<Quote> parsed = decode_quote(quoted->quote.attest);
  if (!parsed) {
    return parsed.error();
  }
  answer.pcr_digest = to_bytes(parsed->pcr_digest);
  Evidence evidence;
  evidence.header_bytes = header_bytes;
  evidence.attest = quoted->quote.attest;
  evidence.signature = quoted->quote.signature;
  if (answer.pcr_digest != known_digest) {
    evidence.pcrs = std::move(quoted->pcrs);
  }
  answer.item = encode_evidence(evidence);
  answer.boot_log = std::move(*log);
  answer.boot_id = *boot;
  return answer;
}

// A host without a boot log attests all the same: the policy decides what that is worth.
Result<Bytes> Attestor::boot_log() const {
  Result<Bytes> log = read_boot_log_file(options_.boot_log_path);
  if (!log && log.error().code == ErrorCode::kNotFound) {
    return Bytes{};
  }
  return log;
}

Result<Bytes> Attestor::ek_certificate() {
  Result<Bytes> certificate = tpm_.ek_certificate(ek_kind_);
  if (!certificate && certificate.error().code == ErrorCode::kNotFound) {
    return Bytes{};
  }
  return certificate;
}

Result<Bytes> Attestor::ek_public() {
  Result<TpmKey> ek = tpm_.endorsement_key(ek_kind_);
  return ek ? Result<Bytes>(ek->public_area()) : ek.error();
}

Result<Bytes> Attestor::activate(ByteView id_object, ByteView encrypted_secret) {
  Result<TpmKey> ek = tpm_.endorsement_key(ek_kind_);
  if (!ek) {
    return ek.error();
  }
  return tpm_.activate_credential(*ek, ak_, id_object, encrypted_secret);
}

Result<TpmQuote> Attestor::quote(ByteView qualifying_data) {
  return tpm_.quote(ak_, enrolment_selection(), qualifying_data);
}

}  // namespace quotemill::agent
