// StandingBack: the workers of an arena stand back behind the other threads of the process.
//
// What the workers judge is committed by one thread, and sent and received by a few: on two
// processors two workers and a committer with equal rights leave each two thirds of one, and the
// workers, who are ahead, take it from the committer, for whom they then wait. The scheduler shares
// by weight (setpriority(2): on Linux of a thread alone); a worker keeps a tenth of another
// thread's weight, so that it is never starved.
//
// Once a worker has entered it stays so, in whatever arena it works later. A system that refuses
// changes how fast judging is, nothing else.
#pragma once

#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

namespace quotemill {

class StandingBack final : public tbb::task_scheduler_observer {
 public:
  // Of workers that enter from now on. `arena` is borrowed.
  explicit StandingBack(tbb::task_arena& arena);
  ~StandingBack() override;

  void on_scheduler_entry(bool is_worker) override;
};

}  // namespace quotemill
