// The operator's verbs, and hosts that attested: their evidence and logs are in the store.
#pragma once

#include <future>

#include "tests/deploy/quotemilld/operator_fixture.h"
#include "tests/support/software_host.h"

namespace quotemill::daemon {

class AttestingFixture : public OperatorFixture {
 protected:
  using SoftwareHost = quotemill::testing::SoftwareHost;

  // Hosts that attested, as far as the verbs can see, each with its evidence and log in the store.
  void attest(unsigned count) {
    for (unsigned number = 0; number < count; ++number) {
      SoftwareHost host(KeyKind::kEcP256, number);
      host.record().name = "host-" + std::to_string(number);
      add(host.record());
      attest_once(host);
    }
  }

  void attest_once(const SoftwareHost& host, std::uint64_t sequence = 1) {
    Submission submission;
    submission.host = std::make_shared<const HostRecord>(host.record());
    submission.challenge = host.challenge(sequence, clock_.now());
    submission.challenge.selections = {
        policies_->current()->snapshots().front()->policy().selection};
    submission.received = clock_.now();
    submission.item = host.draft(submission.challenge).seal();
    submission.boot_log = host.log();
    ExtendMemo extends{64};
    std::vector<Judgement> batch;
    batch.push_back(
        judge(std::move(submission), {*policies_->current(), hosts_.find(host.record().uid)->state,
                                      server_key_, keys_, store_, counters_, extends}));
    std::promise<void> done;
    committer_.submit(std::move(batch), [&done] { done.set_value(); });
    done.get_future().wait();
  }

  // A list of all digests that such a host boots with.
  static std::string known_boot() {
    const Bytes log = SoftwareHost(KeyKind::kEcP256, 0).log();
    std::string list;
    for (const BootEvent& event : read_boot_log(log).log.events) {
      if (event.is_measured()) {
        list += to_hex(event.digest(HashAlgorithm::kSha256)) + "  event " +
                std::to_string(event.number) + "\n";
      }
    }
    return list;
  }
};

}  // namespace quotemill::daemon
