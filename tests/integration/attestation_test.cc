// Enrolment and attestation end to end: software TPMs, agents, the daemon.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"
#include "transport/agent/agent_state.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using testing::eventually;
using testing::finding_codes;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::join;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

struct Kinds {
  const char* name;
  agent::EkKind ek;
  agent::AkKind ak;

  friend void PrintTo(const Kinds& kinds, std::ostream* out) { *out << kinds.name; }
};

class Attestation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
  }

  // A host with a TPM of maker_, switched on.
  ::testing::AssertionResult build(SimHost& host) {
    ::testing::AssertionResult made = host.make_tpm(maker_);
    return made ? host.power_on() : made;
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}}};
};

class AttestationWithKeys : public Attestation, public ::testing::WithParamInterface<Kinds> {};

TEST_P(AttestationWithKeys, AHostEnrolsAndStaysTrusted) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  host.ek_kind = GetParam().ek;
  host.ak_kind = GetParam().ak;
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host, daemon_));
  // Most of them by a quote over a pre-issued nonce alone: nothing changed.
  ASSERT_TRUE(daemon_.attests_again("web-01", 4));
  const Json status = daemon_.get("status");
  EXPECT_GE(status["pipeline"]["quote_enough"].get<int>(), 2);
  EXPECT_EQ(status["pipeline"]["logs_asked"].get<int>(), 1);
  const Json shown = daemon_.host("web-01");
  EXPECT_EQ(shown["identity"]["generation"], 1);
  EXPECT_EQ(shown["identity"]["ek_certificate"], true);
  EXPECT_THAT(shown["identity"]["admitted_by"].get<std::string>(), HasSubstr("token:"));
  EXPECT_GT(shown["boot"]["log"]["events"].get<int>(), 50);
  const Json history = daemon_.get("history", {{"host", "web-01"}, {"limit", 100}});
  for (const Json& one : history["appraisals"]) {
    EXPECT_EQ(one["state"], "trusted");
    ASSERT_FALSE(one["run"].is_null()) << "nothing changed: " << history.dump(1);
    EXPECT_LT(one["run"]["interactive"], one["run"]["count"]) << "some nonces were pre-issued";
    EXPECT_EQ(one["run"]["first"]["nonce"], "interactive");
  }
  EXPECT_EQ(history["appraisals"].size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AttestationWithKeys,
    ::testing::Values(Kinds{"Rsa", agent::EkKind::kRsa2048, agent::AkKind::kRsassa2048},
                      Kinds{"RsaPss", agent::EkKind::kRsa2048, agent::AkKind::kRsapss2048},
                      Kinds{"Ecc", agent::EkKind::kEccP384, agent::AkKind::kEcdsaP256}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(Attestation, WithoutATokenAHostWaitsForAnOperator) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  ASSERT_TRUE(build(host));
  host.start_agent(daemon_);
  ASSERT_TRUE(eventually([&] { return !daemon_.get("pending.list")["pending"].empty(); }));
  EXPECT_EQ(daemon_.host("web-01")["life_cycle"], "pending");
  EXPECT_EQ(daemon_.get("hosts")["hosts"].size(), 0U);
  daemon_.get("pending.approve", {{"host", "web-01"}, {"operator", "alice"}});
  ASSERT_TRUE(daemon_.becomes("web-01", "trusted")) << host.agent_log();
  EXPECT_EQ(daemon_.host("web-01")["identity"]["admitted_by"], "operator:alice");
}

// Who may not enter the folder of the daemon's sockets reaches neither its verbs nor its changes.
TEST_F(Attestation, Cve2026_1709_LocalSocketsAreForTheirOwnerAndGroupAlone) {
  ASSERT_TRUE(daemon_.start());
  const std::string changes = daemon_.changes_endpoint().substr(std::string("ipc://").size());
  for (const std::filesystem::path& socket :
       {std::filesystem::path(daemon_.control_path()), std::filesystem::path(changes)}) {
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(socket).permissions() & perms::others_all, perms::none);
    EXPECT_EQ(std::filesystem::status(socket.parent_path()).permissions() & perms::others_all,
              perms::none);
  }
}

TEST_F(Attestation, ATpmOfAnotherVendorIsRefused) {
  ASSERT_TRUE(daemon_.start());
  const TpmMaker stranger;
  SimHost host("web-01");
  ASSERT_TRUE(host.make_tpm(stranger));
  ASSERT_TRUE(host.power_on());
  host.start_agent(daemon_, daemon_.new_token(1));
  ASSERT_TRUE(daemon_.logs("outcome=refused"));
  ASSERT_TRUE(eventually([&] { return host.agent_log().find("refused:") != std::string::npos; }))
      << host.agent_log();
  EXPECT_TRUE(daemon_.host("web-01").is_null());
  EXPECT_EQ(daemon_.get("pending.list")["pending"].size(), 0U);
  // The token was not spent by it: an honest host comes in.
  EXPECT_EQ(daemon_.get("token.list")["tokens"][0]["state"], "open");
}

