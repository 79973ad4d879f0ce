// The stream under fire: receivers that fail at random, and a daemon that is killed at random.
// Nothing is lost, and what comes twice is the same.
#include <map>
#include <random>

#include <gmock/gmock.h>

#include "tests/integration/lying_fleet.h"
#include "tests/integration/recorded_change.h"
#include "tests/transport/sinks/http_receiver.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::HttpFault;
using testing::HttpReply;
using testing::HttpRequestSeen;
using testing::HttpTestReceiver;
using testing::LyingFleet;
using testing::Process;
using testing::TestDaemon;
using transport::Json;

constexpr int kKills = 6;

class SinksUnderFire : public ::testing::Test {
 protected:
  SinksUnderFire() {
    settings_.identity = "imported = \"info\"";
    settings_.sink = "[sink]\nkind = \"webhook\"\nheartbeat = \"1s\"\n[webhook]\nurl = \"" +
                     receiver_.url() +
                     "\"\ntimeout = \"500ms\"\n# FOLDER\n[group]\nwindow = \"1s\"\nhosts = 3\n"
                     "[dedup]\nwindow = \"0s\"\n";
  }

  // A third of all requests fail in some way, whether or not what they brought was taken.
  HttpReply take(const HttpRequestSeen& request) {
    std::uniform_int_distribution<int> dice(0, 11);
    switch (dice(random_)) {
      case 0:
        return {503, "busy", "Retry-After: 1"};
      case 1:
        keep(request);
        return {200, "{}", "", HttpFault::kReset};
      case 2:
        keep(request);
        return {200, "{\"half\":\"of an answer\"}", "", HttpFault::kHalf};
      case 3:
        return {200, "", "", HttpFault::kSilent};
      default:
        keep(request);
        return {};
    }
  }

  void keep(const HttpRequestSeen& request) {
    const std::optional<Json> events = transport::parse_json(request.body);
    ASSERT_TRUE(events && events->is_array()) << request.body;
    const std::lock_guard lock(mutex_);
    for (const Json& event : *events) {
      const auto [known, is_new] = events_.emplace(event.at("id").get<std::string>(), event);
      copies_ += is_new ? 0U : 1U;
      EXPECT_EQ(testing::as_recorded(known->second), testing::as_recorded(event))
          << "one id, two events";
    }
  }

  // Of each cause, where its groups begin and end; ordered by that.
  std::map<std::string, std::map<int, int>> groups() {
    std::map<std::string, std::map<int, int>> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, event] : events_) {
      const Json fields = event.at("data").value("fields", Json::object());
      if (id.find(":group:") != std::string::npos) {
        const auto number = [&fields](const char* name) {
          return std::stoi(fields.at(name).get<std::string>());
        };
        const std::string cause = event.at("data").at("message").get<std::string>();
        out[cause.substr(cause.find("hosts"))][number("first_change")] = number("last_change");
      }
    }
    return out;
  }

  // Whether the sink comes to be behind change `last`. It may take as long as it goes on.
  static bool catches_up(TestDaemon& daemon, std::uint64_t last) {
    for (std::uint64_t next = 0; next <= last;) {
      const std::uint64_t before = next;
      const bool went_on = eventually([&] {
        next = daemon.counter("endpoints", "sink test", "next");
        return next > before;
      });
      if (!went_on) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] Json event(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = events_.find(id);
    return found == events_.end() ? Json() : found->second;
  }

  std::mutex mutex_;
  std::map<std::string, Json> events_;
  std::size_t copies_ = 0;
  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};  // the receiver's
  HttpTestReceiver receiver_{[this](const HttpRequestSeen& request) { return take(request); }};
  testing::DaemonSettings settings_;
};

