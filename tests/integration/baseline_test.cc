// Reference values end to end: captured from a golden host, missed by another one; the change on
// every channel that carries it; and what silence does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"
#include "tests/integration/fleet.h"
#include "tests/integration/reference_list.h"
#include "tests/support/temp_folder.h"
#include "transport/socket/context.h"
#include "transport/socket/socket.h"

namespace quotemill {
namespace {

using ::testing::Contains;
using testing::eventually;
using testing::finding_codes;
using testing::Finished;
using testing::has_finding;
using ::testing::HasSubstr;
using testing::list_of;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

// Collects what the change stream carries.
class Subscriber {
 public:
  explicit Subscriber(const std::string& endpoint) : context_(*transport::Context::create()) {
    transport::SocketOptions options;
    options.type = transport::SocketType::kSubscribe;
    options.receive_queue = 1'000;
    socket_.emplace(*transport::Socket::create(*context_, options));
    EXPECT_TRUE(socket_->subscribe(""));
    EXPECT_TRUE(socket_->connect(endpoint));
  }

  // Waits for the change of this id.
  Json wait_for(const std::string& id) {
    Json found;
    eventually([&] {
      while (const auto received = socket_->receive()) {
        lines_.push_back(std::string(as_text(received->payload)));
        const Json change = Json::parse(lines_.back(), nullptr, /*allow_exceptions=*/false);
        if (change.is_object() && change["id"] == id) {
          found = change;
        }
      }
      return !found.is_null();
    });
    return found;
  }

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::unique_ptr<transport::Context> context_;
  std::optional<transport::Socket> socket_;
  std::vector<std::string> lines_;
};

// The first EV_EFI_BOOT_SERVICES_APPLICATION of PCR 4: the boot loader.
struct LoaderEvent {
  std::uint32_t number = 0;
  std::string digest;
};

LoaderEvent loader_of(const bench::MeasuredBootModel& model) {
  const Bytes log = bench::write_boot_log(model);
  const BootLogReading reading = read_boot_log(log);
  for (const BootEvent& event : reading.log.events) {
    if (event.pcr == 4 && event.type == event_type::kEfiBootServicesApplication) {
      return {event.number, to_hex(event.digest(HashAlgorithm::kSha256))};
    }
  }
  return {};
}

class Baseline : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
  }

  void add(SimHost& host, TestDaemon& daemon, const std::string& state) {
    ASSERT_TRUE(host.make_tpm(maker_));
    ASSERT_TRUE(host.power_on());
    host.start_agent(daemon, daemon.new_token(1));
    ASSERT_TRUE(daemon.becomes(host.name(), state)) << host.agent_log();
  }

  TpmMaker maker_;
};

// All changes from `from` on, as the outbox gives them page by page.
std::vector<Json> outbox(TestDaemon& daemon, std::uint64_t from, unsigned page_size) {
  std::vector<Json> all;
  while (true) {
    const Json page = daemon.get("changes", {{"from", from}, {"limit", page_size}});
    if (!page.is_object() || page["changes"].empty()) {
      return all;
    }
    all.insert(all.end(), page["changes"].begin(), page["changes"].end());
    from = page["next"].get<std::uint64_t>();
  }
}