// The agent's AK replaced by another good AK of the same TPM, the enrolment kept.
TEST_F(Attestation, AnotherAkOfTheSameTpmFails) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host, daemon_));
  host.stop_agent();
  const auto file = host.agent_state() / "state";
  Result<agent::AgentState> state = agent::decode_agent_state(testing::read_file(file));
  ASSERT_TRUE(state);
  {
    Result<agent::TpmDevice> tpm = host.open_tpm();
    ASSERT_TRUE(tpm);
    const Result<agent::TpmKey> ek = tpm->endorsement_key(host.ek_kind);
    ASSERT_TRUE(ek);
    const Result<agent::AkBlobs> other = tpm->create_ak(*ek, host.ak_kind);
    ASSERT_TRUE(other);
    state->ak = *other;
  }
  testing::write_file(file, agent::encode_agent_state(*state));
  host.start_agent(daemon_);
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host.agent_log();
  EXPECT_TRUE(has_finding(daemon_.host("web-01"), "quote.signature"));
  EXPECT_TRUE(daemon_.logs("quote.signature"));
  // It does not heal itself.
  ASSERT_TRUE(daemon_.attests_again("web-01"));
  EXPECT_EQ(daemon_.state_of("web-01"), "failed");
}

TEST_F(Attestation, EnrolledAnewWithAnotherAkAHostIsJudgedAnew) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host, daemon_));
  const Json before = daemon_.host("web-01");
  host.stop_agent();
  std::filesystem::remove_all(host.agent_state());
  host.start_agent(daemon_);
  ASSERT_TRUE(eventually([&] { return daemon_.host("web-01")["identity"]["generation"] == 2; }))
      << host.agent_log();
  ASSERT_TRUE(daemon_.becomes("web-01", "trusted"));
  const Json after = daemon_.host("web-01");
  EXPECT_EQ(after["uuid"], before["uuid"]);
  EXPECT_NE(after["identity"]["ak_sha256"], before["identity"]["ak_sha256"]);
  EXPECT_GT(after["evidence"]["seq"], before["evidence"]["seq"]);
  Json change;
  ASSERT_TRUE(daemon_.emits("web-01", "unknown", 1, &change));
  EXPECT_THAT(finding_codes(change["reasons"]), Contains("identity.changed"));
}

TEST_F(Attestation, ATamperedLogFails) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  ASSERT_TRUE(build(host));
  const Bytes honest = testing::read_file(host.boot_log_path());
  host.boot.boot_loader = "15.8-2-evil";  // ran; the log below shows another
  ASSERT_TRUE(host.power_cycle());
  testing::write_file(host.boot_log_path(), honest);
  host.start_agent(daemon_, daemon_.new_token(1));
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host.agent_log();
  const Json found = testing::finding(daemon_.host("web-01")["findings"], "log.mismatch");
  ASSERT_FALSE(found.is_null());
  EXPECT_EQ(found["pcr"], 4);
  EXPECT_TRUE(daemon_.logs("log.mismatch"));
}

TEST_F(Attestation, APcrThatTheLogDoesNotExplainFails) {
  ASSERT_TRUE(daemon_.start());
  SimHost host("web-01");
  ASSERT_TRUE(build(host));
  ASSERT_TRUE(join(host, daemon_));
  host.stop_agent();
  {
    Result<agent::TpmDevice> tpm = host.open_tpm();
    ASSERT_TRUE(tpm);
    const Bytes measured(32, 0x66);
    ASSERT_TRUE(tpm->extend(7, {*Digest::from(HashAlgorithm::kSha256, measured)}));
  }
  host.start_agent(daemon_);
  ASSERT_TRUE(daemon_.becomes("web-01", "failed")) << host.agent_log();
  const Json found = testing::finding(daemon_.host("web-01")["findings"], "log.mismatch");
  ASSERT_FALSE(found.is_null()) << daemon_.host("web-01").dump(1);
  EXPECT_EQ(found["pcr"], 7);
  // A clean boot is trusted again.
  ASSERT_TRUE(host.power_cycle());
  EXPECT_TRUE(daemon_.becomes("web-01", "trusted"));
}

}  // namespace
}  // namespace quotemill
