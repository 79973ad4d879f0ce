// For how long a verdict holds: counted from the issue of the nonce that it answers.
#pragma once

#include <cstdint>

#include "engine/verdict/verdict.h"

namespace quotemill {

inline std::int64_t validity_of(const Verdict& verdict) {
  return verdict.valid_until.ms - verdict.fresh_from.ms;
}

inline void set_validity(Verdict& verdict, std::int64_t ms) {
  verdict.valid_until.ms = verdict.fresh_from.ms + ms;
}

}  // namespace quotemill
