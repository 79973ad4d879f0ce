#include "bench/workload/engine.h"

#include <future>
#include <utility>

#include "engine/eventlog/boot_log.h"

namespace quotemill::bench {
namespace {

std::shared_ptr<const Baseline> baseline_of(ByteView log) {
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "golden";
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

}  // namespace

Engine::Engine(VerdictLog& verdicts, const History& read, ByteView golden_log)
    : snapshots(default_policy(), {baseline_of(golden_log)}),
      server_key(SigningHost(KeyKind::kEcP256, 0).server_key),
      history(read),
      committer({verdicts, hosts, replies, changes_, clock_, nonces_, snapshots, counters},
                CommitterStart{"bench", 0, {}, {}, 42}) {
  committer.start();
}

Engine::~Engine() {
  committer.stop();
}

void Engine::enrol(const Machine& machine) {
  const HostRecord record = machine.host().record();
  const auto done = committer.change([&record](const RegistryView&) -> Result<IdentityUpdate> {
    IdentityUpdate update;
    update.record = record;
    update.reset_state = true;
    return update;
  });
  static_cast<void>(done);  // a host that is not enrolled has no trusted verdict: the proof fails
}

std::shared_ptr<const HostState> Engine::state_of(const Machine& machine) const {
  const std::optional<Host> host = hosts.find(machine.host().record().uid);
  return host ? host->state : std::make_shared<const HostState>();
}

Judgement Engine::judge(Submission submission, std::shared_ptr<const HostState> state) {
  return quotemill::judge(std::move(submission), {snapshots.current(), std::move(state), server_key,
                                                  keys, history, counters});
}

void Engine::commit(std::vector<Judgement> batch) {
  std::promise<void> done;
  committer.submit(std::move(batch), [&done] { done.set_value(); });
  done.get_future().wait();
}

}  // namespace quotemill::bench
