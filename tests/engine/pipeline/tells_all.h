// TellsAll: a LogTeller that tells every log by itself, and counts them.
#pragma once

#include "engine/ports/log_teller.h"

namespace quotemill::testing {

// For one thread.
class TellsAll final : public LogTeller {
 public:
  [[nodiscard]] std::shared_ptr<const LogTelling> tell(ByteView log) const override {
    ++told;
    return std::make_shared<const LogTelling>(LogTelling{{}, 0, to_bytes(log)});
  }

  mutable int told = 0;
};

}  // namespace quotemill::testing
