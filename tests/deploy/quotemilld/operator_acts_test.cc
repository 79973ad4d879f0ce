// Every act of an operator is in the audit trail, and leaves on the stream in every format. A verb
// that is new must be named here: as one that only reads, or by doing it.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "bench/fleet/signing_key.h"
#include "deploy/references/esxi/image_file.h"
#include "tests/deploy/quotemilld/rollout_fixture.h"
#include "tests/engine/esxi/image/sample_images.h"
#include "tests/support/temp_folder.h"
#include "transport/control/import_line.h"
#include "transport/sinks/sink_feed.h"

namespace quotemill::daemon {
namespace {

using transport::EventFormat;

// "upload" is half of another act, which keeps the file's hash.
const std::set<std::string_view> kReading = {"status",
                                             "hosts",
                                             "hosts.ended",
                                             "host",
                                             "history",
                                             "changes",
                                             "baseline.list",
                                             "baseline.show",
                                             "baseline.diff",
                                             "baseline.export",
                                             "image.list",
                                             "upload",
                                             "policy.list",
                                             "policy.show",
                                             "policy.history",
                                             "rollout.status",
                                             "rollout.list",
                                             "mine",
                                             "pending.list",
                                             "token.list",
                                             "preview.status",
                                             "preview.stop",  // of what only reads
                                             "host.at",
                                             "host.bundle",
                                             "store.check",
                                             "audit.list",
                                             "audit.verify",
                                             "inventory.list",
                                             "reappraise.status",
                                             "reattest.wave.status"};

class OperatorActsTest : public RolloutFixture {
 protected:
  ~OperatorActsTest() override { is_held_ = false; }

  // Does it, as bob, and expects that the trail has one act more: this one.
  void act(const std::string& verb, Json args = Json::object()) {
    act(verbs_, verb, std::move(args));
  }

  void act(OperatorVerbs& verbs, const std::string& verb, Json args = Json::object()) {
    const std::uint64_t before = store_.audit_head()->number;
    args["operator"] = "bob";
    args["confirmed"] = true;
    const transport::ControlOutcome outcome = verbs.handle({verb, args});
    const auto* error = std::get_if<transport::ControlError>(&outcome);
    ASSERT_EQ(error, nullptr) << verb << ": " << error->message;
    ASSERT_EQ(store_.audit_head()->number, before + 1) << verb;
    const AuditAct kept = store_.audit(before + 1, 1)->front().act;
    EXPECT_EQ(kept.verb, verb);
    EXPECT_EQ(kept.who, "bob") << verb;
    done_.insert(verb);
  }

  static Json policy(const std::string& text) { return {{"texts", {text}}}; }

  static Json named(const std::string& name) { return {{"name", name}}; }

  static Json of(const std::string& host) { return {{"host", host}}; }

  static Json one_import() {
    ImportedIdentity out;
    out.name = "imported";
    out.ak_public =
        bench::good_attestation_key(bench::cached_key(KeyKind::kEcP256, 50).public_key()).encoded;
    out.curve_key.fill(50);
    return transport::render_import(out);
  }

