// The pages of a real daemon, and that what is installed beside it asks for nothing else.
#include <poll.h>
#include <regex>
#include <set>
#include <sstream>
#include <unistd.h>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/integration/fleet.h"
#include "tests/support/unpacked.h"

namespace quotemill {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestDaemon;
using transport::Json;

// The whole answer of "127.0.0.1:PORT".
std::string get(const std::string& endpoint, const std::string& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.find(':') + 1))));
  std::string answer;
  // sockaddr's own idiom
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {  // NOLINT
    const std::string request = "GET " + target + " HTTP/1.0\r\n\r\n";
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 4'096> part{};
    for (ssize_t size = 0; (size = ::recv(fd, part.data(), part.size(), 0)) > 0;) {
      answer.append(part.data(), static_cast<std::size_t>(size));
    }
  }
  ::close(fd);
  return answer;
}

std::string text_of(const std::string& path) {
  return std::string(as_text(testing::read_file(path)));
}

// The names of metrics in a text of PromQL.
std::set<std::string> metrics_in(const std::string& text) {
  static const std::regex kName(R"((quotemill|process)_[a-z_]+)");
  std::set<std::string> names;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), kName);
       at != std::sregex_iterator(); ++at) {
    names.insert(at->str());
  }
  return names;
}

class Monitoring : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon_.start()); }

  std::string page(const std::string& target) { return get(daemon_.metrics_endpoint(), target); }

  TestDaemon daemon_{{.sink = "[file]\npath = \"FOLDER/trust.jsonl\"\n"}};
};

TEST_F(Monitoring, SaysThatItIsAliveAndReady) {
  EXPECT_THAT(page("/healthz"), StartsWith("HTTP/1.0 200"));
  EXPECT_THAT(page("/readyz"), HasSubstr("\r\n\r\nready\n"));
  EXPECT_THAT(page("/readyz?verbose"), HasSubstr("{\"ready\":true,\"because\":{}"));
  EXPECT_THAT(page("/"), StartsWith("HTTP/1.0 404"));
}

TEST_F(Monitoring, ExportsWhatItsAlertsAndItsDashboardAskFor) {
  const std::string metrics = page("/metrics");
  const std::string rules = text_of("deploy/prometheus/quotemill.rules.yaml");
  const std::string dashboard = text_of("deploy/grafana/quotemill.json");
  ASSERT_THAT(metrics, StartsWith("HTTP/1.0 200"));
  std::string asked;
  const std::optional<Json> parsed = transport::parse_json(dashboard);
  ASSERT_TRUE(parsed);
  for (const Json& panel : parsed->at("panels")) {
    for (const Json& target : panel.at("targets")) {
      asked += target.at("expr").get<std::string>() + "\n";
    }
  }
  std::istringstream lines(rules);
  for (std::string line; std::getline(lines, line);) {
    asked += line.find("expr:") == std::string::npos ? "" : line + "\n";
  }
  const std::set<std::string> names = metrics_in(asked);
  EXPECT_GT(names.size(), 15U);
  for (const std::string& name : names) {
    EXPECT_THAT(metrics, HasSubstr("\n" + name)) << name << " is asked for, and not exported";
  }
}