TEST_F(Baseline, AChangedBootLoaderFailsByNameAndEmitsTheChange) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .no_baseline = "warn"});
  ASSERT_TRUE(daemon.start());
  Subscriber subscriber(daemon.changes_endpoint());
  SimHost golden("golden-01");
  SimHost other("web-02");
  ASSERT_NO_FATAL_FAILURE(add(golden, daemon, "warning"));
  ASSERT_NO_FATAL_FAILURE(add(other, daemon, "warning"));
  EXPECT_TRUE(has_finding(daemon.host("web-02"), "boot.baseline_absent"));

  const Finished captured = daemon.cli({"baseline", "capture", "golden-01", "--name", "golden"});
  ASSERT_TRUE(captured.ok()) << captured.output;
  ASSERT_TRUE(daemon.becomes("golden-01", "trusted"));
  ASSERT_TRUE(daemon.becomes("web-02", "trusted")) << "same image, other machine";
  const LoaderEvent expected = loader_of(golden.boot);

  other.boot.boot_loader = "15.8-1+evil";
  ASSERT_TRUE(other.power_cycle());
  ASSERT_TRUE(daemon.becomes("web-02", "failed"));
  const LoaderEvent seen = loader_of(other.boot);
  const Json found =
      testing::finding(daemon.host("web-02")["findings"], "boot.event.digest_unknown");
  ASSERT_FALSE(found.is_null()) << daemon.host("web-02").dump(1);
  EXPECT_EQ(found["pcr"], 4);
  EXPECT_EQ(found["event"], seen.number);
  EXPECT_EQ(found["type"], "EV_EFI_BOOT_SERVICES_APPLICATION");
  EXPECT_EQ(found["alg"], "sha256");
  EXPECT_EQ(found["digest"], seen.digest);
  EXPECT_EQ(found["expected"], expected.digest);
  EXPECT_NE(seen.digest, expected.digest);
  EXPECT_THAT(found["message"].get<std::string>(),
              HasSubstr("PCR 4, event " + std::to_string(seen.number) + ": "));
  const Finished shown = daemon.cli({"host", "web-02"});
  EXPECT_EQ(shown.exit_status, 3) << "an answer with failed hosts";
  EXPECT_THAT(shown.output, HasSubstr(seen.digest));
  EXPECT_EQ(daemon.state_of("golden-01"), "trusted");

  // The outbox, the PUB socket and `watch` carry the same event.
  Json change;
  ASSERT_TRUE(daemon.emits("web-02", "failed", 1, &change));
  EXPECT_EQ(change["prev"], "trusted");
  EXPECT_THAT(finding_codes(change["reasons"]), Contains("boot.event.digest_unknown"));
  EXPECT_EQ(subscriber.wait_for(change["id"]), change);
  testing::Process watch({{QUOTEMILL_BIN_DIR "/quotemill", "--socket", daemon.control_path(),
                           "watch", "--from", std::to_string(change["seq"].get<int>())}});
  EXPECT_TRUE(eventually([&] {
    return watch.output().find(change["id"].get<std::string>()) != std::string::npos;
  })) << watch.output();

  // From any sequence the same events come again, without gaps.
  const std::vector<Json> all = outbox(daemon, 1, 500);
  for (std::size_t from = 0; from < all.size(); ++from) {
    EXPECT_EQ(all[from]["seq"], from + 1);
    const std::vector<Json> rest = outbox(daemon, from + 1, 2);
    EXPECT_EQ(rest, std::vector<Json>(all.begin() + static_cast<std::ptrdiff_t>(from), all.end()));
  }
  EXPECT_TRUE(std::holds_alternative<transport::ControlError>(
      daemon.ask("changes", {{"from", all.size() + 100}})));

  other.boot.boot_loader = golden.boot.boot_loader;
  ASSERT_TRUE(other.power_cycle());
  EXPECT_TRUE(daemon.becomes("web-02", "trusted"));
}

