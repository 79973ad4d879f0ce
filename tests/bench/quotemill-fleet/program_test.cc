#include <algorithm>
#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::Finished;
using ::testing::HasSubstr;

Finished fleet(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), QUOTEMILL_BIN_DIR "/quotemill-fleet");
  return testing::run({std::move(arguments)}, std::chrono::seconds(60));
}

class FleetProgramTest : public ::testing::Test {
 protected:
  FleetProgramTest() { std::ofstream(key_) << "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\n"; }

  // What is said against a run with this option, and its exit code.
  std::string refusal(const std::string& option, const std::string& value) {
    std::map<std::string, std::string> options = {
        {"--hosts", "1"}, {"--server-key", key_}, {"--connect", "tcp://127.0.0.1:9"}};
    options[option] = value;
    std::vector<std::string> words = {"run"};
    for (const auto& [name, its_value] : options) {
      words.push_back(name);
      words.push_back(its_value);
    }
    const Finished finished = fleet(std::move(words));
    EXPECT_EQ(finished.exit_status, 2) << finished.output;
    return finished.output;
  }

  std::string exported(const std::string& seed) {
    const std::string file = (folder_ / "hosts.jsonl").string();
    const Finished finished = fleet(
        {"export", "--hosts", "20", "--seed", seed, "--keys", "rsa2048:0.5,ecdsa_p256:0.5", file});
    EXPECT_TRUE(finished.ok()) << finished.output;
    const Bytes contents = testing::read_file(file);
    return std::string(as_text(contents));
  }

  testing::TempFolder folder_;
  const std::string key_ = (folder_ / "server.pub").string();
};

TEST_F(FleetProgramTest, ExportsTheSameHostsForTheSameSeed) {
  const std::string first = exported("1");
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 20);
  EXPECT_EQ(exported("1"), first);
  EXPECT_NE(exported("2"), first);
}

TEST_F(FleetProgramTest, WritesImageDatabasesAndThePolicyOfItsEsxiHosts) {
  const Finished finished = fleet({"images", "--esxi", "2", folder_.path().string()});
  ASSERT_TRUE(finished.ok()) << finished.output;
  EXPECT_GT(testing::read_file(folder_ / "image-1").size(), 10'000U);
  EXPECT_NE(testing::read_file(folder_ / "image-0"), testing::read_file(folder_ / "image-1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "image-2"));
  const Bytes policy = testing::read_file(folder_ / "esxi.toml");
  EXPECT_THAT(std::string(as_text(policy)), HasSubstr("[esxi]\nimage = \"fail\"\nloaders = ["));
}

TEST_F(FleetProgramTest, SaysWhatIsWrongWithItsOptions) {
  EXPECT_THAT(refusal("--connect", "tcp://192.0.2.1:7401"), HasSubstr("not on this machine"));
  EXPECT_THAT(refusal("--connect", "tcp://127.evil.example:7401"),
              HasSubstr("not on this machine"));
  EXPECT_THAT(refusal("--connect", "ipc:///tmp/x"), HasSubstr("tcp://HOST:PORT"));
  EXPECT_THAT(refusal("--seconds", "601"), HasSubstr("not in range"));
  EXPECT_THAT(refusal("--hosts", "0"), HasSubstr("not in range"));
  EXPECT_THAT(refusal("--mix", "dancing=1"), HasSubstr("'dancing' is none of"));
  EXPECT_THAT(refusal("--faults", "bad_signature=2"), HasSubstr("a share from 0 to 1"));
  EXPECT_THAT(refusal("--keys", "rsa512:1"), HasSubstr("'rsa512' is none of"));
  EXPECT_THAT(refusal("--server-key", "/dev/null"), HasSubstr("server.pub"));
  EXPECT_THAT(refusal("--esxi", "51"), HasSubstr("not in range"));
  EXPECT_THAT(refusal("--esxi-faulty", "0.1"), HasSubstr("needs --esxi"));
  EXPECT_EQ(fleet({"images", "--esxi", "1", "/nowhere"}).exit_status, 2);
  EXPECT_EQ(fleet({}).exit_status, 2);
  EXPECT_EQ(fleet({"export", "/nowhere/hosts.jsonl", "--hosts", "1"}).exit_status, 2);
}

}  // namespace
}  // namespace quotemill
