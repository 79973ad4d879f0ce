#include "tests/support/process.h"

#include <signal.h>

#include <gtest/gtest.h>

namespace quotemill::testing {
namespace {

using std::chrono::milliseconds;

TEST(Process, CapturesBothOutputsAndTheExitStatus) {
  const Finished finished = run({{"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_EQ(finished.output, "out\nerr\n");
}

TEST(Process, RunsInTheFolderWithTheEnvironment) {
  const Finished finished = run({{"sh", "-c", "echo \"$PWD $NAME\""}, {{"NAME", "value"}}, "/usr"});
  EXPECT_EQ(finished.output, "/usr value\n");
}

TEST(Process, AMissingProgramFails) {
  EXPECT_EQ(run({{"no-such-program-of-ours"}}).exit_status, 127);
}

TEST(Process, KillsWhatTakesTooLong) {
  EXPECT_EQ(run({{"sleep", "60"}}, milliseconds(50)).exit_status, -1);
}

TEST(Process, StopsWithSigterm) {
  Process process({{"sleep", "60"}});
  EXPECT_TRUE(process.is_running());
  EXPECT_EQ(process.stop(), 128 + SIGTERM);
  EXPECT_FALSE(process.is_running());
}

TEST(Process, CapturesMoreThanAPipeHolds) {
  const Finished finished = run({{"head", "-c", "1000000", "/dev/zero"}});
  EXPECT_EQ(finished.output.size(), 1000000U);
}

}  // namespace
}  // namespace quotemill::testing
