#include "deploy/quotemill-verify/quote_check.h"

#include <algorithm>
#include <array>

#include "deploy/quotemill-verify/derive_pcrs.h"
#include "deploy/quotemill-verify/log_check.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/constants.h"
#include "engine/verify/log_findings.h"

namespace quotemill::offline {
namespace {

constexpr unsigned kRsaBitsMin = 2048;

// What a key must be so that only its TPM could have signed, and only what the TPM itself made.
struct Attribute {
  std::uint32_t bits;
  std::string_view missing;
};

constexpr std::array kAttributes = {
    Attribute{tpm::kRestricted, "not restricted"}, Attribute{tpm::kSignEncrypt, "cannot sign"},
    Attribute{tpm::kFixedTpm, "not fixedTPM"}, Attribute{tpm::kFixedParent, "not fixedParent"},
    Attribute{tpm::kSensitiveDataOrigin, "not made in a TPM"}};

std::vector<PcrSelection> selections_of(const std::vector<PcrBank>& banks) {
  std::vector<PcrSelection> selections;
  selections.reserve(banks.size());
  for (const PcrBank& bank : banks) {
    selections.push_back(bank.selection());
  }
  return selections;
}

// The values of what is selected, as far as they are among `given`.
std::vector<PcrBank> part_of(const std::vector<PcrBank>& given,
                             const std::vector<PcrSelection>& selections) {
  std::vector<PcrBank> part;
  for (const PcrSelection& selection : selections) {
    PcrBank& values = part.emplace_back(selection.bank);
    for (const PcrBank& bank : given) {
      for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
        if (bank.algorithm() == selection.bank && bank.has(pcr) && selection.has(pcr)) {
          values.set(pcr, bank.at(pcr));
        }
      }
    }
  }
  return part;
}

// `all` without `taken`.
std::vector<PcrSelection> rest_of(std::vector<PcrSelection> all,
                                  const std::vector<PcrSelection>& taken) {
  for (PcrSelection& selection : all) {
    for (const PcrSelection& other : taken) {
      selection.mask &= other.bank == selection.bank ? ~other.mask : ~0U;
    }
  }
  std::erase_if(all, [](const PcrSelection& selection) { return selection.mask == 0; });
  return all;
}

// One check of one quote; the order of its steps is that of trust.
class QuoteCheck {
 public:
  explicit QuoteCheck(const QuoteInputs& inputs) : inputs_(inputs) {}

  QuoteReport run() {
    check_key();
    if (check_signature() && decode()) {
      check_nonce();
      read_logs();
      if (check_selection() && check_pcrs()) {
        check_logs();
      }
    }
    note_unchecked();
    return std::move(report_);
  }

 private:
  Finding& add(FindingCode code, std::string subject = {}, Severity severity = Severity::kFail) {
    Finding finding{.code = code, .severity = severity};
    finding.subject = std::move(subject);
    return report_.findings.emplace_back(std::move(finding));
  }

  void check_key() {
    if (!inputs_.key.area.has_value()) {
      return;
    }
    std::string missing;
    for (const Attribute& attribute : kAttributes) {
      if (!inputs_.key.area->has(attribute.bits)) {
        missing += (missing.empty() ? "" : ", ") + std::string(attribute.missing);
      }
    }
    if (!missing.empty()) {
      add(FindingCode::kQuoteAttestationKey, missing);
    }
  }

  bool check_signature() {
    const Result<SignatureCandidates> candidates =
        decode_signature_file(inputs_.signature, inputs_.key);
    if (!candidates) {
      add(FindingCode::kQuoteSignature, candidates.error().to_string());
      return false;
    }
    for (const SignatureView& signature : candidates->views) {
      if (can_hash(signature.hash) &&
          signature_holds(inputs_.key.key, signature, hash(signature.hash, inputs_.attest))) {
        report_.signature = signature;
        note_weakness(signature);
        return true;
      }
    }
    const SignatureView& first = candidates->views.front();
    add(FindingCode::kQuoteSignature,
        candidates->plain
            ? "plain"
            : std::string(name_of(first.scheme)) + " with " + std::string(name_of(first.hash)));
    return false;
  }

  void note_weakness(const SignatureView& signature) {
    const PublicKey& key = inputs_.key.key;
    const bool weak_key = key.kind() == KeyKind::kRsa && key.bits() < kRsaBitsMin;
    if (weak_key || signature.hash == HashAlgorithm::kSha1) {
      add(FindingCode::kQuoteWeakAlgorithm,
          key.name() + " with " + std::string(name_of(signature.hash)),
          inputs_.weak == WeakAlgorithms::kAllow ? Severity::kWarning : Severity::kFail);
    }
  }

  bool decode() {
    Result<Quote> quote = decode_quote(inputs_.attest);
    if (!quote) {
      add(FindingCode::kQuoteMalformed, quote.error().to_string());
      return false;
    }
    report_.quote = std::move(*quote);
    return true;
  }

  void check_nonce() {
    if (inputs_.nonce.has_value() && !equal(*inputs_.nonce, report_.quote->extra_data)) {
      add(FindingCode::kQuoteNonce);
    }
  }

