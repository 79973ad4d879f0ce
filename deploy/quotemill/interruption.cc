#include "deploy/quotemill/interruption.h"

#include <ctime>
#include <pthread.h>

namespace quotemill::cli {

Interruption::Interruption() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interruption::~Interruption() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interruption::wait_ms(int ms) const {
  const timespec time{ms / 1'000, (ms % 1'000) * 1'000'000L};
  return sigtimedwait(&signals_, nullptr, &time) == SIGINT;
}

}  // namespace quotemill::cli
