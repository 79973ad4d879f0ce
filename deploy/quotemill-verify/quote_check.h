// verify_quote(): judges one quote with what came along. Pure: bytes in, findings out.
//
// The live path (engine/verify) knows the host, its challenge and its enrolled key. Here only files
// are known, so the report says besides what was found also what was *not* checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/quotemill-verify/input_files.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/ima_log.h"
#include "engine/tpm/quote.h"
#include "engine/verdict/finding.h"

namespace quotemill::offline {

enum class WeakAlgorithms : std::uint8_t { kRefuse, kAllow };

// The bytes of the files; what is absent was not given. Borrowed by the report.
struct QuoteInputs {
  const AttestationKey& key;
  ByteView attest;                     // TPMS_ATTEST
  ByteView signature;                  // TPMT_SIGNATURE or plain
  std::optional<ByteView> pcrs = {};   // of what is quoted, at least; else the logs must tell them
  std::optional<ByteView> nonce = {};  // as it must stand in extraData
  std::optional<ByteView> event_log = {};
  std::optional<ByteView> ima_log = {};
  WeakAlgorithms weak = WeakAlgorithms::kRefuse;
};

// How far the value of a quoted PCR is explained.
enum class PcrProof : std::uint8_t {
  kQuoted,    // authentic; no log was given for it
  kReplayed,  // a log reproduces it
  kReset,     // never extended since the reset
  kUnproven,  // authentic, but no event tells how it came to be
  kMismatch,  // the log tells something else
};

std::string_view name_of(PcrProof proof);  // "quoted", "replayed", …

struct PcrRow {
  Digest value;
  std::uint32_t pcr = 0;
  PcrProof proof = PcrProof::kQuoted;
};

struct ImaResult {
  std::size_t entries = 0;
  std::size_t proven_entries = 0;  // the first so many
};

// What is known of the quote after the check. Fields past the signature are set only if it holds.
struct QuoteReport {
  Findings findings;
  // What this run could not or was not asked to check, as stable words: "nonce", "pcrs",
  // "unquoted_pcrs", "eventlog", "ima", "ima_tail", "event_data", "ak_attributes",
  // "ak_certificate", "ak_origin", "clock".
  std::vector<std::string> unchecked;
  // PCRs that values were given for and that the quote does not cover: nothing proves them.
  std::vector<PcrSelection> unquoted;
  std::optional<SignatureView> signature;
  std::optional<Quote> quote;
  std::vector<PcrRow> pcrs;  // authentic values only
  std::optional<ImaResult> ima;

  // Nothing that was checked failed.
  [[nodiscard]] bool proven() const { return worst_of(findings) != Severity::kFail; }
};

QuoteReport verify_quote(const QuoteInputs& inputs);

}  // namespace quotemill::offline