  void read_logs() {
    if (inputs_.event_log.has_value()) {
      boot_log_.emplace(read_boot_log(*inputs_.event_log));
    }
    if (inputs_.ima_log.has_value()) {
      ima_log_.emplace(read_ima_log(*inputs_.ima_log));
    }
  }

  bool check_selection() {
    if (report_.quote->selections.empty()) {
      add(FindingCode::kQuoteSelection, "none at all");
      return false;
    }
    return true;
  }

  // Whether banks_ holds authentic values of what is quoted.
  bool check_pcrs() {
    if (inputs_.pcrs.has_value()) {
      return take_given();
    }
    return (boot_log_.has_value() || ima_log_.has_value()) && derive();
  }

  // What is given beyond the quote is left alone: nothing proves it (CVE-2022-0317).
  bool take_given() {
    Result<std::vector<PcrBank>> given = decode_pcr_file(*inputs_.pcrs);
    if (!given) {
      add(FindingCode::kQuotePcrValues, given.error().to_string());
      return false;
    }
    const std::vector<PcrSelection>& quoted = report_.quote->selections;
    report_.unquoted = rest_of(selections_of(*given), quoted);
    if (!rest_of(quoted, selections_of(*given)).empty()) {
      add(FindingCode::kQuoteSelection,
          "quoted " + to_string(quoted) + ", values given for " + to_string(selections_of(*given)));
      return false;
    }
    std::vector<PcrBank> values = part_of(*given, quoted);
    if (!digest_holds(values)) {
      return false;
    }
    banks_ = std::move(values);
    return true;
  }

  bool digest_holds(const std::vector<PcrBank>& banks) {
    const HashAlgorithm signing_hash = report_.signature->hash;
    const std::optional<Digest> digest = pcr_digest(report_.quote->selections, banks, signing_hash);
    if (digest.has_value() && equal(digest->view(), report_.quote->pcr_digest)) {
      return true;
    }
    Finding& finding = add(FindingCode::kQuotePcrDigest);
    finding.digest = Digest::from(signing_hash, report_.quote->pcr_digest);
    finding.expected = digest;
    return false;
  }

  bool derive() {
    DerivedPcrs derived = derive_pcrs(*report_.quote, report_.signature->hash,
                                      {.boot_log = boot_log_ ? &boot_log_->log : nullptr,
                                       .ima_log = ima_log_ ? &ima_log_->log : nullptr});
    if (derived.found) {
      banks_ = std::move(derived.banks);
      return true;
    }
    append(boot_log_ ? log_findings(*boot_log_) : Findings(), report_.findings);
    append(ima_log_ ? list_findings(*ima_log_) : Findings(), report_.findings);
    append(std::move(derived.findings), report_.findings);
    return false;
  }

  void check_logs() {
    LogCheck logs(banks_, report_.findings);
    if (boot_log_.has_value()) {
      logs.check_boot_log(*boot_log_);
    }
    if (ima_log_.has_value()) {
      report_.ima = logs.check_ima_log(*ima_log_);
    }
    report_.pcrs = logs.rows();
    logs_checked_ = true;
  }

  void note_unchecked() {
    if (!inputs_.nonce.has_value()) {
      add(FindingCode::kFreshnessUnchecked, {}, Severity::kWarning);
    }
    const auto note = [this](bool unchecked, const char* word) {
      if (unchecked) {
        report_.unchecked.emplace_back(word);
      }
    };
    note(!inputs_.nonce.has_value() || !report_.quote.has_value(), "nonce");
    note(banks_.empty(), "pcrs");
    note(!report_.unquoted.empty(), "unquoted_pcrs");
    note(!inputs_.event_log.has_value() || !logs_checked_, "eventlog");
    note(inputs_.event_log.has_value() && logs_checked_, "event_data");
    note(inputs_.ima_log.has_value() ? !logs_checked_ : quotes_ima_pcr(), "ima");
    note(report_.ima.has_value() && report_.ima->proven_entries < report_.ima->entries, "ima_tail");
    note(!inputs_.key.area.has_value(), "ak_attributes");
    note(inputs_.key.from_certificate, "ak_certificate");
    note(true, "ak_origin");
    note(true, "clock");
  }

  [[nodiscard]] bool quotes_ima_pcr() const {
    return report_.quote.has_value() &&
           std::any_of(report_.quote->selections.begin(), report_.quote->selections.end(),
                       [](const PcrSelection& selection) { return selection.has(kImaPcr); });
  }

  const QuoteInputs& inputs_;
  QuoteReport report_;
  std::optional<BootLogReading> boot_log_;  // as far as they were given, once the signature holds
  std::optional<ImaLogReading> ima_log_;
  std::vector<PcrBank> banks_;  // authentic values
  bool logs_checked_ = false;
};

}  // namespace

std::string_view name_of(PcrProof proof) {
  switch (proof) {
    case PcrProof::kQuoted:
      return "quoted";
    case PcrProof::kReplayed:
      return "replayed";
    case PcrProof::kReset:
      return "reset";
    case PcrProof::kUnproven:
      return "unproven";
    case PcrProof::kMismatch:
      return "mismatch";
  }
  return "unknown";
}

QuoteReport verify_quote(const QuoteInputs& inputs) {
  return QuoteCheck(inputs).run();
}

}  // namespace quotemill::offline
