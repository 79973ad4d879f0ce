// The agent's loop with a real (software) TPM against a real attestation endpoint.
#include "transport/agent/agent.h"

#include <signal.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "tests/transport/agent/agent_fixture.h"

namespace quotemill::agent {
namespace {

using testing::AgentLoop;
using testing::eventually;
using testing::Swtpm;
using testing::write_file;

TEST_F(AgentLoop, SteadyStateIsOneRoundTripAnAttestation) {
  pipeline_.options.with_nonce = true;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 4; }));
  EXPECT_EQ(counted().challenges.load(), 1U);
  EXPECT_EQ(counted().expired.load(), 0U);
}

TEST_F(AgentLoop, WithoutANonceItSaysHelloWhenDue) {
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 3; }));
  EXPECT_GE(counted().challenges.load(), 3U);
}

TEST_F(AgentLoop, GivesItsBootLogInSegmentsWhenAsked) {
  pipeline_.options.asks_for_log = true;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 1; }));
  EXPECT_GE(pipeline_.options.logs_received.load(), 1);
  EXPECT_EQ(pipeline_.options.failed_foregone.load(), 0);
}

TEST_F(AgentLoop, WithoutAReceiptItSendsTheSameBytesAgain) {
  start();
  pipeline_.hold(true);
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return counted().repeated.load() >= 2; }));
  EXPECT_EQ(counted().evidence_accepted.load(), 1U);
  pipeline_.hold(false);
  EXPECT_TRUE(eventually([&] { return sequence() >= 2; }));
  EXPECT_EQ(counted().nonce_reused.load(), 0U);
  EXPECT_EQ(counted().busy.load(), 0U);
}

TEST_F(AgentLoop, AnswersTheOperatorAtAnyTime) {
  pipeline_.options.with_nonce = true;
  pipeline_.options.next_due_ms = 3'600'000;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() == 1; }));
  for (std::uint64_t n = 2; n < 6; ++n) {
    ASSERT_EQ(server_->challenge_now({fleet_[0].record.uid}).size(), 1U);
    ASSERT_TRUE(eventually([&] { return sequence() == n; }));
  }
}

// Challenges cross evidence on its way; whatever the order, an honest agent reuses no nonce.
TEST_F(AgentLoop, ChallengesThatCrossEvidenceNeverMakeItFail) {
  pipeline_.options.with_nonce = true;
  pipeline_.options.next_due_ms = 20;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 1; }));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < end) {
    server_->challenge_now({fleet_[0].record.uid});
    std::this_thread::sleep_for(std::chrono::milliseconds(7));
  }
  const std::uint64_t reached = sequence();
  EXPECT_TRUE(eventually([&] { return sequence() > reached + 2; }));
  EXPECT_EQ(counted().nonce_reused.load(), 0U);
  EXPECT_EQ(pipeline_.options.failed_foregone.load(), 0);
}

TEST_F(AgentLoop, StartedAnewWhileItsLogIsAwaitedItStillGivesIt) {
  pipeline_.options.asks_for_log = true;
  start();
  // Evidence by the same host over another connection, whose NEED nobody answers.
  {
    transport::Socket socket = connect(fleet_[0]);
    transport::HelloMessage hello = fleet_[0].hello();
    send(socket, hello);
    const auto challenge = expect<transport::ChallengeMessage>(socket);
    ASSERT_TRUE(challenge);
    const std::string boot_id_hex = "00000000000040008000000000000001";
    send(socket, fleet_[0].answer(*challenge, *from_hex(boot_id_hex)));
    ASSERT_TRUE(expect<transport::NeedMessage>(socket));
  }
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 2; }));
  EXPECT_EQ(pipeline_.options.failed_foregone.load(), 0);
}

TEST_F(AgentLoop, OutlivesATpmThatIsNotThereYet) {
  start();
  ::kill(tpm_->pid(), SIGSTOP);
  const auto agent = run_agent();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(tpm_->pid(), SIGCONT);
  EXPECT_TRUE(eventually([&] { return sequence() >= 1; }));
}

TEST_F(AgentLoop, AnotherBootIsGreetedWithHello) {
  pipeline_.options.with_nonce = true;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 2; }));
  EXPECT_EQ(counted().challenges.load(), 1U);
  write_boot_id('2');
  EXPECT_TRUE(eventually([&] { return counted().challenges.load() >= 2; }));
}

TEST_F(AgentLoop, WaitsForADrainingServerAndAttestsToTheNextOne) {
  pipeline_.options.with_nonce = true;
  start();
  const auto agent = run_agent();
  ASSERT_TRUE(eventually([&] { return sequence() >= 1; }));
  const std::string endpoint = server_->endpoint();
  server_->drain(5'000);
  const std::uint64_t before = sequence();
  transport::EvidenceServerOptions options;
  options.endpoint = endpoint;
  options.key = server_pair_;
  options.challenges.selections = [](const Host&) {
    return std::vector<PcrSelection>{{HashAlgorithm::kSha256, 1}};
  };
  std::unique_ptr<transport::EvidenceServer> next;
  ASSERT_TRUE(eventually([&] {
    auto made =
        transport::EvidenceServer::create({*context_, hosts_, nonces_, inbox_, clock_}, options);
    if (made) {
      next = *std::move(made);
    }
    return next != nullptr;
  }));
  pipeline_.redirect(*next);
  next->start();
  EXPECT_TRUE(eventually([&] { return sequence() > before + 1; }));
  next->stop();
  pipeline_.redirect(*server_);
}

}  // namespace
}  // namespace quotemill::agent
