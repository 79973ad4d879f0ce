// Plan: what each simulated host does at each of its attestations, honest or not, and what the
// daemon must say to it. Drawn from the seed, so that every run with it is the same.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/fleet/signing_key.h"
#include "engine/base/result.h"
#include "engine/verdict/host_state.h"

namespace quotemill::bench {

enum class Action : std::uint8_t {
  kQuoteOnly,     // nothing changed
  kRestart,       // of its agent: it asks for a challenge, and nothing changed
  kReboot,        // a reset, and the same boot again
  kBadSignature,  // one bit of it is wrong
  kWrongNonce,
  kReplay,  // older evidence of its own first, and then an honest answer
  kWrongPcr,
  kTamperedLog,  // a reset, and the log of another boot
  kTruncated,    // half the evidence
  kWrongKey,     // another good AK
  // Honest evidence, and beside it what wears a server out:
  kFlood,       // the same evidence again and again, as fast as it goes
  kSlowReader,  // the same, and no answer is read for a while
  kStorm,       // connections that are opened and closed
};

inline constexpr std::size_t kActionCount = 13;

// As the options and the report write them: "quote-only", "bad_signature".
std::string_view name_of(Action action);

// Whether its evidence is that of a fresh boot.
constexpr bool is_reset(Action action) {
  return action == Action::kReboot || action == Action::kTamperedLog;
}

// Whether the host asks for a challenge before, instead of using the nonce that it has.
constexpr bool asks_first(Action action) {
  return is_reset(action) || action == Action::kRestart;
}

// Whether the evidence is sent many times.
constexpr bool is_burst(Action action) {
  return action == Action::kFlood || action == Action::kSlowReader;
}

// The verdict that an action leads to, and the finding that a failed one has.
struct Expected {
  TrustState state = TrustState::kTrusted;
  std::string_view code = {};
};

Expected expected_of(Action action);

class Plan {
 public:
  // `mix` and `faults` are "name=share,name=share": faults are shares of all attestations, the rest
  // is divided as `mix` says; an empty mix is quotes only. kConfig says what is wrong with them.
  static Result<Plan> parse(std::uint64_t seed, std::string_view mix, std::string_view faults);

  [[nodiscard]] Action action(std::uint32_t host, std::uint64_t sequence) const;

 private:
  explicit Plan(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t seed_;
  std::array<double, kActionCount> shares_{};  // sum: 1
};

// Which kind of key each host has.
class KeyMix {
 public:
  // "rsa2048:0.8,ecdsa_p256:0.2"; shares are divided by their sum.
  static Result<KeyMix> parse(std::uint64_t seed, std::string_view text);

  [[nodiscard]] KeyKind kind(std::uint32_t host) const;

 private:
  std::uint64_t seed_ = 0;
  double rsa_ = 1;
};

}  // namespace quotemill::bench