  void policies_and_baselines() {
    act("policy.apply",
        policy("[policy]\nid = \"extra\"\npriority = 5\n[match]\nnames = [\"x\"]\n"));
    act("policy.withdraw", {{"id", "extra"}});
    act("baseline.capture", {{"host", "host-0"}, {"name", "golden"}});
    act("baseline.retire", named("golden"));
    act("baseline.import",
        {{"upload", upload(references::write_image_file(quotemill::testing::image_803()), 4'096)},
         {"name", "esxi"},
         {"format", "esxi-image"},
         {"file", "imgdb.tgz"}});
    act("image.approve", named("esxi"));
    boots(1, 3);
    const Json groups = ask("mine", {{"pcrs", {"4"}}})["groups"];
    ASSERT_FALSE(groups.empty());
    act("mine.promote", {{"group", groups[0]["group"]}, {"pcrs", {"4"}}, {"name", "mined"}});
    boots(1, 1);
  }

  void rollouts() {
    act("rollout.start", start_args());
    act("rollout.extend", {{"name", "to-2"}, {"wave", true}});
    act("rollout.abort", named("to-2"));
    Json again = start_args();
    again["name"] = "again";
    ask("rollout.start", again);
    act("rollout.promote", named("again"));
  }

  void hosts() {
    add(host_record(5, "waiting-1", LifeCycle::kPending));
    add(host_record(6, "waiting-2", LifeCycle::kPending));
    act("pending.approve", {{"host", "waiting-1"}, {"name", "waiting-1"}});
    act("pending.deny", of("waiting-2"));
    act("label", {{"host", "host-0"}, {"set", {{"env", "prod"}}}});
    act("maintenance", of("host-0"));
    act("maintenance.end", of("host-0"));
    act("retire", of("waiting-1"));
    act("restore", of("waiting-1"));
    act("token.create");
    act("hosts.import", {{"hosts", {one_import()}}});
    const std::string inventory = "ek,name\n" + std::string(64, '9') + ",rack-9\n";
    act("inventory.import", {{"upload", upload(inventory)}});
    act("inventory.remove", of("rack-9"));
  }

  // Of a latch: a host boots what is unknown, and then again what is known.
  void acknowledgement() {
    boots(0, 4);
    const std::string code = ask("host", of("host-0"))["why"]["code"];
    std::string latching = kPolicy;
    latching.replace(latching.find("version = 2"), 11, "version = 3");
    ask("policy.apply", {{"texts", {latching + "[latch]\nfindings = [\"" + code + "\"]\n"}},
                         {"confirmed", true},
                         {"operator", "alice"}});
    attests(0);
    boots(0, 1);
    act("acknowledge", of("host-0"));
  }

  void many_hosts() {
    act("reattest", {{"hosts", {"host-0"}}});
    act("reattest.wave");
    act("reattest.wave.stop");
    // A run that cannot end by itself.
    std::string other = kPolicy;
    other.replace(other.find("version = 2"), 11, "version = 9");
    ask("policy.apply", {{"texts", {other}}, {"confirmed", true}, {"operator", "alice"}});
    act(held_verbs_, "reappraise");
    act(held_verbs_, "reappraise.stop");
    is_held_ = false;
    while (held_runs_.status()["state"] == "running") {
      std::this_thread::yield();
    }
    ASSERT_EQ(held_runs_.status()["state"], "interrupted") << held_runs_.status();
    act(held_verbs_, "reappraise.resume");
  }

  // The whole code, and not only its beginning.
  static bool names(const std::string& body, const std::string& code) {
    for (std::size_t at = body.find(code); at != std::string::npos; at = body.find(code, at + 1)) {
      const char next = at + code.size() < body.size() ? body[at + code.size()] : ' ';
      if (next != '.' && (next < 'a' || next > 'z')) {
        return true;
      }
    }
    return false;
  }

  void expect_on_the_stream(EventFormat format) {
    transport::SinkFeedOptions options;
    options.format = format;
    options.source.version = "1";
    options.cursor_path = folder_ / std::string(name_of(format));
    transport::SinkFeed feed(options, {store_, store_}, [](const std::string&) {});
    const Result<transport::SinkBatch> batch = feed.next(clock_.now(), 256);
    ASSERT_TRUE(batch) << batch.error().to_string();
    for (const std::string& verb : done_) {
      const auto tells = [&](const transport::RenderedEvent& event) {
        return event.id.find(":audit:") != std::string::npos &&
               names(event.body, "audit." + verb) && event.body.find("bob") != std::string::npos;
      };
      EXPECT_TRUE(std::any_of(batch->events.begin(), batch->events.end(), tells))
          << verb << " as " << name_of(format);
    }
  }

  quotemill::testing::TempFolder folder_;
  std::set<std::string> done_;
  std::atomic<bool> is_held_{true};
  FleetRuns held_runs_{{hosts_, store_, *policies_, server_key_,
                        [this](std::vector<ReappraisedHost> judged) {
                          while (is_held_) {
                            std::this_thread::yield();
                          }
                          return committer_.commit_reappraised(std::move(judged));
                        },
                        folder_ / "reappraisal.json", 1}};

  OperatorParts held_parts() {
    OperatorParts held = parts();
    held.challenge = Challenger([](std::vector<HostUid> hosts) { return hosts; });
    held.runs = &held_runs_;
    return held;
  }

  OperatorVerbs held_verbs_{held_parts()};
};

TEST_F(OperatorActsTest, AreAllInTheTrailAndOnTheStreamInEveryFormat) {
  make_hosts(3);
  policies_and_baselines();
  hosts();
  acknowledgement();
  many_hosts();
  rollouts();
  act("backup", {{"folder", "/new"}});
  for (const std::string_view verb : OperatorVerbs::verb_names()) {
    EXPECT_TRUE(verb.ends_with(".check") || kReading.contains(verb) ||
                done_.contains(std::string(verb)))
        << verb << " is neither one that only reads nor was it done here";
  }
  for (const EventFormat format : transport::event_formats()) {
    expect_on_the_stream(format);
  }
}

// What was not done is no act; the log has the attempt.
TEST_F(OperatorActsTest, ThatFailedAreInTheLogAlone) {
  const std::uint64_t before = store_.audit_head()->number;
  const std::size_t lines = acts_.size();
  refusal("backup", {{"folder", "/there"}, {"operator", "bob"}});
  refusal("reappraise.stop", {{"operator", "bob"}});
  refusal("reattest.wave.stop", {{"operator", "bob"}});
  EXPECT_EQ(store_.audit_head()->number, before);
  EXPECT_EQ(acts_.size(), lines + 3);
}

}  // namespace
}  // namespace quotemill::daemon
