#include "deploy/common/stop_signal.h"

#include <csignal>
#include <pthread.h>

#include <sys/signalfd.h>

namespace quotemill::program {

int stop_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

}  // namespace quotemill::program