TEST_F(Monitoring, CountsForEachGateway) {
  ASSERT_EQ(daemon_.stop(), 0);
  CurveKey key{};
  key.fill(7);
  daemon_.list_gateway("rack-1", key, "r1-*");
  ASSERT_TRUE(daemon_.start());
  const std::string metrics = page("/metrics");
  EXPECT_THAT(metrics, HasSubstr("quotemill_gateway_frames_received_total{gateway=\"rack-1\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("quotemill_gateway_dropped_total{gateway=\"rack-1\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("quotemill_unproven_total 0"));
  EXPECT_THAT(metrics, HasSubstr("quotemill_asked_again_total 0"));
}

TEST_F(Monitoring, TellsOfItsMemoryItsPoliciesAndItsStore) {
  const std::string metrics = page("/metrics");
  for (const char* line :
       {"key_cache_lookups_total{result=\"hit\"} 0", "key_cache_keys 0",
        "extend_memo_lookups_total{result=\"miss\"} 0", "policy_version{policy=\"", "baselines 0",
        "rocksdb_is_write_stopped 0", "rocksdb_background_errors 0",
        "rocksdb_estimate_pending_compaction_bytes "}) {
    EXPECT_THAT(metrics, HasSubstr(std::string("\nquotemill_") + line));
  }
}

TEST_F(Monitoring, TellsOfItsStagesItsDoorAndItsDurability) {
  const std::string metrics = page("/metrics");
  for (const char* line :
       {"batch_size_count 0", "stage_seconds_count{stage=\"queue\"} 0",
        "stage_seconds_count{stage=\"crypto\"} 0", "stage_seconds_count{stage=\"replay\"} 0",
        "stage_seconds_count{stage=\"policy\"} 0", "enrolment_door_total{event=\"over_rate\"} 0",
        "enrolment_door_restarts_total 0", "changes_unpublished_total 0", "store_accepts_commits 1",
        "last_backup_timestamp_seconds 0"}) {
    EXPECT_THAT(metrics, HasSubstr(std::string("\nquotemill_") + line));
  }
}

TEST_F(Monitoring, TellsOfItsHostsItsVerdictsItsRefusalsAndItsSinks) {
  const std::string metrics = page("/metrics");
  for (const char* line :
       {"hosts{state=\"stale\"} 0", "attestations_total{result=\"failed\"} 0",
        "attest_messages_total{event=\"", "handshakes_total{result=\"refused_key\"} 0",
        "enrolments_total{result=\"refused\"} 0", "queue_depth{queue=\"inbox\"} 0", "store_bytes ",
        "trust_changes_total{from=\"trusted\",to=\"failed\"} 0", "outbox_events 0",
        "sink_up{sink=\"test\"} 1", "sink_lag_events{sink=\"test\"} ",
        "sink_lag_seconds{sink=\"test\"} ", "sink_errors_total{sink=\"test\",cause=\"tls\"} 0",
        "sink_errors_total{sink=\"test\",cause=\"busy\"} 0"}) {
    EXPECT_THAT(metrics, HasSubstr(std::string("\nquotemill_") + line));
  }
}

TEST_F(Monitoring, FollowsTheConventionsOfPrometheus) {
  const std::string promtool = testing::unpacked("usr/bin/promtool");
  if (!std::filesystem::exists(promtool)) {
    GTEST_SKIP() << "no promtool: deploy/install-packages --tests";
  }
  const std::string metrics = page("/metrics");
  const std::filesystem::path file = daemon_.folder() / "metrics.txt";
  testing::write_file(file, as_bytes(metrics).subspan(metrics.find("\r\n\r\n") + 4));
  const testing::Finished checked =
      testing::run({{"sh", "-c", "\"$1\" check metrics < \"$0\"", file.string(), promtool}});
  EXPECT_TRUE(checked.ok()) << checked.output;
}

// What a service manager is told (sd_notify(3)).
class NotifySocket {
 public:
  NotifySocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    // sockaddr's own idiom
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);  // NOLINT
  }

  ~NotifySocket() { ::close(socket_); }

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] std::string path() const { return folder_ / "notify"; }

  // The next word; "" if none comes for some seconds.
  [[nodiscard]] std::string next() const {
    pollfd item{socket_, POLLIN, 0};
    std::array<char, 256> word{};
    const ssize_t size =
        ::poll(&item, 1, 5'000) == 1 ? ::recv(socket_, word.data(), word.size(), 0) : 0;
    return {word.data(), size > 0 ? static_cast<std::size_t>(size) : 0U};
  }

 private:
  testing::TempFolder folder_;
  const int socket_;
};

TEST(ServiceManager, IsToldThatItIsReadyThatItLivesAndThatItStops) {
  const NotifySocket told;
  TestDaemon daemon({.environment = {{"NOTIFY_SOCKET", told.path()}}});
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(told.next(), "READY=1");
  EXPECT_EQ(told.next(), "WATCHDOG=1");
  EXPECT_EQ(told.next(), "WATCHDOG=1") << "again and again";
  EXPECT_EQ(daemon.stop(), 0);
  std::string word = told.next();
  while (word == "WATCHDOG=1") {
    word = told.next();
  }
  EXPECT_EQ(word, "STOPPING=1");
}

TEST(AlertRules, SayWhatTheyAreToSayAndWhen) {
  const std::string promtool = testing::unpacked("usr/bin/promtool");
  if (!std::filesystem::exists(promtool)) {
    GTEST_SKIP() << "no promtool: deploy/install-packages --tests";
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", "rules", "deploy/prometheus/quotemill.rules.yaml"},
        {"test", "rules", "tests/deploy/prometheus/alerts.yaml"}}) {
    std::vector<std::string> command = {promtool};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const testing::Finished done = testing::run({command}, std::chrono::minutes(2));
    EXPECT_TRUE(done.ok()) << done.output;
  }
}

}  // namespace
}  // namespace quotemill
