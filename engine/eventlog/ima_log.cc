#include "engine/eventlog/ima_log.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

std::optional<HashAlgorithm> algorithm_of_size(std::size_t size) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                        HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    if (digest_size(algorithm) == size) {
      return algorithm;
    }
  }
  return std::nullopt;
}

// What an entry extends `bank` with; nullopt if the form does not apply to it.
std::optional<Digest> extended_digest(const ImaEntry& entry, HashAlgorithm bank,
                                      ImaDigestForm form) {
  Digest digest(bank);
  if (entry.is_violation()) {
    std::fill(digest.writable().begin(), digest.writable().end(), std::uint8_t{0xFF});
    return digest;
  }
  switch (form) {
    case ImaDigestForm::kListed:
      return Digest::from(bank, entry.template_hash);
    case ImaDigestForm::kHashed:
      return entry.template_data.empty() ? std::nullopt
                                         : std::optional(hash(bank, entry.template_data));
    case ImaDigestForm::kPadded:
      if (entry.template_hash.size() > digest_size(bank)) {
        return std::nullopt;
      }
      std::copy(entry.template_hash.begin(), entry.template_hash.end(), digest.writable().begin());
      return digest;
  }
  return std::nullopt;
}

std::optional<ImaMatch> match_in_form(const ImaLog& log, const Digest& quoted, ImaDigestForm form) {
  std::optional<ImaMatch> longest;
  Digest pcr(quoted.algorithm());
  if (pcr == quoted) {
    longest = ImaMatch{0, form};
  }
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    const ImaEntry& entry = log.entries[i];
    if (entry.pcr == kImaPcr) {
      const std::optional<Digest> digest = extended_digest(entry, quoted.algorithm(), form);
      if (!digest.has_value()) {
        return longest;
      }
      extend(pcr, digest->view());
    }
    if (pcr == quoted) {
      longest = ImaMatch{i + 1, form};
    }
  }
  return longest;
}

}  // namespace

bool ImaEntry::is_violation() const {
  return std::all_of(template_hash.begin(), template_hash.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool ImaEntry::data_holds() const {
  const std::optional<HashAlgorithm> algorithm = algorithm_of_size(template_hash.size());
  return algorithm.has_value() && equal(hash(*algorithm, template_data).view(), template_hash);
}

std::string_view name_of(ImaDigestForm form) {
  switch (form) {
    case ImaDigestForm::kListed:
      return "listed";
    case ImaDigestForm::kHashed:
      return "hashed";
    case ImaDigestForm::kPadded:
      return "padded";
  }
  return "unknown";
}

std::optional<ImaMatch> match_ima_log(const ImaLog& log, const Digest& quoted) {
  assert(can_hash(quoted.algorithm()));
  std::optional<ImaMatch> longest;
  for (const ImaDigestForm form :
       {ImaDigestForm::kListed, ImaDigestForm::kHashed, ImaDigestForm::kPadded}) {
    const std::optional<ImaMatch> match = match_in_form(log, quoted, form);
    if (match.has_value() && (!longest.has_value() || match->entries > longest->entries)) {
      longest = match;
    }
  }
  return longest;
}

}  // namespace quotemill
