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

TEST(AgentConfig, GatewaysComeFirstAndStandForTheFirstServer) {
  const CurveKey gateway = transport::generate_key_pair()->public_key;
  const std::string more =
      "gateways = [\"tcp://rack:7411\"]\ngateway_keys = ['" + transport::to_z85(gateway) + "']\n";
  std::string text = settings("tcp://verifier:7401") + more;
  const auto both = parse_agent_config(text, "agent.toml");
  ASSERT_TRUE(both) << both.error().to_string();
  ASSERT_EQ(both->options.attest.size(), 2U);
  EXPECT_EQ(both->options.attest[0].endpoint, "tcp://rack:7411");
  EXPECT_EQ(both->options.attest[0].gateway_key, gateway);
  EXPECT_EQ(both->options.attest[0].server_key, both->options.attest[1].server_key);
  EXPECT_FALSE(both->options.attest[1].gateway_key);
  text.erase(text.find("attest"), text.find("enrol") - text.find("attest"));
  const auto alone = parse_agent_config(text, "agent.toml");
  ASSERT_TRUE(alone) << alone.error().to_string();
  EXPECT_EQ(alone->options.attest.size(), 1U);
}

TEST(AgentConfig, AGatewayWithoutItsKeyIsRefused) {
  const auto config = parse_agent_config(
      settings("tcp://verifier:7401") + "gateways = [\"tcp://rack:7411\"]\n", "agent.toml");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().to_string(), HasSubstr("server.gateway_keys"));
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
