// Scene: a machine, its quote and its logs, as an attacker may have changed them; and what was said
// of them.
#pragma once

#include <algorithm>
#include <string_view>

#include "deploy/quotemill-verify/quote_check.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"
#include "engine/eventlog/replay.h"
#include "tests/support/signing_key.h"

namespace quotemill::testing {

inline const SigningKey& test_key() {
  static const SigningKey kKey = SigningKey::generate(KeyKind::kEcP256);
  return kKey;
}

// A machine whose firmware logged something in PCR 0 to 7, and a quote over what you like.
struct Scene {
  Scene() : log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256}) {
    log.startup_locality(3);
    for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
      log.event(pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
    }
    values = replay(read_boot_log(log.bytes()).log, HashAlgorithm::kSha256);
  }

  // TPMS_ATTEST over `values` and `more`, signed; `change` may spoil the bytes before they are
  // signed.
  void sign(const SigningKey& signer = test_key(), void (*change)(Bytes&) = nullptr) {
    std::vector<PcrBank> banks = more;
    banks.insert(banks.begin(), values);
    Quote quote;
    quote.extra_data = extra_data;
    for (const PcrBank& bank : banks) {
      quote.selections.push_back(bank.selection());
    }
    if (empty_selection) {
      quote.selections.clear();
    }
    const Digest digest = *pcr_digest(quote.selections, banks, HashAlgorithm::kSha256);
    quote.pcr_digest = digest.view();
    attest = encode_quote(quote);
    if (change != nullptr) {
      change(attest);
    }
    signature = signer.sign_as_tpm(attest);
  }

  // Values beside the quote.
  void give(const std::vector<PcrBank>& banks) {
    std::string text;
    for (const PcrBank& bank : banks) {
      for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
        if (bank.has(pcr)) {
          text += std::string(name_of(bank.algorithm())) + ":" + std::to_string(pcr) + " " +
                  bank.at(pcr).hex() + "\n";
        }
      }
    }
    pcr_file = to_bytes(as_bytes(text));
  }

  [[nodiscard]] offline::QuoteReport judge() const {
    const offline::AttestationKey ak{key.key, key, false};
    offline::QuoteInputs inputs{.key = ak, .attest = attest, .signature = signature};
    inputs.nonce = nonce;
    inputs.pcrs = pcr_file;
    inputs.ima_log = ima_list;
    if (with_log) {
      inputs.event_log = log.bytes();
    }
    return offline::verify_quote(inputs);
  }

  Bytes extra_data = {1, 2, 3, 4};
  std::optional<Bytes> nonce = extra_data;
  BootLogWriter log;
  bool with_log = true;
  PcrBank values;
  std::vector<PcrBank> more = {};
  bool empty_selection = false;
  Bytes attest;
  Bytes signature;
  std::optional<Bytes> pcr_file;
  std::optional<Bytes> ima_list;
  PublicArea key = good_attestation_key(test_key().public_key());
};

inline std::size_t count(const offline::QuoteReport& report, FindingCode code, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
        return finding.code == code && finding.severity == severity;
      }));
}

inline bool fails_with(const offline::QuoteReport& report, FindingCode code) {
  return !report.proven() && count(report, code, Severity::kFail) > 0;
}

inline bool has_unchecked(const offline::QuoteReport& report, std::string_view word) {
  return std::find(report.unchecked.begin(), report.unchecked.end(), word) !=
         report.unchecked.end();
}

}  // namespace quotemill::testing
