#include "bench/engine/ima_lists.h"

#include <array>
#include <string>

#include <benchmark/benchmark.h>

#include "bench/workload/ima_list.h"
#include "engine/appraise/appraise_ima.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_progress.h"

namespace quotemill::bench {
namespace {

constexpr HashAlgorithm kBank = HashAlgorithm::kSha256;

ImaReferences references_of(std::size_t count) {
  ImaReferencesBuilder builder;
  for (std::size_t number = 0; number < count; ++number) {
    static_cast<void>(builder.add(ima_path(number), ima_file(number), "libexample 1.0"));
  }
  return builder.build();
}

// PCR 10 without the engine's reader.
Digest plain_pcr10(std::size_t count) {
  Digest pcr(kBank);
  for (std::size_t number = 0; number < count; ++number) {
    extend(pcr, hash(kBank, ima_template_data(number)).view());
  }
  return pcr;
}

std::size_t read_all(ByteView list) {
  ImaReader reader(list);
  std::size_t named = 0;
  while (const ImaEntry* entry = reader.next()) {
    const auto fields = fields_of(*entry);
    named += fields.has_value() && !fields->name.empty() ? 1U : 0U;
  }
  return named;
}

// The form is settled: a quote has come before.
ImaBankProgress replay_all(ByteView list) {
  ImaReader reader(list);
  ImaBankProgress progress(kBank);
  progress.settle(ImaDigestForm::kHashed);
  while (const ImaEntry* entry = reader.next()) {
    progress.add(*entry);
  }
  return progress;
}

struct Judged {
  ImaBankProgress progress{kBank};
  std::size_t referenced = 0;
};

Judged judge_all(ByteView list, const ImaRules& rules) {
  ImaReader reader(list);
  Judged judged;
  judged.progress.settle(ImaDigestForm::kHashed);
  while (const ImaEntry* entry = reader.next()) {
    judged.progress.add(*entry);
    judged.referenced +=
        appraise_ima_entry(rules, *entry).outcome == ImaOutcome::kReferenced ? 1U : 0U;
  }
  return judged;
}

// `run` takes the list and says whether its result is right.
template <class Run>
void measure(benchmark::State& state, Run run) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const Bytes list = ima_list(count);
  if (!run(list)) {
    state.SkipWithError("the list is not what it was made of");
    return;
  }
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(count))) {
    benchmark::DoNotOptimize(run(list));
  }
  state.SetItemsProcessed(state.iterations());
}

void ima_read(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  measure(state, [count](ByteView list) { return read_all(list) == count; });
}

void ima_replay(benchmark::State& state) {
  const Digest expected = plain_pcr10(static_cast<std::size_t>(state.range(0)));
  measure(state, [&expected](ByteView list) {
    return replay_all(list).form_of(expected) == ImaDigestForm::kHashed;
  });
}

void ima_judge(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const Digest expected = plain_pcr10(count);
  const ImaReferences references = references_of(count);
  const ImaRules rules{.references = &references, .data_check = ImaDataCheck::kByQuote};
  measure(state, [&](ByteView list) {
    const Judged judged = judge_all(list, rules);
    return judged.referenced == count && judged.progress.form_of(expected).has_value();
  });
}

}  // namespace

void register_ima_lists() {
  for (const std::int64_t entries : {10'000, 100'000}) {
    benchmark::RegisterBenchmark("engine/ima_read", ima_read)->Arg(entries);
    benchmark::RegisterBenchmark("engine/ima_replay", ima_replay)->Arg(entries);
    benchmark::RegisterBenchmark("engine/ima_judge", ima_judge)->Arg(entries);
  }
  for (const std::int64_t entries : {100, 1'000, 10'000, 100'000, 1'000'000}) {
    benchmark::RegisterBenchmark("growth/ima_entries", ima_judge)->Arg(entries);
  }
}

}  // namespace quotemill::bench
