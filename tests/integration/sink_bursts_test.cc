// Each kind of sink with thousands of changes to deliver, receivers that fail at random and a
// daemon that is killed at random. Nothing is lost, and what comes twice is the same.
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "tests/integration/full_outbox.h"
#include "tests/transport/sinks/http_receiver.h"
#include "tests/transport/sinks/mock_cluster.h"
#include "tests/transport/sinks/tls_front.h"

namespace quotemill {
namespace {

using testing::eventually;
using testing::HttpFault;
using testing::HttpReply;
using testing::HttpRequestSeen;
using testing::HttpTestReceiver;
using testing::KafkaMessage;
using testing::MockCluster;
using testing::TestDaemon;
using testing::TlsFiles;
using testing::TlsFront;
using transport::Json;

constexpr std::uint64_t kChanges = 6'000;
constexpr int kKills = 6;

// What has arrived, by id. Any thread.
class Arrived {
 public:
  void add(const Json& change) {
    const std::string id = change.is_object() ? change.value("id", "") : "";
    ASSERT_NE(id, "") << change;
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = events_.emplace(id, change);
    copies_ += is_new ? 0U : 1U;
    EXPECT_EQ(known->second, change) << "one id, two events";
  }

  [[nodiscard]] Json find(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = events_.find(id);
    return found == events_.end() ? Json() : found->second;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    events_.clear();
    copies_ = 0;
  }

  [[nodiscard]] std::size_t copies() const {
    const std::lock_guard lock(mutex_);
    return copies_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Json> events_;
  std::size_t copies_ = 0;
};

// One kind of receiver.
class Receiver {
 public:
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  virtual ~Receiver() = default;

  // The sink's file.
  [[nodiscard]] virtual std::string settings() const = 0;

  // Is out of order for a moment, in a way of its own; between two lives of the daemon, or in one.
  virtual void suffer(const TestDaemon& /*daemon*/) {}

  // Whatever waits to be looked at is looked at.
  virtual void collect(const TestDaemon& /*daemon*/) {}

  Arrived arrived;
};

void expect_json(const std::string& text, Arrived& arrived) {
  const std::optional<Json> event = transport::parse_json(text);
  ASSERT_TRUE(event) << text;
  if (event->contains("seq")) {
    arrived.add(*event);
  }
}

void add_lines(std::istream& lines, Arrived& arrived) {
  for (std::string line; std::getline(lines, line);) {
    expect_json(line, arrived);
  }
}

// Its file is rotated by the sink, and taken away by somebody else.
class FileReceiver final : public Receiver {
 public:
  [[nodiscard]] std::string settings() const override {
    return "[sink]\nkind = \"file\"\n[file]\npath = \"FOLDER/trust.jsonl\"\nrotate_mib = 1\n"
           "keep = 100\n";
  }

  void suffer(const TestDaemon& daemon) override {
    std::error_code none_there;
    std::filesystem::rename(daemon.folder() / "trust.jsonl",
                            daemon.folder() / ("taken-" + std::to_string(++taken_)), none_there);
  }

  void collect(const TestDaemon& daemon) override {
    arrived.clear();
    for (const auto& entry : std::filesystem::directory_iterator(daemon.folder())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("trust.jsonl") || name.starts_with("taken-")) {
        std::ifstream lines(entry.path());
        add_lines(lines, arrived);
      }
    }
  }

 private:
  int taken_ = 0;
};

class KafkaReceiver : public Receiver {
 public:
  [[nodiscard]] std::string settings() const override { return table(cluster_.brokers()); }

  void suffer(const TestDaemon& /*daemon*/) override {
    // Too large is said of no batch here: of one change alone that is a refusal for good.
    cluster_.fail_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 2);
    cluster_.set_down(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cluster_.set_down(false);
  }

  void collect(const TestDaemon& /*daemon*/) override {
    for (const KafkaMessage& message : cluster_.read(10 * kChanges)) {
      expect_json(message.value, arrived);
    }
  }

 protected:
  static std::string table(const std::string& brokers) {
    return "[sink]\nkind = \"kafka\"\n# FOLDER\n[kafka]\nbrokers = \"" + brokers +
           "\"\ntopic = \"" + MockCluster::kTopic + "\"\ntimeout = \"2s\"\n";
  }

