// appraise_runtime: a piece of a host's runtime list, the quote that came with it, and what was
// proven of the list before -> findings of the whole list so far, and what is proven now. Pure.
#pragma once

#include <memory>

#include "engine/policy/snapshot.h"
#include "engine/verdict/runtime_proof.h"
#include "engine/verify/verified_evidence.h"

namespace quotemill {

// Whether `before` is of the quote's boot, and judged by the rules of `snapshot`: then a list goes
// on from it, else it begins anew.
bool is_of_this_boot(const RuntimeProof& before, const VerifiedQuote& quote,
                     const Snapshot& snapshot);

// Whether the quote says nothing about the list that `before` does not.
// REQUIRES: is_of_this_boot(), quote.pcrs().has(kImaPcr)
bool is_as_proven(const RuntimeProof& before, const VerifiedQuote& quote);

struct RuntimeAppraised {
  RuntimeProof proof;  // to be kept; of the list as far as it was proven before, if not further
  Findings findings;   // the proof's, and what is wrong with this quote alone
};

// `before`: null, or is_of_this_boot(). `piece`: the list's bytes from before->list.proven_size on.
// REQUIRES: quote.pcrs().has(kImaPcr)
RuntimeAppraised appraise_runtime(const VerifiedQuote& quote, const RuntimeProof* before,
                                  ByteView piece, const Snapshot& snapshot);

// For a host whose PCR 10 nothing was measured into.
Findings appraise_absent_list(const Snapshot& snapshot);

}  // namespace quotemill
