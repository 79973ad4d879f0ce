#include "engine/eventlog/ima_log.h"

#include <algorithm>
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

// Replays the list and hands each value to `visit` with the number of entries that
// gave it. False if the form does not apply to an entry: the values end there.
template <class Visit>
bool fold(const ImaLog& log, HashAlgorithm bank, ImaDigestForm form, Visit visit) {
  ImaReplay replay(bank, form);
  visit(replay.value(), std::size_t{0});
  for (std::size_t i = 0; i < log.entries.size(); ++i) {
    if (!replay.add(log.entries[i])) {
      return false;
    }
    visit(replay.value(), i + 1);
  }
  return true;
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

ImaReplay::ImaReplay(HashAlgorithm bank, ImaDigestForm form) : value_(bank), form_(form) {
  assert(can_hash(bank));
}

bool ImaReplay::add(const ImaEntry& entry) {
  if (entry.pcr != kImaPcr) {
    return true;
  }
  const std::optional<Digest> digest = extended_digest(entry, value_.algorithm(), form_);
  if (digest.has_value()) {
    extend(value_, digest->view());
  }
  return digest.has_value();
}

std::optional<Digest> replay_ima_log(const ImaLog& log, HashAlgorithm bank) {
  for (const ImaDigestForm form : kImaDigestForms) {
    Digest last(bank);
    if (fold(log, bank, form, [&](const Digest& pcr, std::size_t) { last = pcr; })) {
      return last;
    }
  }
  return std::nullopt;
}

std::optional<ImaMatch> match_ima_log(const ImaLog& log, const Digest& quoted) {
  std::optional<ImaMatch> longest;
  for (const ImaDigestForm form : kImaDigestForms) {
    fold(log, quoted.algorithm(), form, [&](const Digest& pcr, std::size_t entries) {
      if (pcr == quoted && (!longest.has_value() || entries > longest->entries)) {
        longest = ImaMatch{entries, form};
      }
    });
  }
  return longest;
}

}  // namespace quotemill
