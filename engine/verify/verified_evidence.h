// VerifiedQuote and VerifiedEvidence: trust as a type. Only verify_quote() and verify_boot_log()
// can make them, and appraisal accepts nothing else, so "forgot to verify" does not compile.
//
// Both borrow the bytes of the evidence they were made from, and live no longer than its batch.
#pragma once

#include <utility>

#include "engine/esxi/log/kept_log.h"
#include "engine/eventlog/boot_log.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/tpm/pcr.h"
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
  [[nodiscard]] const PcrBank& pcrs() const { return pcrs_; }

  // What the verification has to remark (weak algorithms); never of severity fail unless the policy
  // makes it so.
  [[nodiscard]] const Findings& remarks() const { return remarks_; }

 private:
  friend class QuoteVerifier;

  VerifiedQuote(EvidenceHeader header, Quote quote, const Nonce& nonce, PcrBank pcrs,
                Findings remarks)
      : header_(header),
        quote_(std::move(quote)),
        nonce_(nonce),
        pcrs_(pcrs),
        remarks_(std::move(remarks)) {}

  EvidenceHeader header_;
  Quote quote_;
  Nonce nonce_;
  PcrBank pcrs_;
  Findings remarks_;
};

// A verified quote together with the boot log that it proves, as far as it does: `findings` say
// where it does not.
class VerifiedEvidence {
 public:
  [[nodiscard]] const VerifiedQuote& quote() const { return quote_; }

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

  VerifiedEvidence(VerifiedQuote quote, LogForm form) : quote_(std::move(quote)), form_(form) {}

  VerifiedQuote quote_;
  BootLog log_;
  LogForm form_;
  Findings findings_;
  std::uint32_t proven_pcrs_ = 0;
  bool proven_ = false;
};

}  // namespace quotemill