TEST_F(SinksUnderFire, LoseNothingAndRepeatOnlyWhatIsTheSame) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  TestDaemon daemon(settings_);
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(LyingFleet::import_into(daemon));
  std::uniform_int_distribution<int> lives_ms(300, 1'500);
  std::mt19937 random(seed_ + 1);
  for (int kill = 0; kill < kKills; ++kill) {
    const Process fleet = LyingFleet::attest_to(daemon);
    std::this_thread::sleep_for(std::chrono::milliseconds(lives_ms(random)));
    daemon.kill9();
    ASSERT_TRUE(daemon.start()) << daemon.log();
  }
  ASSERT_NE(daemon.new_token(1), "") << "an act of an operator";
  const Json store = daemon.get("status").at("store");
  const auto last = store.at("last_change").get<std::uint64_t>();
  ASSERT_GT(last, 40U) << "the fleet did nothing";
  ASSERT_TRUE(catches_up(daemon, last)) << daemon.log();
  for (std::uint64_t from = 1; from <= last;) {
    const Json page = daemon.get("changes", {{"from", from}});
    for (const Json& change : page.at("changes")) {
      const Json told = event(change.at("id").get<std::string>()).value("data", Json());
      ASSERT_EQ(testing::as_recorded(told), testing::as_recorded(change));
    }
    from = page.at("next").get<std::uint64_t>();
  }
  const Json acts = daemon.get("audit.list");
  ASSERT_GE(acts.at("last").get<int>(), 2);
  const std::string act_id = store.at("stream").get<std::string>() + ":audit:";
  for (const Json& act : acts.at("audit")) {
    const std::string id = act_id + std::to_string(act.at("number").get<std::uint64_t>());
    EXPECT_TRUE(eventually([&] { return !event(id).is_null(); })) << id;
  }
  ASSERT_TRUE(eventually([this] { return groups().size() >= 2; })) << "they failed and came back";
  for (const auto& [cause, windows] : groups()) {
    int before = 0;
    for (const auto& [first, end] : windows) {
      EXPECT_GT(first, before) << cause << ": counted twice";
      before = end;
    }
  }
  RecordProperty("changes", std::to_string(last));
  RecordProperty("copies", std::to_string(copies_));
}

// Each kind; without a daemon that runs without the sink.
TEST(SinkMistakes, EndTheStartWithTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"[sink]\nkind = \"fax\"\n", "test.toml:2:"},
      {"[sink]\nkind = \"file\"\n[file]\npath = \"FOLDER/no/such/trust.jsonl\"\n", "test.toml:4:"},
      {"[sink]\nkind = \"syslog\"\n[syslog]\nhost = \"siem\"\nport = 99999\n", "test.toml:5:"},
      {"[sink]\nkind = \"splunk\"\n[splunk]\nurl = \"http://x\"\ntoken_file = \"/none\"\n",
       "test.toml:5:"},
      {"[sink]\nkind = \"webhook\"\nformat = \"cef\"\n[webhook]\nurl = \"http://x\"\n",
       "test.toml:3:"},
      {"[sink]\nkind = \"kafka\"\n[kafka]\nbrokers = \"b:1\"\ntls = true\nca_file = \"/none\"\n",
       "test.toml:6:"}};
  for (const auto& [sink, place] : mistakes) {
    testing::DaemonSettings settings;
    settings.sink = sink + (sink.find("FOLDER") == std::string::npos ? "# FOLDER\n" : "");
    const TestDaemon daemon(settings);
    std::filesystem::create_directory(daemon.folder() / "run");
    std::filesystem::permissions(daemon.folder() / "run", std::filesystem::perms(0750));
    for (const bool is_check : {false, true}) {
      std::vector<std::string> command = {QUOTEMILL_BIN_DIR "/quotemilld", "--config",
                                          daemon.config_path().string()};
      if (is_check) {
        command.emplace_back("--check-config");
      }
      const testing::Finished done = testing::run({command});
      EXPECT_EQ(done.exit_status, is_check ? 2 : 1) << sink;
      EXPECT_THAT(done.output, ::testing::HasSubstr(place)) << sink;
    }
  }
}

}  // namespace
}  // namespace quotemill
