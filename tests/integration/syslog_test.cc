// The stream to a real syslog daemon: it and quotemilld are killed at random, together as well.
// Nothing is lost, and what comes twice is the same.
#include <map>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "tests/integration/full_outbox.h"
#include "tests/integration/lying_fleet.h"
#include "tests/transport/sinks/syslog_receiver.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::LyingFleet;
using testing::Process;
using testing::SyslogMessage;
using testing::SyslogProgram;
using testing::SyslogReceiver;
using testing::TestDaemon;
using testing::TlsFiles;
using transport::Json;
using transport::SyslogTransport;

constexpr int kKills = 6;
constexpr std::uint64_t kBurst = 6'000;  // changes that wait when it begins

struct Receiver {
  const char* name = "";
  SyslogProgram (*program)() = nullptr;
  SyslogTransport transport = SyslogTransport::kTcp;
};

class SyslogUnderFire : public ::testing::TestWithParam<Receiver> {
 protected:
  void SetUp() override {
    const SyslogProgram program = GetParam().program();
    if (!program.is_here()) {
      GTEST_SKIP() << "no " << program.name << ": deploy/install-packages --tests";
    }
    receiver_ = program.make({GetParam().transport, &files_, true});
    ASSERT_TRUE(receiver_->start()) << receiver_->output();
  }

  testing::DaemonSettings settings() {
    const bool is_tls = GetParam().transport == SyslogTransport::kTls;
    testing::DaemonSettings settings;
    settings.identity = "imported = \"info\"";
    settings.sink =
        "[sink]\nkind = \"syslog\"\nheartbeat = \"1s\"\n[syslog]\nhost = \"127.0.0.1\"\nport = " +
        std::to_string(receiver_->port()) + "\ntimeout = \"1s\"\n# FOLDER\n" +
        (is_tls
             ? "transport = \"tls\"\nca_file = \"" + files_.ca() + "\"\ncertificate_file = \"" +
                   files_.client_certificate() + "\"\nkey_file = \"" + files_.client_key() + "\"\n"
             : "");
    return settings;
  }

  static std::uint64_t last_change(TestDaemon& daemon) {
    return daemon.get("status").at("store").at("last_change").get<std::uint64_t>();
  }

  // One of the two is killed, or both.
  void kill_some(TestDaemon& daemon) {
    const int which = std::uniform_int_distribution<int>(0, 2)(random_);
    if (which != 0) {
      receiver_->kill();
    }
    if (which != 1) {
      daemon.kill9();
      ASSERT_TRUE(daemon.start()) << daemon.log();
    }
    if (which != 0) {
      ASSERT_TRUE(receiver_->start()) << receiver_->output();
    }
  }

  // What has arrived, by id.
  std::map<std::string, std::string> arrived() {
    std::map<std::string, std::string> events;
    for (const SyslogMessage& message : receiver_->received_now()) {
      const std::string& data = message.structured_data;
      const std::size_t at = data.find(" id=\"") + 5;
      const auto [known, is_new] =
          events.emplace(data.substr(at, data.find('"', at) - at), data + message.text);
      copies_ += is_new ? 0U : 1U;
      EXPECT_EQ(known->second, data + message.text) << "one id, two events";
    }
    return events;
  }

  const TlsFiles files_;
  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  std::unique_ptr<SyslogReceiver> receiver_;
  std::size_t copies_ = 0;
};

TEST_P(SyslogUnderFire, LosesNothingAndRepeatsOnlyWhatIsTheSame) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  TestDaemon daemon(settings());
  ASSERT_TRUE(testing::fill_outbox(daemon, kBurst));
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(LyingFleet::import_into(daemon));
  std::uniform_int_distribution<int> lives_ms(0, 1'000);
  for (int kill = 0; kill < kKills; ++kill) {
    const Process fleet = LyingFleet::attest_to(daemon);
    const std::uint64_t before = last_change(daemon);
    ASSERT_TRUE(eventually([&] { return last_change(daemon) >= before + 10; })) << daemon.log();
    std::this_thread::sleep_for(std::chrono::milliseconds(lives_ms(random_)));
    kill_some(daemon);
  }
  const std::uint64_t last = last_change(daemon);
  std::vector<std::string> wanted;
  for (std::uint64_t from = 1; from <= last;) {
    const Json page = daemon.get("changes", {{"from", from}});
    for (const Json& change : page.at("changes")) {
      wanted.push_back(change.at("id").get<std::string>());
    }
    from = page.at("next").get<std::uint64_t>();
  }
  std::map<std::string, std::string> events;
  EXPECT_TRUE(eventually([&] {
    events = arrived();
    return std::all_of(wanted.begin(), wanted.end(),
                       [&events](const std::string& id) { return events.contains(id); });
  })) << events.size()
      << " of " << wanted.size() << "\n"
      << daemon.log();
  RecordProperty("changes", std::to_string(last));
  RecordProperty("copies", std::to_string(copies_));
}

INSTANTIATE_TEST_SUITE_P(
    Receivers, SyslogUnderFire,
    ::testing::Values(Receiver{"rsyslog_tls", testing::rsyslog_with_openssl, SyslogTransport::kTls},
                      Receiver{"syslog_ng_tcp", testing::syslog_ng, SyslogTransport::kTcp},
                      Receiver{"syslog_ng_tls", testing::syslog_ng, SyslogTransport::kTls}),
    [](const ::testing::TestParamInfo<Receiver>& receiver) {
      return std::string(receiver.param.name);
    });

}  // namespace
}  // namespace quotemill