TEST_F(Baseline, AnImportedSetDecidesWhatMayBeLoaded) {
  TestDaemon daemon({.roots = {maker_.root_pem()}});
  ASSERT_TRUE(daemon.start());
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(add(host, daemon, "trusted"));
  const auto import = [&](const std::string& list) {
    const std::filesystem::path file = daemon.folder() / "boot.list";
    testing::write_file(file, as_bytes(list));
    const Finished done = daemon.cli({"baseline", "import", file.string(), "--as", "boot"});
    EXPECT_TRUE(done.ok()) << done.output;
  };
  import(list_of(host.boot));
  const std::filesystem::path policy = daemon.folder() / "references.toml";
  testing::write_file(
      policy,
      as_bytes("[policy]\nid = \"test\"\nversion = 2\n[freshness]\nattest_every = \"300ms\"\n"
               "stale_after = \"60s\"\n[boot]\nbaselines = []\nreferences = [\"boot\"]\n"));
  const Finished applied = daemon.cli({"policy", "apply", policy.string()});
  ASSERT_TRUE(applied.ok()) << applied.output;
  ASSERT_TRUE(daemon.attests_again("web-01"));
  EXPECT_EQ(daemon.state_of("web-01"), "trusted") << daemon.host("web-01").dump(1);

  host.boot.boot_loader = "15.9-1";
  ASSERT_TRUE(host.power_cycle());
  ASSERT_TRUE(daemon.becomes("web-01", "failed"));
  const Json found = testing::finding(daemon.host("web-01")["findings"], "boot.reference.unknown");
  EXPECT_EQ(found["digest"], loader_of(host.boot).digest) << daemon.host("web-01").dump(1);

  import(list_of(host.boot));
  EXPECT_TRUE(daemon.becomes("web-01", "trusted")) << "it is known now";
  EXPECT_EQ(daemon.stop(), 0) << daemon.log();
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.attests_again("web-01"));
  EXPECT_EQ(daemon.state_of("web-01"), "trusted");
  const Finished exported = daemon.cli({"baseline", "export", "boot@2"});
  EXPECT_THAT(exported.output, HasSubstr(loader_of(host.boot).digest));
  const Finished diff = daemon.cli({"baseline", "diff", "boot@1", "boot"});
  EXPECT_THAT(diff.output, HasSubstr("replaced: event")) << diff.output;
}

TEST_F(Baseline, ABaselineOutlivesTheDaemon) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .no_baseline = "warn"});
  ASSERT_TRUE(daemon.start());
  SimHost golden("golden-01");
  ASSERT_NO_FATAL_FAILURE(add(golden, daemon, "warning"));
  // Confirmed: else a machine that is busy may answer with a survey that still runs.
  const Json captured = daemon.get(
      "baseline.capture", {{"host", "golden-01"}, {"name", "golden"}, {"confirmed", true}});
  ASSERT_TRUE(daemon.becomes("golden-01", "trusted"));
  EXPECT_EQ(daemon.stop(), 0) << daemon.log();
  ASSERT_TRUE(daemon.start());
  const Json listed = daemon.get("baseline.list");
  ASSERT_EQ(listed["baselines"].size(), 1U);
  EXPECT_EQ(listed["baselines"][0]["sha256"], captured["sha256"]);
  EXPECT_EQ(listed["baselines"][0]["in_force"], true);
  ASSERT_TRUE(daemon.attests_again("golden-01"));
  EXPECT_EQ(daemon.state_of("golden-01"), "trusted");
}

TEST_F(Baseline, AHostThatFallsSilentTurnsStale) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .stale_after = "4s"});
  ASSERT_TRUE(daemon.start());
  SimHost host("web-01");
  ASSERT_NO_FATAL_FAILURE(add(host, daemon, "trusted"));
  ASSERT_TRUE(daemon.attests_again("web-01"));
  host.stop_agent();
  ASSERT_TRUE(daemon.becomes("web-01", "stale"));
  EXPECT_TRUE(has_finding(daemon.host("web-01"), "stale.no_contact"));
  EXPECT_TRUE(daemon.logs("code=stale.no_contact"));
  Json change;
  ASSERT_TRUE(daemon.emits("web-01", "stale", 1, &change));
  EXPECT_EQ(change["prev"], "trusted");
  EXPECT_TRUE(change["evidence_sha256"].is_null()) << "time made it, not evidence";
  host.start_agent(daemon);
  EXPECT_TRUE(daemon.becomes("web-01", "trusted")) << host.agent_log();
}

}  // namespace
}  // namespace quotemill
