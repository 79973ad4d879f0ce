#include "deploy/quotemill-agent/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace quotemill::agent {
namespace {

using quotemill::testing::TempFolder;
using quotemill::testing::write_file;
using ::testing::HasSubstr;

std::string settings(const std::string& attest, const std::string& host = {}) {
  const std::string key = transport::to_z85(transport::generate_key_pair()->public_key);
  return "[host]\nname = \"web-01\"\n" + host + "[server]\nattest = [\"" + attest +
         "\"]\nenrol = [\"tcp://verifier:7402\"]\nkeys = ['" + key + "']\n";
}

TEST(AgentConfig, TakesWhatIsNeededAndDefaultsForTheRest) {
  const auto config = parse_agent_config(settings("tcp://verifier:7401"), "agent.toml");
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->options.name, "web-01");
  ASSERT_EQ(config->options.attest.size(), 1U);
  EXPECT_EQ(config->options.attest.front().endpoint, "tcp://verifier:7401");
  EXPECT_EQ(config->options.attestor.tcti, "device:/dev/tpmrm0");
}

TEST(AgentConfig, RefusesEndpointsThatAreNone) {
  for (const char* const endpoint :
       {"tcp://", "tcp://x", "tcp://x:0", "tcp://x:99999", "udp://x:1"}) {
    const auto config = parse_agent_config(settings(endpoint), "agent.toml");
    ASSERT_FALSE(config) << endpoint;
    EXPECT_THAT(config.error().to_string(), HasSubstr("server.attest"));
    EXPECT_THAT(config.error().to_string(), HasSubstr("agent.toml:"));
  }
}

// Whoever enrolled throws the one-time token away.
TEST(AgentConfig, AMissingTokenIsNoError) {
  const TempFolder folder;
  const std::string file = folder / "agent.toml";
  write_file(file, as_bytes(settings("tcp://verifier:7401",
                                     "token_file = '" + (folder / "token").string() + "'\n")));
  const auto without = load_agent_config(file);
  ASSERT_TRUE(without) << without.error().to_string();
  EXPECT_THAT(without->token_problem, HasSubstr((folder / "token").string()));
  EXPECT_EQ(without->options.token, "");
  write_file(folder / "token", as_bytes("qmt_1234\n"));
  const auto with = load_agent_config(file);
  ASSERT_TRUE(with);
  EXPECT_EQ(with->token_problem, "");
  EXPECT_EQ(with->options.token, "qmt_1234");
}

TEST(AgentConfig, AFolderIsNoSettingsFile) {
  const TempFolder folder;
  EXPECT_FALSE(load_agent_config(folder.path()));
}

}  // namespace
}  // namespace quotemill::agent
