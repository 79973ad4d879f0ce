#include "engine/eventlog/proof/proof_memo.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

// Digests are as good as random. The data's size tells apart what was relabelled with a digest that
// many events have (zeros, a separator's).
std::size_t place_of(const BootEvent& event, ByteView digest, std::size_t places) {
  std::uint64_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return (value ^ event.pcr ^ event.data.size()) & (places - 1);
}

}  // namespace

ProofMemo::ProofMemo(std::size_t entries, std::size_t bytes_max)
    : entries_(entries), bytes_max_(bytes_max) {
  assert(entries != 0 && (entries & (entries - 1)) == 0);
}

EventProof ProofMemo::prove(const BootEvent& event, HashAlgorithm bank) {
  const ByteView digest = event.digest(bank);
  if (!event.is_measured() || digest.empty()) {
    return quotemill::prove(event, bank);  // nothing is hashed
  }
  facts_.resize(entries_);  // now: most policies never ask
  Fact& fact = facts_[place_of(event, digest, entries_)];
  if (is_of(fact, event, bank)) {
    ++hits_;
    return fact.proof;
  }
  ++misses_;
  const EventProof proof = quotemill::prove(event, bank);
  keep(fact, event, bank, proof);
  return proof;
}

// All that prove() looks at. The number of a measured event is nothing to it.
bool ProofMemo::is_of(const Fact& fact, const BootEvent& event, HashAlgorithm bank) {
  return fact.is_there && fact.digest.algorithm() == bank && fact.pcr == event.pcr &&
         fact.type == event.type && equal(fact.digest.view(), event.digest(bank)) &&
         equal(fact.data, event.data);
}

void ProofMemo::keep(Fact& fact, const BootEvent& event, HashAlgorithm bank,
                     const EventProof& proof) {
  const std::optional<Digest> digest = Digest::from(bank, event.digest(bank));
  if (!digest || event.data.size() > std::min(limits::kProofMemoDataMax, bytes_max_)) {
    return;
  }
  if (bytes_ - fact.data.capacity() + event.data.size() > bytes_max_) {
    forget_all();
  }
  bytes_ -= fact.data.capacity();
  Bytes data = to_bytes(event.data);
  bytes_ += data.capacity();
  fact = {true, event.pcr, event.type, *digest, std::move(data), proof};
}

// Rather than one after another: what machines have of their own fills it, and what they have in
// common is learnt again from the next one.
void ProofMemo::forget_all() {
  for (Fact& fact : facts_) {
    fact = Fact();
  }
  bytes_ = 0;
}

}  // namespace quotemill
