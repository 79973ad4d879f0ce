// HashStream: a digest over what comes in pieces; hash.h where all of it is there.
#pragma once

#include <memory>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill {

// Not for sharing between threads.
class HashStream {
 public:
  // REQUIRES: can_hash(algorithm)
  explicit HashStream(HashAlgorithm algorithm);
  HashStream(const HashStream&) = delete;
  HashStream& operator=(const HashStream&) = delete;
  ~HashStream();

  void add(ByteView bytes);

  // Of all that was added. To be called once.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  const HashAlgorithm algorithm_;
  std::unique_ptr<State> state_;
};

}  // namespace quotemill
