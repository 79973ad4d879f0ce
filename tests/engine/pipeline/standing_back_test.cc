// Workers of an arena that stand back behind the other threads of the process.
#include "engine/pipeline/standing_back.h"

#include <future>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "engine/pipeline/limits.h"

namespace quotemill {
namespace {

int niceness_of(pid_t thread) {
  return ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread));
}

// Of a worker of the arena, which has none but workers.
int niceness_within(tbb::task_arena& arena) {
  std::promise<int> found;
  arena.enqueue([&found] { found.set_value(niceness_of(::gettid())); });
  return found.get_future().get();
}

class StandingBackTest : public testing::Test {
 protected:
  const int own_ = niceness_of(::getpid());
  tbb::global_control parallelism_{tbb::global_control::max_allowed_parallelism, 2};
  tbb::task_arena arena_{1, 0};
};

TEST_F(StandingBackTest, AWorkerIsNicerThanTheProcess) {
  const StandingBack standing_back(arena_);
  EXPECT_EQ(niceness_within(arena_), own_ + limits::kWorkerNice);
}

TEST_F(StandingBackTest, AWorkerThatEntersAgainIsNoNicerThanBefore) {
  for (int i = 0; i < 3; ++i) {
    tbb::task_arena arena(1, 0);
    const StandingBack standing_back(arena);
    EXPECT_EQ(niceness_within(arena), own_ + limits::kWorkerNice);
  }
}

TEST_F(StandingBackTest, OtherThreadsAreAsTheProcessIs) {
  const StandingBack standing_back(arena_);
  niceness_within(arena_);
  EXPECT_EQ(niceness_of(::gettid()), own_);
  int of_new_thread = 0;
  std::thread([&] { of_new_thread = niceness_of(::gettid()); }).join();
  EXPECT_EQ(of_new_thread, own_);
}

TEST_F(StandingBackTest, AThreadThatLendsItselfToTheArenaIsAsItWas) {
  tbb::task_arena arena(2, 1);
  const StandingBack standing_back(arena);
  arena.execute([&] { EXPECT_EQ(niceness_of(::gettid()), own_); });
}

}  // namespace
}  // namespace quotemill
