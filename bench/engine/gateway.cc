#include "bench/engine/gateway.h"

#include <algorithm>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/workload/engine.h"
#include "storage/memory_store.h"
#include "transport/wire/carry.h"
#include "transport/wire/limits.h"
#include "transport/wire/message.h"

namespace quotemill::bench {
namespace {

using transport::CarriedFrame;
using transport::Message;
using transport::Role;

constexpr std::size_t kHosts = limits::kCarriedItemsMax;

// What the server knows of a host beside the frame that comes.
struct Known {
  Submission submission;  // but for its item
  std::shared_ptr<const HostState> state;
};

struct Carried {
  Bytes message;
  std::vector<Known> hosts;
};

// Machines sixteen by sixteen, each in its steady state, and the messages that bring their quotes.
std::vector<Carried> carry(Engine& engine, const std::vector<Machine>& machines) {
  engine.enrol(machines);
  engine.prove(first_evidence(machines));
  std::vector<Carried> all;
  for (std::size_t first = 0; first + kHosts <= machines.size(); first += kHosts) {
    Carried carried;
    std::vector<Bytes> frames;
    std::vector<CarriedFrame> items;
    for (std::size_t i = first; i < first + kHosts; ++i) {
      Submission submission = machines[i].unchanged_evidence();
      transport::EvidenceMessage evidence{{std::exchange(submission.item, {})}};
      frames.push_back(transport::encode_message({Role::kHost, i, std::move(evidence)}));
      submission.carried = true;
      carried.hosts.push_back({std::move(submission), engine.state_of(machines[i])});
    }
    for (std::size_t i = 0; i < kHosts; ++i) {
      items.push_back({carried.hosts[i].submission.host->curve_key, frames[i]});
    }
    carried.message = seal_carry(Role::kGateway, items);
    all.push_back(std::move(carried));
  }
  return all;
}

// One message to its answer. False unless every host of it is trusted.
[[gnu::noinline]] bool serve(Judge& judge, const Carried& carried, ByteView receipt) {
  const auto items = open_carry(carried.message, Role::kGateway);
  if (!items || items->size() != kHosts) {
    return false;
  }
  std::vector<Bytes> answers;
  std::vector<CarriedFrame> answered;
  answers.reserve(kHosts);
  for (std::size_t i = 0; i < kHosts; ++i) {
    Result<Message> message = transport::decode_message((*items)[i].frame);
    auto* evidence = message ? std::get_if<transport::EvidenceMessage>(&message->body) : nullptr;
    if (evidence == nullptr || evidence->items.size() != 1) {
      return false;
    }
    Submission submission = carried.hosts[i].submission;
    submission.item = std::move(evidence->items.front());
    const Judgement judgement = judge.judge(std::move(submission), carried.hosts[i].state);
    if (judgement.kind != JudgementKind::kVerdict ||
        judgement.verdict.state != TrustState::kTrusted) {
      return false;
    }
    answers.push_back(transport::encode_reply(message->correlation,
                                              transport::ReceiptMessage{to_bytes(receipt)}));
    answered.push_back({(*items)[i].host, answers.back()});
  }
  const Bytes answer = seal_carry(Role::kServer, answered);
  benchmark::DoNotOptimize(answer.data());
  return true;
}

void gateway(benchmark::State& state, const Settings& settings) {
  const BootImage& image = settings.images.front();
  storage::MemoryStore store;
  Engine engine(store, store, image);
  const unsigned machines = std::max<unsigned>(settings.machines, kHosts);
  const std::vector<Carried> all = carry(engine, boot_machines(KeyKind::kRsa, image, machines));
  Judge judge(engine.knowledge());
  const Bytes receipt = engine.state_of(boot_machines(KeyKind::kRsa, image, 1).front())->receipt;
  std::size_t next = 0;
  while (state.KeepRunningBatch(kHosts)) {
    if (!serve(judge, all[next++ % all.size()], receipt)) {
      state.SkipWithError("an honest host behind a gateway is not trusted");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_gateway(const Settings& settings) {
  benchmark::RegisterBenchmark("engine/gateway/16", gateway, settings);
}

}  // namespace quotemill::bench
