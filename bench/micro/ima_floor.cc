#include <array>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "bench/micro/floors.h"
#include "bench/micro/sha256.h"
#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_log.h"

namespace quotemill::bench {
namespace {

constexpr std::size_t kEntries = 1'000;

// Template data of ima-ng: the digest of a file with its algorithm's name, and the file's path
// (Linux, Documentation/security/IMA-templates.rst).
Bytes template_data(std::size_t number) {
  const std::string path = "/usr/lib/x86_64-linux-gnu/libexample-" + std::to_string(number) + ".so";
  const Digest file = hash(HashAlgorithm::kSha256, as_bytes(path));
  const std::string_view algorithm("sha256:\0", 8);
  ByteWriter out;
  out.u32_le(static_cast<std::uint32_t>(algorithm.size() + file.view().size()));
  out.bytes(as_bytes(algorithm)).bytes(file.view());
  out.u32_le(static_cast<std::uint32_t>(path.size() + 1)).bytes(as_bytes(path)).u8(0);
  return out.take();
}

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

void ima_entry(benchmark::State& state) {
  std::vector<Bytes> entries;
  for (std::size_t number = 0; number < kEntries; ++number) {
    entries.push_back(template_data(number));
  }
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

}  // namespace

void register_ima_floor() {
  benchmark::RegisterBenchmark("floor/ima_entry", ima_entry);
}

}  // namespace quotemill::bench
