// The door's child process: boxed in, and replaced when it ends.
#include <csignal>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/process.h"
#include "tests/transport/server/enrolment_door_fixture.h"

namespace quotemill::transport {
namespace {

using Door = EnrolmentDoorTest;

TEST_F(Door, TheChildIsBoxedIn) {
  const pid_t child = door->pid();
  ASSERT_GT(child, 0);
  EXPECT_EQ(proc_line(child, "status", "NoNewPrivs:"), "NoNewPrivs:\t1");
  EXPECT_TRUE(proc_line(child, "status", "CapEff:").ends_with("00000000") ||
              proc_line(child, "status", "CapEff:").ends_with("00000400"));
  std::istringstream core(proc_line(child, "limits", "Max core file size"));
  EXPECT_NE(core.str().find(" 0 "), std::string::npos);
  EXPECT_EQ(proc_line(child, "limits", "Max data size").find("unlimited  "), std::string::npos);
  EXPECT_EQ(proc_line(child, "limits", "Max address space").find("unlimited  "), std::string::npos);
  // Nothing in the command line; the environment is empty.
  EXPECT_TRUE(std::ifstream("/proc/" + std::to_string(child) + "/cmdline").good());
  const std::string command = proc_line(child, "cmdline", "");
  EXPECT_EQ(command.find(as_text(server.secret_key)), std::string::npos);
  EXPECT_EQ(command.find(to_z85(server.secret_key)), std::string::npos);
  EXPECT_EQ(proc_line(child, "environ", ""), "");
}

TEST_F(Door, StartsAgainAfterItWasKilledAtTheSameEndpoint) {
  ASSERT_TRUE(enrols_eventually("web-1"));
  const std::string endpoint = door->endpoint();
  const pid_t first = door->pid();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return door->pid() != 0 && door->pid() != first; }));
  EXPECT_TRUE(enrols_eventually("web-2"));
  EXPECT_EQ(door->endpoint(), endpoint);
  EXPECT_GE(door->counters().restarts, 1U);
}

TEST_F(Door, AStoppedChildIsKilledAndReplaced) {
  const pid_t first = door->pid();
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  ASSERT_TRUE(eventually([&] { return door->pid() != 0 && door->pid() != first; }));
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(Door, SigtermIsForTheDaemonToJudge) {
  ASSERT_EQ(::kill(door->pid(), SIGTERM), 0);
  EXPECT_TRUE(enrols_eventually("web-1"));
  EXPECT_EQ(door->counters().restarts, 0U);
}

TEST_F(Door, LeavesNoChildBehind) {
  const pid_t child = door->pid();
  door.reset();
  EXPECT_EQ(::kill(child, 0), -1);
}

TEST_F(Door, DiesWithItsDaemon) {
  testing::Process parent({{QUOTEMILL_DOOR_CHILD, "--hold"}});
  ASSERT_TRUE(eventually([&] { return parent.output().ends_with("\n"); }));
  const pid_t child = std::stoi(parent.output());
  ASSERT_EQ(::kill(child, 0), 0);
  parent.kill();
  // A zombie counts as gone: whoever adopted it will reap it.
  EXPECT_TRUE(eventually([&] {
    const std::string state = proc_line(child, "status", "State:");
    return state.empty() || state.find('Z') != std::string::npos;
  }));
}

}  // namespace
}  // namespace quotemill::transport
