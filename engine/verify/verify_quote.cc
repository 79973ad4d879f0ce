#include "engine/crypto/hash.h"
#include "engine/tpm/signature.h"
#include "engine/verify/verify.h"

namespace quotemill {
namespace {

constexpr unsigned kRsaBitsMin = 2048;

Finding failure(FindingCode code, std::string subject = {}) {
  Finding finding;
  finding.code = code;
  finding.subject = std::move(subject);
  return finding;
}

// "TPMS_ATTEST.magic: malformed at byte 4": our own words, nothing of the host's.
Finding malformed(FindingCode code, const Error& error) {
  return failure(code, error.to_string());
}

bool is_weak(const PublicKey& key, const SignatureView& signature) {
  return signature.hash == HashAlgorithm::kSha1 ||
         (key.kind() == KeyKind::kRsa && key.bits() < kRsaBitsMin);
}

}  // namespace

// One verification: each check adds its finding; the quote is made only if there is none.
class QuoteVerifier {
 public:
  QuoteVerifier(const Evidence& evidence, const QuoteExpectation& expected)
      : evidence_(evidence), expected_(expected) {}

  std::variant<VerifiedQuote, Findings> run() {
    check_identity();
    const Result<SignatureView> signature = decode_signature(evidence_.signature);
    if (!signature) {
      findings_.push_back(malformed(FindingCode::kQuoteSignature, signature.error()));
      return findings_;
    }
    // The signature comes before the structure it covers: nothing of an unsigned quote is looked
    // at.
    if (!check_signature(*signature)) {
      return findings_;
    }
    Result<Quote> quote = decode_quote(evidence_.attest);
    if (!quote) {
      findings_.push_back(malformed(FindingCode::kQuoteMalformed, quote.error()));
      return findings_;
    }
    const Nonce& nonce = check_nonce(*quote);
    check_selection(*quote);
    std::optional<KnownPcrs> pcrs = check_pcrs(*quote, signature->hash);
    if (!pcrs || !findings_.empty()) {
      return findings_;
    }
    return VerifiedQuote(evidence_.header, *std::move(quote), nonce, *std::move(pcrs),
                         weak_remarks(*signature));
  }

 private:
  void check_identity() {
    if (evidence_.header.host != expected_.binding.host ||
        evidence_.header.generation != expected_.binding.generation ||
        evidence_.header.sequence != expected_.challenge.sequence) {
      findings_.push_back(failure(FindingCode::kEvidenceIdentity));
    }
  }

  bool check_signature(const SignatureView& signature) {
    if (can_hash(signature.hash) &&
        expected_.attestation_key.holds(signature, hash(signature.hash, evidence_.attest),
                                        expected_.scratch)) {
      return true;
    }
    findings_.push_back(failure(
        FindingCode::kQuoteSignature,
        std::string(name_of(signature.scheme)) + " with " + std::string(name_of(signature.hash))));
    return false;
  }

  // The nonce that is answered.
  const Nonce& check_nonce(const Quote& quote) {
    const Challenge& challenge = expected_.challenge;
    if (answers(quote, challenge.nonce)) {
      return challenge.nonce;
    }
    if (challenge.alternative && answers(quote, *challenge.alternative)) {
      return *challenge.alternative;
    }
    findings_.push_back(failure(FindingCode::kQuoteNonce));
    return challenge.nonce;
  }

  [[nodiscard]] bool answers(const Quote& quote, const Nonce& nonce) const {
    const Digest wanted = attest_qualifying_data(nonce, expected_.binding, evidence_.header_bytes);
    return equal_constant_time(quote.extra_data, wanted.view());
  }

  void check_selection(const Quote& quote) {
    if (quote.selections != expected_.challenge.selections) {
      findings_.push_back(failure(FindingCode::kQuoteSelection,
                                  "asked " + to_string(expected_.challenge.selections) +
                                      ", quoted " + to_string(quote.selections)));
    }
  }

  // The values that the quote digests: those sent, or the known ones if none were sent.
  std::optional<KnownPcrs> check_pcrs(const Quote& quote, HashAlgorithm signing_hash) {
    std::optional<KnownPcrs> pcrs;
    if (evidence_.pcrs.size() == 1) {
      pcrs.emplace(evidence_.pcrs.front(), signing_hash);
    } else if (evidence_.pcrs.empty() && expected_.known_pcrs != nullptr) {
      pcrs = *expected_.known_pcrs;
    }
    // Values beyond those quoted would be unproven ones (CVE-2022-0317): exactly the selection.
    if (!pcrs || quote.selections.size() != 1 ||
        quote.selections.front() != pcrs->values().selection()) {
      findings_.push_back(failure(FindingCode::kQuotePcrValues));
      return std::nullopt;
    }
    const Digest digest = pcrs->composite(signing_hash);
    if (!equal(digest.view(), quote.pcr_digest)) {
      Finding finding = failure(FindingCode::kQuotePcrDigest);
      finding.digest = Digest::from(signing_hash, quote.pcr_digest);
      finding.expected = digest;
      findings_.push_back(std::move(finding));
      return std::nullopt;
    }
    return pcrs;
  }

  [[nodiscard]] Findings weak_remarks(const SignatureView& signature) const {
    const PublicKey& key = expected_.attestation_key.key();
    if (!is_weak(key, signature)) {
      return {};
    }
    Finding finding = failure(FindingCode::kQuoteWeakAlgorithm,
                              key.name() + " with " + std::string(name_of(signature.hash)));
    finding.severity = Severity::kWarning;
    return {finding};
  }

  const Evidence& evidence_;
  const QuoteExpectation& expected_;
  Findings findings_;
};

std::variant<VerifiedQuote, Findings> verify_quote(const Evidence& evidence,
                                                   const QuoteExpectation& expected) {
  return QuoteVerifier(evidence, expected).run();
}

}  // namespace quotemill
