#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/rsa.h>

#include "bench/fleet/signing_key.h"
#include "bench/micro/floors.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/pkcs1_checker.h"

namespace quotemill::bench {
namespace {

struct Scheme {
  const char* name;
  KeyKind kind;
  HashAlgorithm hash;
  const EVP_MD* (*message_digest)();
};

constexpr std::array<Scheme, 3> kSchemes = {{
    {"rsa2048", KeyKind::kRsa, HashAlgorithm::kSha256, EVP_sha256},
    {"ecdsa_p256", KeyKind::kEcP256, HashAlgorithm::kSha256, EVP_sha256},
    {"ecdsa_p384", KeyKind::kEcP384, HashAlgorithm::kSha384, EVP_sha384},
}};

// One key's signature over one message, and the context that checks it, initialised once.
class Check {
 public:
  Check(const Scheme& scheme, unsigned number)
      : key_(cached_key(scheme.kind, number)),
        message_(Bytes(160, static_cast<std::uint8_t>(number))),
        digest_(hash(scheme.hash, message_)),
        context_(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.handle(), nullptr)) {
    const bool is_rsa = scheme.kind == KeyKind::kRsa;
    is_ready_ = sign(scheme) && EVP_PKEY_verify_init(context_.get()) == 1 &&
                (!is_rsa || EVP_PKEY_CTX_set_rsa_padding(context_.get(), RSA_PKCS1_PADDING) == 1) &&
                EVP_PKEY_CTX_set_signature_md(context_.get(), scheme.message_digest()) == 1;
  }

  // Against OpenSSL's one-shot function over the message; and that one wrong bit is refused.
  [[nodiscard]] bool is_right(const Scheme& scheme) {
    const EvpMdCtx plain(EVP_MD_CTX_new());
    const bool holds = EVP_DigestVerifyInit(plain.get(), nullptr, scheme.message_digest(), nullptr,
                                            key_.handle()) == 1 &&
                       EVP_DigestVerify(plain.get(), signature_.data(), signature_.size(),
                                        message_.data(), message_.size()) == 1;
    digest_.writable().front() ^= 1;
    const bool refused = !run();
    digest_.writable().front() ^= 1;
    return is_ready_ && holds && refused && run();
  }

  [[nodiscard]] PublicKey key() const { return key_.public_key(); }

  [[nodiscard]] const Digest& digest() const { return digest_; }

  [[nodiscard]] ByteView signature() const { return signature_; }

  bool run() {
    return EVP_PKEY_verify(context_.get(), signature_.data(), signature_.size(),
                           digest_.view().data(), digest_.view().size()) == 1;
  }

 private:
  bool sign(const Scheme& scheme) {
    const EvpMdCtx context(EVP_MD_CTX_new());
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.handle()));
    signature_.resize(size);
    const bool is_signed = EVP_DigestSignInit(context.get(), nullptr, scheme.message_digest(),
                                              nullptr, key_.handle()) == 1 &&
                           EVP_DigestSign(context.get(), signature_.data(), &size, message_.data(),
                                          message_.size()) == 1;
    signature_.resize(size);
    return is_signed;
  }

  SigningKey key_;
  Bytes message_;
  Digest digest_;
  Bytes signature_;
  EvpPkeyCtx context_;
  bool is_ready_ = false;
};

// One after another; `run`: (Each&), whether the signature holds.
template <class Each, class Run>
void go_through(benchmark::State& state, std::vector<Each>& checks, const Run& run) {
  bool holds = true;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(checks.size()))) {
    for (Each& check : checks) {
      holds = run(check) && holds;
    }
  }
  if (!holds) {
    state.SkipWithError("a good signature was refused");
  }
  state.SetItemsProcessed(state.iterations());
}

// Empty, and the error told, if any is judged otherwise than by the reference.
std::vector<Check> proven_checks(benchmark::State& state, const Settings& settings,
                                 const Scheme& scheme) {
  std::vector<Check> checks;
  for (unsigned number = 0; number < settings.machines; ++number) {
    checks.emplace_back(scheme, number);
  }
  if (!std::all_of(checks.begin(), checks.end(),
                   [&scheme](Check& check) { return check.is_right(scheme); })) {
    state.SkipWithError("a signature is judged otherwise than by EVP_DigestVerify()");
    return {};
  }
  return checks;
}

void verify(benchmark::State& state, const Settings& settings, const Scheme& scheme) {
  std::vector<Check> checks = proven_checks(state, settings, scheme);
  if (!checks.empty()) {
    go_through(state, checks, [](Check& check) { return check.run(); });
  }
}

// A check by the engine's own primitive.
struct DirectCheck {
  std::unique_ptr<Pkcs1Checker> checker;
  ByteView signature;
  Digest digest;
};

void verify_below_evp(benchmark::State& state, const Settings& settings) {
  const std::vector<Check> checks = proven_checks(state, settings, kSchemes.front());
  std::vector<DirectCheck> direct;
  for (const Check& check : checks) {
    direct.push_back({Pkcs1Checker::create(check.key()), check.signature(), check.digest()});
  }
  if (!direct.empty()) {
    Pkcs1Scratch scratch;
    go_through(state, direct, [&scratch](DirectCheck& check) {
      return check.checker && check.checker->holds(check.signature, check.digest, &scratch);
    });
  }
}

}  // namespace

void register_signature_floors(const Settings& settings) {
  for (const Scheme& scheme : kSchemes) {
    benchmark::RegisterBenchmark((std::string("floor/") + scheme.name + "_verify").c_str(), verify,
                                 settings, scheme);
  }
  benchmark::RegisterBenchmark("floor/rsa2048_verify_below_evp", verify_below_evp, settings);
}

}  // namespace quotemill::bench
