// Checks a proof bundle (deploy/quotemilld/proof_bundle.h): everything in it that can be proven
// from itself, with the engine's own checks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace quotemill::offline {

inline constexpr std::size_t kBundleSizeMax =
    512UL * 1024 * 1024;  // logs and reference files, in hexadecimal

enum class BundleOutcome {
  kProven,
  kNotProven,  // it says something else than what it shows
  kUnknown,    // nothing in it can tell
};

struct BundleStep {
  std::string what;  // "quote", "secrets", "log", "policy", "verdict", "state", "audit"
  BundleOutcome outcome = BundleOutcome::kUnknown;
  std::string detail;  // printable
};

struct BundleReport {
  std::string host;
  std::string state;
  std::string time;
  std::vector<BundleStep> steps;
  // What no file can prove: what rests on the word of the engine that made it.
  std::vector<std::string> on_trust;

  // kProven if quote, log, policy, verdict and state are; kNotProven if anything is disproven. What
  // was left out of a bundle makes it kUnknown: else whoever deletes the proof deletes the doubt.
  [[nodiscard]] BundleOutcome outcome() const;

  [[nodiscard]] bool is_proven() const { return outcome() == BundleOutcome::kProven; }
};

// kMalformed if it is no bundle, with the JSON pointer of what is missing; kUnsupported for a newer
// format. Pure.
Result<BundleReport> check_bundle(std::string_view file);

}  // namespace quotemill::offline
