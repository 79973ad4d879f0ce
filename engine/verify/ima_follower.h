// ImaFollower: takes a host's runtime list further, from where the last quote proved it to where
// this one does.
//
// A list grows while it is sent, so a quote proves a beginning of it: what is behind is not judged
// yet. But whatever a host listed before a quote was asked for, the TPM had measured by then: a
// quote that proves less than the host listed before is a finding. So nothing stays unproven for
// longer than one attestation.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/eventlog/ima_state.h"
#include "engine/verdict/finding.h"
#include "engine/verify/verified_evidence.h"

namespace quotemill {

struct ImaStep {
  bool proven = false;         // the quoted PCR 10 is that of a beginning of the list
  ImaState next;               // to be kept, if proven; else what there was
  std::uint64_t unproven = 0;  // entries behind what is proven
  Findings findings;           // ima.mismatch, ima.behind, ima.malformed
};

// One attestation's pieces, in their order. Not for sharing between threads.
class ImaFollower {
 public:
  // Sees each entry, and its number in the whole list, before it is known whether the quote proves
  // it: ImaStep::next says up to which.
  using Visit = std::function<void(const ImaEntry&, std::uint64_t)>;

  // The quote must cover PCR 10; if it does not, nothing is ever proven. Keeps its value.
  ImaFollower(const ImaState& state, const VerifiedQuote& quote);

  // The next piece of the binary list, of any size; the first begins at state.proven_size. It may
  // end in mid-entry. Returns false, and nothing more is read, once the list is malformed.
  bool add(ByteView piece, const Visit& visit);

  // After the last piece.
  ImaStep finish() &&;

 private:
  void note_match();
  std::uint8_t template_hash_size(ByteView piece) const;

  const ImaState before_;
  std::optional<Digest> quoted_;
  ImaState now_;
  std::optional<ImaState> match_;  // at the longest beginning that gives the quoted value
  Bytes rest_;                     // of an entry whose end is in the next piece
  std::optional<Error> broken_;
};

}  // namespace quotemill
