#include "tests/engine/pipeline/small_engine.h"

#include <cstdlib>
#include <future>
#include <iostream>

#include "engine/evidence/receipt.h"

namespace quotemill::testing {

std::shared_ptr<const Baseline> baseline_of(const SoftwareHost& host, std::string name,
                                            std::uint32_t version) {
  const Bytes log = host.log();
  auto baseline = std::make_shared<Baseline>();
  baseline->name = std::move(name);
  baseline->version = version;
  baseline->source = host.record().uid;
  baseline->source_name = host.record().name;
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

Policy policy_of(std::string_view toml) {
  Result<Policy> policy = parse_policy(toml, "test.toml");
  if (!policy) {
    std::cerr << policy.error().to_string() << '\n';
    std::abort();
  }
  return *std::move(policy);
}

SmallEngine::SmallEngine(Policy policy, std::vector<std::shared_ptr<const Baseline>> baselines)
    : policies(*PoliciesInForce::create(std::move(policy), {}, std::move(baselines))),
      server_key(SoftwareHost().server_key),
      committer({store, hosts, replies, changes, clock, nonces, *policies, counters, &images},
                CommitterStart{store.status()->stream_id, 0, {}, {}, 42}) {
  committer.start();
}

SmallEngine::~SmallEngine() {
  committer.stop();
}

void SmallEngine::enrol(const SoftwareHost& host) {
  put(host, true);
}

void SmallEngine::put(const SoftwareHost& host, bool reset_state) {
  const HostRecord record = host.record();
  const auto done = committer.change([&](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = reset_state;
    return update;
  });
  if (!done) {
    std::cerr << done.error().to_string() << '\n';
  }
}

void SmallEngine::remove(const SoftwareHost& host) {
  const HostUid uid = host.record().uid;
  (void)committer.change([uid](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.removed = {uid};
    return update;
  });
}

HostState SmallEngine::state(const SoftwareHost& host) const {
  const std::optional<Host> found = hosts.find(host.record().uid);
  return found ? *found->state : HostState{};
}

Challenge SmallEngine::challenge(const SoftwareHost& host) const {
  Challenge challenge = host.challenge(state(host).sequence + 1, clock.now());
  challenge.selections = {snapshot()->policy().selection};
  return challenge;
}

Submission SmallEngine::submission(const SoftwareHost& host, const ChangeDraft& change) const {
  Submission submission;
  submission.host = std::make_shared<const HostRecord>(host.record());
  submission.challenge = challenge(host);
  submission.received = clock.now();
  submission.waiting_since = submission.received.boot;
  EvidenceDraft draft = host.draft(submission.challenge);
  if (change) {
    change(draft);
  }
  submission.item = draft.seal();
  return submission;
}

Judgement SmallEngine::judge(Submission submission) {
  const std::optional<Host> host = hosts.find(submission.host->uid);
  const auto state = host ? host->state : std::make_shared<const HostState>();
  const std::shared_ptr<const PolicySet> in_force = policies->current();
  JudgeContext context{*in_force, state, server_key, keys, store, counters, extends};
  context.logs = logs;
  return quotemill::judge(std::move(submission), context);
}

std::vector<Reply> SmallEngine::commit(std::vector<Judgement> batch) {
  const std::size_t expected = replies_seen_ + batch.size();
  std::promise<void> done;
  committer.submit(
      std::move(batch), [&done] { done.set_value(); },
      [this](Submission submission) { return judge(std::move(submission)); });
  done.get_future().wait();
  const std::vector<Reply> all = replies.all();
  if (all.size() != expected) {
    std::cerr << "expected " << expected << " replies, there are " << all.size() << '\n';
    std::abort();
  }
  const std::vector<Reply> fresh(all.begin() + static_cast<std::ptrdiff_t>(replies_seen_),
                                 all.end());
  replies_seen_ = expected;
  return fresh;
}

Reply SmallEngine::commit(Judgement judgement) {
  std::vector<Judgement> batch;
  batch.push_back(std::move(judgement));
  return commit(std::move(batch)).front();
}

Reply SmallEngine::attest(const SoftwareHost& host, const ChangeDraft& change,
                          const ChangeSubmission& change_submission) {
  Submission first = submission(host, change);
  if (change_submission) {
    change_submission(first);
  }
  Submission second = first;
  Reply reply = commit(judge(std::move(first)));
  if (reply.kind != ReplyKind::kNeedLog) {
    return reply;
  }
  if (reply.need.boot_log) {
    second.boot_log = host.log();
  }
  if (reply.need.runtime_from) {
    second.runtime_from = reply.need.runtime_from;
    const Bytes list = host.runtime_list();
    second.runtime_list =
        to_bytes(ByteView(list).subspan(std::min<std::size_t>(*second.runtime_from, list.size())));
  }
  return commit(judge(std::move(second)));
}

void SmallEngine::settle() {
  // Time is looked at behind each task: when the second is done, it was behind the first.
  for (int i = 0; i < 2; ++i) {
    (void)committer.change(
        [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; });
  }
}

std::vector<FindingCode> SmallEngine::blame(const SoftwareHost& host) const {
  return codes(at_least(Severity::kWarning, state(host).verdict.findings));
}

}  // namespace quotemill::testing