  MockCluster cluster_;
};

class KafkaReceiverOverTls final : public KafkaReceiver {
 public:
  [[nodiscard]] std::string settings() const override {
    return table(front_.brokers()) + "tls = true\nca_file = \"" + files_.ca() +
           "\"\ncertificate_file = \"" + files_.client_certificate() + "\"\nkey_file = \"" +
           files_.client_key() + "\"\n";
  }

 private:
  const TlsFiles files_;
  const TlsFront front_{cluster_.brokers(), files_, true};
};

// Some requests of a thousand fail in some way, whether or not what they brought was taken.
class WebReceiver : public Receiver {
 public:
  explicit WebReceiver(int faults_of_thousand) : faults_(faults_of_thousand) {}

 protected:
  // Takes what a request brought; the answer of a receiver that is well.
  virtual HttpReply take(const HttpRequestSeen& request) = 0;

  [[nodiscard]] std::string table(const std::string& kind, const std::string& more) const {
    return "[sink]\nkind = \"" + kind + "\"\n" + (kind == "webhook" ? "" : "format = \"json\"\n") +
           "# FOLDER\n[" + kind + "]\nurl = \"" + receiver_.url() + "\"\ntimeout = \"500ms\"\n" +
           more + "[dedup]\nwindow = \"0s\"\n";
  }

  bool throws(int of_thousand) {
    return std::uniform_int_distribution<int>(0, 999)(random_) < of_thousand;
  }

 private:
  HttpReply answer(const HttpRequestSeen& request) {
    if (!throws(faults_)) {
      return take(request);
    }
    switch (std::uniform_int_distribution<int>(0, 3)(random_)) {
      case 0:
        return {503, "busy"};
      case 1:
        return {429, "", "Retry-After: 1"};
      case 2: {
        HttpReply reply = take(request);
        reply.fault = HttpFault::kHalf;
        return reply;
      }
      default:
        return {200, "", "", HttpFault::kReset};
    }
  }

  const int faults_;
  std::mt19937 random_{std::random_device()()};
  HttpTestReceiver receiver_{[this](const HttpRequestSeen& request) { return answer(request); }};
};

// A third of its answers puts some of the events off.
class ElasticReceiver final : public WebReceiver {
 public:
  ElasticReceiver() : WebReceiver(200) {}

  [[nodiscard]] std::string settings() const override { return table("elastic", ""); }

 protected:
  HttpReply take(const HttpRequestSeen& request) override {
    const bool is_partial = throws(333);
    Json items = Json::array();
    std::istringstream lines(request.body);
    for (std::string action, document; std::getline(lines, action);) {
      std::getline(lines, document);
      const int status = is_partial && throws(100) ? (throws(500) ? 429 : 403) : 201;
      if (status == 201) {
        expect_json(document, arrived);
      }
      items.push_back({{"create", {{"status", status}}}});
    }
    return {200, Json{{"errors", is_partial}, {"items", items}}.dump()};
  }
};

class SplunkReceiver final : public WebReceiver {
 public:
  SplunkReceiver() : WebReceiver(300) {}

  [[nodiscard]] std::string settings() const override {
    return table("splunk", "token_file = \"TOKEN\"\n");
  }

 protected:
  HttpReply take(const HttpRequestSeen& request) override {
    if (throws(100)) {
      return {200, "<html>a page of somebody else</html>"};
    }
    std::istringstream lines(request.body);
    for (std::string line; std::getline(lines, line);) {
      const std::optional<Json> envelope = transport::parse_json(line);
      EXPECT_TRUE(envelope && envelope->contains("event")) << line;
      expect_json(envelope ? envelope->at("event").dump() : "", arrived);
    }
    return {200, R"({"text":"Success","code":0})"};
  }
};

class WebhookReceiver final : public WebReceiver {
 public:
  // One event a request: a fault of a hundred is many.
  explicit WebhookReceiver(const std::string& mode)
      : WebReceiver(mode == "batch" ? 300 : 4), mode_(mode) {}

  [[nodiscard]] std::string settings() const override {
    return table("webhook", "mode = \"" + mode_ + "\"\n");
  }

