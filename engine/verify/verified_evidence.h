// VerifiedQuote, VerifiedBoot and VerifiedEvidence: trust as a type. Only what verify.h declares
// can make them, and appraisal accepts nothing else, so "forgot to verify" does not compile.
//
// All borrow the bytes of the evidence they were made from, and live no longer than its batch.
#pragma once

#include <utility>

#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/boot_log.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/tpm/known_pcrs.h"
#include "engine/tpm/quote.h"
#include "engine/verdict/finding.h"

namespace quotemill {

class QuoteVerifier;
class BootLogVerifier;

// A quote that the host's enrolled key signed, over this challenge, on this channel, of exactly the
// PCRs that were asked for, with the values that it digests.
class VerifiedQuote {
 public:
  [[nodiscard]] const EvidenceHeader& header() const { return header_; }

  [[nodiscard]] const Quote& quote() const { return quote_; }

  // The one it answers: the challenge's, or its alternative.
  [[nodiscard]] const Nonce& nonce() const { return nonce_; }

  // The authenticated values, all those selected and no others.
  [[nodiscard]] const PcrBank& pcrs() const { return pcrs_.values(); }

  [[nodiscard]] const KnownPcrs& known_pcrs() const { return pcrs_; }

  // What the verification has to remark (weak algorithms); never of severity fail unless the policy
  // makes it so.
  [[nodiscard]] const Findings& remarks() const { return remarks_; }

 private:
  friend class QuoteVerifier;

  VerifiedQuote(EvidenceHeader header, Quote quote, const Nonce& nonce, KnownPcrs pcrs,
                Findings remarks)
      : header_(header),
        quote_(std::move(quote)),
        nonce_(nonce),
        pcrs_(std::move(pcrs)),
        remarks_(std::move(remarks)) {}

  EvidenceHeader header_;
  Quote quote_;
  Nonce nonce_;
  KnownPcrs pcrs_;
  Findings remarks_;
};

// PCR values that a quote signed, together with the boot log that they prove, as far as they do:
// `findings` say where they do not.
class VerifiedBoot {
 public:
  // The values that the log is held against.
  [[nodiscard]] const PcrBank& pcrs() const { return pcrs_; }

  [[nodiscard]] const BootLog& boot_log() const { return log_; }

  // Whether secrets are still in it, or what was found of them when it came.
  [[nodiscard]] LogForm log_form() const { return form_; }

  [[nodiscard]] const Findings& findings() const { return findings_; }

  // Every quoted PCR but that of the runtime list (10) is explained by the log, and it is whole.
  [[nodiscard]] bool is_proven() const { return proven_; }

  // Bit n: the log explains the quoted value of PCR n.
  [[nodiscard]] std::uint32_t proven_pcrs() const { return proven_pcrs_; }

 private:
  friend class BootLogVerifier;

  VerifiedBoot(PcrBank pcrs, LogForm form) : pcrs_(std::move(pcrs)), form_(form) {}

  PcrBank pcrs_;
  BootLog log_;
  LogForm form_;
  Findings findings_;
  std::uint32_t proven_pcrs_ = 0;
  bool proven_ = false;
};

// A boot whose quote is at hand.
class VerifiedEvidence : public VerifiedBoot {
 public:
  [[nodiscard]] const VerifiedQuote& quote() const { return quote_; }

 private:
  friend class BootLogVerifier;

  VerifiedEvidence(VerifiedQuote quote, VerifiedBoot boot)
      : VerifiedBoot(std::move(boot)), quote_(std::move(quote)) {}

  VerifiedQuote quote_;
};

}  // namespace quotemill
