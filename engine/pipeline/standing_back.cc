#include "engine/pipeline/standing_back.h"

#include <unistd.h>

#include <sys/resource.h>

#include "engine/pipeline/limits.h"

namespace quotemill {

StandingBack::StandingBack(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) {
  observe(true);
}

StandingBack::~StandingBack() {
  observe(false);
}

// Counted from the process's own niceness, that of its first thread: who enters twice stands back
// once.
void StandingBack::on_scheduler_entry(bool is_worker) {
  if (is_worker) {
    const int own = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid()));
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), own + limits::kWorkerNice);
  }
}

}  // namespace quotemill
