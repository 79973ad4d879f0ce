#include "bench/engine/keys.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fleet/signing_key.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/pkcs1_checker.h"

namespace quotemill::bench {
namespace {

// A key as it is kept, and a signature of it.
struct KeptKey {
  PublicKey key;
  Bytes tpmt_public;
  Digest digest;
  Signature signature;
};

KeptKey kept_key(unsigned number) {
  const SigningKey key = cached_key(KeyKind::kRsa, number);
  const Digest digest = hash(HashAlgorithm::kSha256, Bytes(160, static_cast<std::uint8_t>(number)));
  return {key.public_key(), good_attestation_key(key.public_key()).encoded, digest,
          key.sign(SignatureScheme::kRsassa, digest)};
}

std::unique_ptr<Pkcs1Checker> checker_of(ByteView tpmt_public) {
  const Result<PublicArea> area = decode_tpmt_public(tpmt_public);
  return area ? Pkcs1Checker::create(area->key) : nullptr;
}

// Against OpenSSL's own reading of the key: its numbers, and its answers to a signature that is
// right, and to one that is not.
bool is_right(const KeptKey& kept) {
  const Result<PublicArea> area = decode_tpmt_public(kept.tpmt_public);
  const auto checker = checker_of(kept.tpmt_public);
  if (!area || !checker || !area->key.same_as(kept.key)) {
    return false;
  }
  Signature wrong = kept.signature;
  wrong.first.back() ^= 1U;
  const auto agree = [&](const Signature& signature, bool holds) {
    return signature_holds(kept.key, signature.view(), kept.digest) == holds &&
           checker->holds(signature.first, kept.digest) == holds;
  };
  return agree(kept.signature, true) && agree(wrong, false);
}

void ready_to_check(benchmark::State& state, const Settings& settings) {
  std::vector<KeptKey> keys;
  for (unsigned number = 0; number < settings.machines; ++number) {
    keys.push_back(kept_key(number));
  }
  if (!std::all_of(keys.begin(), keys.end(), is_right)) {
    state.SkipWithError("a key is read otherwise than by OpenSSL");
    return;
  }
  bool is_ready = true;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(keys.size()))) {
    for (const KeptKey& kept : keys) {
      is_ready = checker_of(kept.tpmt_public) != nullptr && is_ready;
    }
  }
  if (!is_ready) {
    state.SkipWithError("a good key was refused");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_keys(const Settings& settings) {
  benchmark::RegisterBenchmark("engine/key/rsa2048", ready_to_check, settings);
}

}  // namespace quotemill::bench
