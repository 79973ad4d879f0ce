#include "bench/simulator/plan.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <vector>

#include "engine/base/text.h"

namespace quotemill::bench {
namespace {

struct Row {
  Action action;
  std::string_view name;
  Expected expected;
};

constexpr TrustState kFailed = TrustState::kFailed;

constexpr std::array<Row, kActionCount> kRows = {{
    {Action::kQuoteOnly, "quote-only", {}},
    {Action::kRestart, "restart", {}},
    {Action::kReboot, "reboot", {}},
    {Action::kBadSignature, "bad_signature", {kFailed, "quote.signature"}},
    {Action::kWrongNonce, "wrong_nonce", {kFailed, "quote.nonce"}},
    {Action::kReplay, "replay", {}},
    {Action::kWrongPcr, "wrong_pcr", {kFailed, "log.mismatch"}},
    {Action::kTamperedLog, "tampered_log", {kFailed, "log.mismatch"}},
    {Action::kTruncated, "truncated", {kFailed, "evidence.malformed"}},
    {Action::kWrongKey, "wrong_key", {kFailed, "quote.signature"}},
    {Action::kFlood, "flood", {}},
    {Action::kSlowReader, "slow_reader", {}},
    {Action::kStorm, "storm", {}},
}};

constexpr std::size_t kFirstFault = static_cast<std::size_t>(Action::kBadSignature);

const Row& row_of(Action action) {
  return kRows.at(static_cast<std::size_t>(action));
}

// SplitMix64's finaliser: each bit of the result depends on all of `value`.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

// From 0 up to 1.
double drawn(std::uint64_t seed, std::uint64_t host, std::uint64_t number) {
  const std::uint64_t bits = mixed(mixed(mixed(seed) ^ host) ^ number);
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

Error wrong(const std::string& what) {
  return {ErrorCode::kConfig, "", 0, what};
}

using Take = std::function<Result<void>(std::string_view name, double share)>;

// Each "name<separator>share" of a list.
Result<void> parse_shares(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t at = item.find(separator);
    double share = -1;
    if (at != std::string_view::npos) {
      const char* const end = item.data() + item.size();
      const auto [stop, problem] = std::from_chars(item.data() + at + 1, end, share);
      share = problem == std::errc() && stop == end ? share : -1;
    }
    if (!std::isfinite(share) || share < 0 || share > 1) {
      return wrong("'" + escaped(item, 60) + "' is no name, '" + separator +
                   "' and a share from 0 to 1");
    }
    if (Result<void> taken = take(item.substr(0, at), share); !taken) {
      return taken;
    }
  }
  return {};
}

// Adds shares of the actions from `first` up to `end` to `shares`.
Result<void> parse_actions(std::string_view text, std::size_t first, std::size_t end,
                           std::array<double, kActionCount>& shares) {
  return parse_shares(text, '=', [&](std::string_view name, double share) -> Result<void> {
    std::string known;
    for (std::size_t i = first; i < end; ++i) {
      if (kRows.at(i).name == name) {
        shares.at(i) = share;
        return {};
      }
      known += (known.empty() ? "" : ", ") + std::string(kRows.at(i).name);
    }
    return wrong("'" + escaped(name, 40) + "' is none of " + known);
  });
}

double sum_of(const std::array<double, kActionCount>& shares) {
  double sum = 0;
  for (const double share : shares) {
    sum += share;
  }
  return sum;
}

}  // namespace

std::string_view name_of(Action action) {
  return row_of(action).name;
}

Expected expected_of(Action action) {
  return row_of(action).expected;
}

Result<Plan> Plan::parse(std::uint64_t seed, std::string_view mix, std::string_view faults) {
  std::array<double, kActionCount> honest{};
  std::array<double, kActionCount> faulty{};
  if (const Result<void> read = parse_actions(mix, 0, kFirstFault, honest); !read) {
    return read.error();
  }
  if (const Result<void> read = parse_actions(faults, kFirstFault, kActionCount, faulty); !read) {
    return read.error();
  }
  if (mix.empty()) {
    honest.front() = 1;
  }
  const double honest_sum = sum_of(honest);
  const double fault_sum = sum_of(faulty);
  if (honest_sum <= 0) {
    return wrong("the shares of the mix are all 0");
  }
  if (fault_sum > 1) {
    return wrong("the shares of the faults are more than 1 together");
  }
  Plan plan(seed);
  for (std::size_t i = 0; i < kActionCount; ++i) {
    plan.shares_.at(i) = faulty.at(i) + honest.at(i) / honest_sum * (1 - fault_sum);
  }
  return plan;
}

Action Plan::action(std::uint32_t host, std::uint64_t sequence) const {
  double rest = drawn(seed_, host, sequence);
  for (std::size_t i = kActionCount - 1; i > 0; --i) {
    if (rest < shares_.at(i)) {
      return static_cast<Action>(i);
    }
    rest -= shares_.at(i);
  }
  return Action::kQuoteOnly;
}

Result<KeyMix> KeyMix::parse(std::uint64_t seed, std::string_view text) {
  KeyMix mix;
  mix.seed_ = seed;
  double rsa = 0;
  double ecdsa = 0;
  const Result<void> read =
      parse_shares(text, ':', [&](std::string_view name, double share) -> Result<void> {
        if (name != "rsa2048" && name != "ecdsa_p256") {
          return wrong("'" + escaped(name, 40) + "' is none of rsa2048, ecdsa_p256");
        }
        (name == "rsa2048" ? rsa : ecdsa) = share;
        return {};
      });
  if (!read) {
    return read.error();
  }
  if (rsa + ecdsa <= 0) {
    return wrong("no kind of key has a share");
  }
  mix.rsa_ = rsa / (rsa + ecdsa);
  return mix;
}

KeyKind KeyMix::kind(std::uint32_t host) const {
  return drawn(seed_, host, 0) < rsa_ ? KeyKind::kRsa : KeyKind::kEcP256;
}

}  // namespace quotemill::bench
