#include "deploy/quotemill-gateway/config.h"

#include <gmock/gmock.h>

#include "deploy/common/text_file.h"

namespace quotemill::gateway {
namespace {

using ::testing::HasSubstr;

const std::string kKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

std::string settings(const std::string& more = {}) {
  return "[server]\nattest = \"tcp://verifier:7401\"\nkey = '" + kKey + "'\n" + more;
}

TEST(GatewayConfig, TakesWhatIsNeededAndDefaultsForTheRest) {
  const auto config = parse_gateway_config(settings(), "gateway.toml");
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->settings.server, "tcp://verifier:7401");
  EXPECT_EQ(transport::to_z85(config->settings.server_key), kKey);
  EXPECT_EQ(config->settings.listen, "tcp://127.0.0.1:7411");
  EXPECT_EQ(config->settings.batch_age_us, 2'000);
  EXPECT_EQ(config->settings.memory_bytes_max, 512U * 1024 * 1024);
  EXPECT_EQ(config->state_folder, "/var/lib/quotemill-gateway");
}

TEST(GatewayConfig, RefusesWhatIsWrongOrMissingByName) {
  const std::pair<std::string, const char*> wrong[] = {
      {"", "server.attest"},
      {"", "server.key"},
      {settings("[listen]\nhosts = \"tcp://x:99999\"\n"), "listen.hosts"},
      {settings("[state]\nfolder = \"here\"\n"), "state.folder"},
      {settings("[carry]\nbatch_age = \"2s\"\n"), "carry.batch_age"},
      {settings("[carry]\nmemory_mib = 1\n"), "carry.memory_mib"},
      {settings("[carry]\nbatch_aeg = \"2ms\"\n"), "batch_age"},
      {"[server]\nattest = \"tcp://verifier:7401\"\nkey = \"short\"\n", "server.key"},
  };
  for (const auto& [text, name] : wrong) {
    const auto config = parse_gateway_config(text, "gateway.toml");
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().to_string(), HasSubstr(name));
    EXPECT_THAT(config.error().to_string(), HasSubstr("gateway.toml"));
  }
}

// But for the keys, which nobody can know.
TEST(GatewayConfig, TheSampleIsOneThatWorks) {
  const auto sample = program::read_text_file("deploy/etc/gateway.toml", 100'000);
  ASSERT_TRUE(sample);
  std::string text = *sample;
  text.replace(text.find(std::string(40, '.')), 40, kKey);
  const auto config = parse_gateway_config(text, "gateway.toml");
  EXPECT_TRUE(config) << config.error().to_string();
}

}  // namespace
}  // namespace quotemill::gateway