 protected:
  HttpReply take(const HttpRequestSeen& request) override {
    const Json body = transport::parse_json(request.body).value_or(Json());
    if (mode_ == "binary") {
      expect_json(request.body, arrived);
    }
    for (const Json& event : mode_ == "structured" ? Json::array({body})
                             : mode_ == "batch"    ? body
                                                   : Json::array()) {
      if (event.value("data", Json::object()).contains("seq")) {
        arrived.add(event.at("data"));
      }
    }
    return {};
  }

 private:
  const std::string mode_;
};

struct Kind {
  const char* name = "";
  std::unique_ptr<Receiver> (*make)() = nullptr;
};

class SinkBursts : public ::testing::TestWithParam<Kind> {
 protected:
  void write_token(const std::string& path) {
    testing::write_file(path, as_bytes(token_));
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }

  // Every change that the daemon has, as it has it; "" or what is missing.
  std::string missing(TestDaemon& daemon) {
    receiver_->collect(daemon);
    for (std::uint64_t from = 1; from <= kChanges;) {
      const Json page = daemon.get("changes", {{"from", from}, {"limit", 500}});
      for (const Json& change : page.at("changes")) {
        const Json arrived = receiver_->arrived.find(change.at("id").get<std::string>());
        if (arrived != change) {
          return change.dump() + " is " + arrived.dump();
        }
      }
      from = page.at("next").get<std::uint64_t>();
    }
    return "";
  }

  const std::string token_ = "t0ken";
  const testing::TempFolder secrets_;
  const unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  const std::unique_ptr<Receiver> receiver_ = GetParam().make();
};

TEST_P(SinkBursts, LoseNothingAndRepeatOnlyWhatIsTheSame) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  testing::DaemonSettings settings;
  settings.sink = receiver_->settings();
  if (const std::size_t at = settings.sink.find("TOKEN"); at != std::string::npos) {
    write_token(secrets_ / "token");
    settings.sink.replace(at, 5, secrets_ / "token");
  }
  TestDaemon daemon(settings);
  ASSERT_TRUE(testing::fill_outbox(daemon, kChanges));
  ASSERT_TRUE(daemon.start());
  std::uniform_int_distribution<int> lives_ms(0, 600);
  for (int kill = 0; kill < kKills; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(lives_ms(random_)));
    receiver_->suffer(daemon);
    std::this_thread::sleep_for(std::chrono::milliseconds(lives_ms(random_) / 2));
    daemon.kill9();
    ASSERT_TRUE(daemon.start()) << daemon.log();
  }
  ASSERT_TRUE(
      eventually([&] { return daemon.counter("endpoints", "sink test", "next") == kChanges + 1; },
                 std::chrono::seconds(90)))
      << daemon.counter("endpoints", "sink test", "next") << "\n"
      << daemon.log();
  EXPECT_EQ(missing(daemon), "");
  EXPECT_EQ(daemon.counter("endpoints", "sink test", "refused"), 0U);
  RecordProperty("copies", std::to_string(receiver_->arrived.copies()));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SinkBursts,
    ::testing::Values(
        Kind{"file", [] { return std::unique_ptr<Receiver>(std::make_unique<FileReceiver>()); }},
        Kind{"kafka", [] { return std::unique_ptr<Receiver>(std::make_unique<KafkaReceiver>()); }},
        Kind{"kafka_tls",
             [] { return std::unique_ptr<Receiver>(std::make_unique<KafkaReceiverOverTls>()); }},
        Kind{"elastic",
             [] { return std::unique_ptr<Receiver>(std::make_unique<ElasticReceiver>()); }},
        Kind{"splunk",
             [] { return std::unique_ptr<Receiver>(std::make_unique<SplunkReceiver>()); }},
        Kind{"webhook_batch",
             [] { return std::unique_ptr<Receiver>(std::make_unique<WebhookReceiver>("batch")); }},
        Kind{"webhook_structured",
             [] {
               return std::unique_ptr<Receiver>(std::make_unique<WebhookReceiver>("structured"));
             }},
        Kind{
            "webhook_binary",
            [] { return std::unique_ptr<Receiver>(std::make_unique<WebhookReceiver>("binary")); }}),
    [](const ::testing::TestParamInfo<Kind>& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace quotemill
