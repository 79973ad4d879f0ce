// Proofs are shared and immutable: a test changes a copy.
#pragma once

#include <memory>

#include "engine/verdict/host_state.h"

namespace quotemill::testing {

// Gives the state a proof of its own, changed by `change`. REQUIRES: it has one
template <class Change>
void change_proof(HostState& state, Change&& change) {
  auto proof = std::make_shared<BootProof>(*state.proof);
  change(*proof);
  state.proof = std::move(proof);
}

// Sets one of the proof's PCR values.
inline void set_proven(BootProof& proof, std::uint32_t pcr, const Digest& value) {
  PcrBank values = proof.pcrs.values();
  values.set(pcr, value);
  proof.pcrs = KnownPcrs(std::move(values));
}

}  // namespace quotemill::testing
