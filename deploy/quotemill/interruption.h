// Interruption: Ctrl-C as something to wait for, while a command follows what the daemon does.
#pragma once

#include <csignal>

namespace quotemill::cli {

// While there is one, SIGINT ends nothing; a second one is noticed, too. One at a time, on the
// thread that made it.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Waits so long, or until Ctrl-C: true then.
  [[nodiscard]] bool wait_ms(int ms) const;

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace quotemill::cli
