#include <array>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "bench/micro/floors.h"
#include "bench/micro/sha256.h"
#include "bench/workload/ima_list.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kEntries = 1'000;

// PCR 10, and room behind it for what it is extended with.
using Register = std::array<std::uint8_t, 2 * kSha256Size>;

void extend_all(const std::vector<Bytes>& entries, Register& pcr) {
  pcr.fill(0);
  for (const Bytes& entry : entries) {
    sha256(entry, pcr.data() + kSha256Size);
    sha256(pcr, pcr.data());
  }
}

// The same by OpenSSL's one-shot function.
Bytes plain_pcr(const std::vector<Bytes>& entries) {
  Register pcr{};
  for (const Bytes& entry : entries) {
    EVP_Digest(entry.data(), entry.size(), pcr.data() + kSha256Size, nullptr, EVP_sha256(),
               nullptr);
    const Register before = pcr;
    EVP_Digest(before.data(), before.size(), pcr.data(), nullptr, EVP_sha256(), nullptr);
  }
  return to_bytes(ByteView(pcr).first(kSha256Size));
}

std::vector<Bytes> usual_entries() {
  std::vector<Bytes> entries;
  for (std::size_t number = 0; number < kEntries; ++number) {
    entries.push_back(ima_template_data(number));
  }
  return entries;
}

void ima_entry(benchmark::State& state) {
  const std::vector<Bytes> entries = usual_entries();
  Register pcr{};
  extend_all(entries, pcr);
  if (!equal(ByteView(pcr).first(kSha256Size), plain_pcr(entries))) {
    state.SkipWithError("PCR 10 is not that of EVP_Digest()");
    return;
  }
  while (state.KeepRunningBatch(kEntries)) {
    extend_all(entries, pcr);
    benchmark::DoNotOptimize(pcr);
  }
  state.SetItemsProcessed(state.iterations());
}

void ima_entry_one_shot(benchmark::State& state) {
  const std::vector<Bytes> entries = usual_entries();
  while (state.KeepRunningBatch(kEntries)) {
    benchmark::DoNotOptimize(plain_pcr(entries));
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_ima_floor() {
  benchmark::RegisterBenchmark("floor/ima_entry", ima_entry);
  benchmark::RegisterBenchmark("floor/ima_entry_one_shot", ima_entry_one_shot);
}

}  // namespace quotemill::bench
