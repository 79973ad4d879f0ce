#include "deploy/quotemilld/give_way.h"

#include <unistd.h>

#include <sys/resource.h>
#include <sys/syscall.h>

namespace quotemill::daemon {

void give_way() {
  constexpr int kNice = 10;
  // Linux: niceness is a thread's own, and its children have it, too.
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  (void)setpriority(PRIO_PROCESS, thread, kNice);
}

}  // namespace quotemill::daemon
