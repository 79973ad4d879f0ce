// Hosts of two images under a policy that holds them against the set "image", and the verbs.
#pragma once

#include <gmock/gmock.h>

#include "deploy/quotemilld/baseline_plans.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "tests/deploy/quotemilld/attesting_fixture.h"

namespace quotemill::daemon {

class RolloutFixture : public AttestingFixture {
 protected:
  using Json = transport::Json;

  static constexpr const char* kPolicy =
      "[policy]\nid = \"default\"\nversion = 2\n[boot]\nbaselines = []\nreferences = [\"image\"]\n";

  void SetUp() override {
    AttestingFixture::SetUp();
    ask("policy.apply", {{"texts", {kPolicy}}, {"confirmed", true}, {"operator", "alice"}});
    import("image", digests_of(1));
    import("image-2", digests_of(2));
  }

  // The same machines, with another boot loader and kernel.
  static void load(SoftwareHost& host, int image) {
    const std::vector<quotemill::testing::Measured> first = quotemill::testing::ordinary_boot();
    host.boot = first;
    if (image == 1) {
      return;
    }
    for (quotemill::testing::Measured& event : host.boot) {
      if (event.pcr == 4 && event.type != event_type::kEfiAction &&
          event.type != event_type::kSeparator) {
        const std::string more = "image " + std::to_string(image);
        event.measured.insert(event.measured.end(), more.begin(), more.end());
      }
    }
  }

  // Its boot loader is of the second image, the rest of PCR 4 of the first.
  static void load_partly(SoftwareHost& host) {
    load(host, 2);
    const std::vector<quotemill::testing::Measured> first = quotemill::testing::ordinary_boot();
    for (std::size_t i = first.size(); i-- > 0;) {
      if (host.boot[i].measured != first[i].measured) {
        host.boot[i] = first[i];
        return;
      }
    }
  }

  static std::string digests_of(int image) {
    SoftwareHost host(KeyKind::kEcP256, 0);
    load(host, image);
    const Bytes log = host.log();
    std::string list;
    for (const BootEvent& event : read_boot_log(log).log.events) {
      if (event.is_measured() && (event.pcr == 4 || event.pcr == 9)) {
        list += to_hex(event.digest(HashAlgorithm::kSha256)) + "  event " +
                std::to_string(event.number) + "\n";
      }
    }
    return list;
  }

  Json import(const std::string& name, const std::string& content) {
    const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(content)).hex();
    ask("upload", {{"sha256", sha256},
                   {"size", content.size()},
                   {"offset", 0},
                   {"hex", to_hex(as_bytes(content))}});
    const Json done = ask("baseline.import", {{"upload", sha256},
                                              {"name", name},
                                              {"file", name},
                                              {"confirmed", true},
                                              {"operator", "alice"}});
    EXPECT_TRUE(done.is_object()) << done;
    return done;
  }

  // Hosts "host-0", … that booted the first image.
  void make_hosts(unsigned count) {
    for (unsigned number = 0; number < count; ++number) {
      SoftwareHost& made = machines_.emplace_back(KeyKind::kEcP256, number);
      made.record().name = "host-" + std::to_string(number);
      add(made.record());
      attests(number);
    }
  }

  // With whatever it booted last; its state is what it comes to.
  TrustState attests(unsigned number) {
    const SoftwareHost& host = machines_.at(number);
    const std::shared_ptr<const HostState> before = hosts_.find(host.record().uid)->state;
    Submission submission;
    submission.host = hosts_.find(host.record().uid)->record;
    submission.challenge = host.challenge(before->sequence + 1, clock_.now());
    submission.challenge.selections = {
        policies_->current()->snapshots().front()->policy().selection};
    submission.received = clock_.now();
    submission.item = host.draft(submission.challenge).seal();
    submission.boot_log = host.log();
    ExtendMemo extends{64};
    std::vector<Judgement> batch;
    batch.push_back(judge(std::move(submission), {*policies_->current(), before, server_key_, keys_,
                                                  store_, counters_, extends}));
    std::promise<void> done;
    committer_.submit(std::move(batch), [&done] { done.set_value(); });
    done.get_future().wait();
    return hosts_.find(host.record().uid)->state->state;
  }

  TrustState boots(unsigned number, int image) {
    load(machines_.at(number), image);
    return attests(number);
  }

  static Json start_args(const Json& more = Json::object()) {
    Json args = {{"name", "to-2"}, {"from", "image"},     {"to", "image-2"},    {"all", true},
                 {"waves", {"2"}}, {"for_ms", 3'600'000}, {"operator", "alice"}};
    args.update(more);
    return args;
  }

  Json start(const Json& more = Json::object()) { return ask("rollout.start", start_args(more)); }

  Json counts() { return ask("rollout.status", {{"name", "to-2"}})["counts"]; }

  // As the daemon does, now and then.
  void keep() {
    ASSERT_TRUE(keep_rollouts(hosts_, *policies_, committer_, clock_of_rollouts_, clock_.now()));
  }

  Json change(const std::string& verb, Json more = Json::object()) {
    more.update({{"name", "to-2"}, {"operator", "bob"}, {"confirmed", true}});
    return ask("rollout." + verb, more);
  }

  std::vector<SoftwareHost> machines_;
  const RolloutClock clock_of_rollouts_{clock_.now(), {}};
};

}  // namespace quotemill::daemon
