// ProofMemo: prove() with its answers remembered, because the machines of a fleet boot the same and
// most of their events are the same to the byte: comparing data costs a twentieth of hashing it.
//
// An answer is found again by all that it depends on (bank, PCR, type, digest, and every byte of
// the data), so whoever sends a log can make it forget, and pay with the time of hashing, but never
// make it say of one event what is true of another one.
//
// Threads: each its own.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/digest.h"
#include "engine/eventlog/limits.h"
#include "engine/eventlog/proof/event_proof.h"

namespace quotemill {

class ProofMemo {
 public:
  // REQUIRES: entries is a power of two
  explicit ProofMemo(std::size_t entries = limits::kProofMemoEntries,
                     std::size_t bytes_max = limits::kProofMemoBytesMax);

  // As quotemill::prove(), and with the same result.
  EventProof prove(const BootEvent& event, HashAlgorithm bank);

  // Answers that were remembered, and those of measured events that had to be worked out.
  [[nodiscard]] std::uint64_t hits() const { return hits_; }

  [[nodiscard]] std::uint64_t misses() const { return misses_; }

  // Of events' data that is kept; at most bytes_max.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  // Always true if there is one: `proof` is prove()'s answer for such an event.
  struct Fact {
    bool is_there = false;
    std::uint32_t pcr = 0;
    std::uint32_t type = 0;
    Digest digest;  // and the bank
    Bytes data;
    EventProof proof;
  };

  [[nodiscard]] static bool is_of(const Fact& fact, const BootEvent& event, HashAlgorithm bank);
  void keep(Fact& fact, const BootEvent& event, HashAlgorithm bank, const EventProof& proof);
  void forget_all();

  const std::size_t entries_;
  const std::size_t bytes_max_;
  std::vector<Fact> facts_;  // entries_ of them, or none before the first question
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace quotemill
