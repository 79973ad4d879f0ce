// verify: Evidence -> VerifiedEvidence, in two steps, because a quote is enough while nothing
// changed and a log is fetched only after its quote's signature held.
//
// Pure; any thread. What is refused is refused with findings of severity fail.
#pragma once

#include <optional>
#include <variant>

#include "engine/crypto/check_signature.h"
#include "engine/eventlog/extend_memo.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/tpm/known_pcrs.h"
#include "engine/verify/verified_evidence.h"

namespace quotemill {

struct BootProof;

// What the quote of this host must be. Borrowed for the call.
struct QuoteExpectation {
  SignatureChecker& attestation_key;  // its own while the call lasts
  ChannelBinding binding;
  const Challenge& challenge;
  // Values of the last proven quote, for evidence that sends none because nothing changed: they
  // count only if the quote's digest is theirs. Null if there are none.
  const KnownPcrs* known_pcrs = nullptr;
  Pkcs1Scratch* scratch = nullptr;  // of the calling thread, for the signature; null: none
};

// The quote, or why not (at least one finding of severity fail).
std::variant<VerifiedQuote, Findings> verify_quote(const Evidence& evidence,
                                                   const QuoteExpectation& expected);

// Reads and replays the log against the quoted values, but for PCR 10, which belongs to the runtime
// list. `log` must outlive the result. `memo`: of
// the calling thread; null if there is none.
VerifiedEvidence verify_boot_log(VerifiedQuote quote, ByteView log, ExtendMemo* memo = nullptr,
                                 LogForm form = LogForm::kAsSent);

// The boot that a stored proof is of, without its quote; nullopt unless `log`, as it is kept,
// explains all of the proof's values but that of PCR 10. `log` must outlive the result.
//
// What is believed is that the values are those of a quote: a BootProof is made by one that
// verify_quote() let through, of a log that explained it completely, and kept by the commit thread
// alone, in a row with a checksum; live quotes that bring no values are believed by the same
// record. Of the log nothing is believed. Whoever does not believe the store has the stored quote
// verified again (verify_quote()).
std::optional<VerifiedBoot> recall_boot(const BootProof& proof, ByteView log,
                                        ExtendMemo* memo = nullptr);

}  // namespace quotemill
