// A SoftwareHost's evidence, put through the verification as the pipeline does it.
#pragma once

#include <optional>
#include <variant>

#include <gtest/gtest.h>

#include "engine/evidence/evidence_codec.h"
#include "engine/verify/verify.h"
#include "tests/support/finding_printers.h"
#include "tests/support/software_host.h"

namespace quotemill::testing {

// Owns the item that the verified quote borrows.
class QuoteCheck {
 public:
  QuoteCheck(const SoftwareHost& host, const Challenge& challenge, Bytes item,
             const KnownPcrs* known_pcrs = nullptr)
      : item_(std::move(item)) {
    SignatureChecker key(host.key.public_key());
    run({key, host.binding(), challenge, known_pcrs});
  }

  QuoteCheck(const QuoteExpectation& expected, Bytes item) : item_(std::move(item)) {
    run(expected);
  }

  QuoteCheck(const QuoteCheck&) = delete;
  QuoteCheck& operator=(const QuoteCheck&) = delete;

  [[nodiscard]] bool ok() const { return quote_.has_value(); }

  [[nodiscard]] const VerifiedQuote& quote() const { return *quote_; }

  [[nodiscard]] const Findings& findings() const { return findings_; }

  [[nodiscard]] std::vector<FindingCode> codes() const { return testing::codes(findings_); }

 private:
  void run(const QuoteExpectation& expected) {
    const Result<Evidence> evidence = decode_evidence(item_);
    ASSERT_TRUE(evidence) << evidence.error().to_string();
    auto result = verify_quote(*evidence, expected);
    if (auto* findings = std::get_if<Findings>(&result)) {
      findings_ = std::move(*findings);
    } else {
      quote_ = std::get<VerifiedQuote>(std::move(result));
    }
  }

  Bytes item_;
  std::optional<VerifiedQuote> quote_;
  Findings findings_;
};

}  // namespace quotemill::testing
