#include "deploy/quotemilld/gateway_settings.h"

#include <gmock/gmock.h>

#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;
using testing::write_file;

// ZeroMQ RFC 26's example keys.
const std::string kKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const std::string kOther = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";

std::string gateway(const std::string& key, const std::string& hosts = "[\"r1-*\", \"db-7\"]") {
  return "[gateway]\nkey = '" + key + "'\nhosts = " + hosts + "\n";
}

TEST(GatewaySettings, NameAKeyAndItsHosts) {
  const auto read = parse_gateway(gateway(kKey), "rack-1.toml", "rack-1");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->name, "rack-1");
  EXPECT_EQ(transport::to_z85(read->key), kKey);
  EXPECT_THAT(read->hosts, ElementsAre("r1-*", "db-7"));
}

TEST(GatewaySettings, RefuseWhatIsWrongByName) {
  const std::pair<std::string, const char*> wrong[] = {
      {gateway("short"), "gateway.key"},
      {"[gateway]\nhosts = [\"a\"]\n", "gateway.key"},
      {gateway(kKey, "[]"), "gateway.hosts"},
      {gateway(kKey, "[\"\"]"), "gateway.hosts"},
      {gateway(kKey, "[\"" + std::string(129, 'a') + "\"]"), "gateway.hosts"},
      {"[gateway]\nkey = '" + kKey + "'\n", "gateway.hosts"},
      {gateway(kKey) + "host = 1\n", "host"},
  };
  for (const auto& [text, name] : wrong) {
    const auto read = parse_gateway(text, "rack-1.toml", "rack-1");
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().to_string(), HasSubstr(name));
    EXPECT_THAT(read.error().to_string(), HasSubstr("rack-1.toml"));
  }
  EXPECT_FALSE(parse_gateway(gateway(kKey), "Rack 1.toml", "Rack 1")) << "a label of metrics";
}

// But for the key, which nobody can know.
TEST(GatewaySettings, TheSampleIsOneThatWorks) {
  const Bytes sample = testing::read_file("deploy/etc/gateways.d/rack-12.toml");
  std::string text(as_text(sample));
  text.replace(text.find(std::string(40, '.')), 40, kKey);
  const auto read = parse_gateway(text, "rack-12.toml", "rack-12");
  EXPECT_TRUE(read) << read.error().to_string();
}

TEST(GatewaySettings, AFolderIsReadByName) {
  const TempFolder folder;
  write_file(folder / "b.toml", as_bytes(gateway(kKey)));
  write_file(folder / "a.toml", as_bytes(gateway(kOther)));
  write_file(folder / "a.toml~", as_bytes("nonsense"));
  const auto all = load_gateways(folder.path());
  ASSERT_TRUE(all) << all.error().to_string();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().name, "a");
  EXPECT_TRUE(load_gateways((folder / "none").string())->empty());
}

TEST(GatewaySettings, OneKeyIsOneGateway) {
  const TempFolder folder;
  write_file(folder / "a.toml", as_bytes(gateway(kKey)));
  write_file(folder / "b.toml", as_bytes(gateway(kKey)));
  const auto all = load_gateways(folder.path());
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().to_string(), HasSubstr("b.toml"));
}

}  // namespace
}  // namespace quotemill::daemon
