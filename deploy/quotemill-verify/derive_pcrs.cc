#include "deploy/quotemill-verify/derive_pcrs.h"

#include <algorithm>

#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"

namespace quotemill::offline {
namespace {

Digest reset_value(HashAlgorithm bank, std::uint32_t pcr) {
  Digest value(bank);
  std::fill(value.writable().begin(), value.writable().end(), reset_byte(pcr));
  return value;
}

// PCR 10 of one bank, in each form that the kernel may have extended it with. Banks of one machine
// may differ: those whose hash the kernel lacks are padded.
struct ListedPcr {
  ListedPcr(std::size_t place, HashAlgorithm algorithm) : bank(place), progress(algorithm) {}

  // False if no form applies to the entry.
  bool add(const ImaEntry& entry) {
    progress.add(entry);
    values.clear();
    for (const ImaDigestForm form : kImaDigestForms) {
      const std::optional<Digest> value = progress.value(form);
      if (value.has_value() && std::find(values.begin(), values.end(), *value) == values.end()) {
        values.push_back(*value);
      }
    }
    return progress.is_possible();
  }

  std::size_t bank;  // its place in the selection
  ImaBankProgress progress;
  std::vector<Digest> values;  // in all forms, each once
};

class PcrSearch {
 public:
  PcrSearch(const Quote& quote, HashAlgorithm signing_hash, const PcrSources& sources)
      : quote_(quote), signing_hash_(signing_hash), sources_(sources) {
    for (const PcrSelection& selection : quote.selections) {
      add_bank(selection);
    }
  }

  DerivedPcrs run() && {
    DerivedPcrs derived;
    derived.found = fits() || fits_with_list();
    if (derived.found) {
      derived.banks = std::move(banks_);
    } else {
      explain();
      derived.findings = std::move(findings_);
    }
    return derived;
  }

 private:
  void add_bank(const PcrSelection& selection) {
    const HashAlgorithm algorithm = selection.bank;
    const PcrBank logged =
        is_logged(algorithm) ? replay(*sources_.boot_log, algorithm) : PcrBank(algorithm);
    PcrBank& bank = banks_.emplace_back(algorithm);
    PcrSelection& untold =
        untold_.emplace_back(PcrSelection{algorithm, selection.mask & ~logged.mask()});
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (selection.has(pcr)) {
        bank.set(pcr, logged.has(pcr) ? logged.at(pcr) : reset_value(algorithm, pcr));
      }
    }
    if (selection.has(kImaPcr) && sources_.ima_log != nullptr && can_hash(algorithm)) {
      untold.mask &= ~(1U << kImaPcr);
      listed_.emplace_back(banks_.size() - 1, algorithm);
    }
  }

  [[nodiscard]] bool is_logged(HashAlgorithm bank) const {
    return sources_.boot_log != nullptr && can_hash(bank) && sources_.boot_log->has_bank(bank);
  }

  [[nodiscard]] std::optional<Digest> digest() const {
    return pcr_digest(quote_.selections, banks_, signing_hash_);
  }

  [[nodiscard]] bool fits() const {
    const std::optional<Digest> ours = digest();
    return ours.has_value() && equal(ours->view(), quote_.pcr_digest);
  }

  bool fits_with_list() {
    if (listed_.empty()) {
      return false;
    }
    for (const ImaEntry& entry : sources_.ima_log->entries) {
      if (entry.pcr != kImaPcr) {
        continue;
      }
      for (ListedPcr& pcr10 : listed_) {
        if (!pcr10.add(entry)) {
          return false;
        }
      }
      if (any_choice_fits()) {
        return true;
      }
    }
    return false;
  }

  // Tries each combination of the banks' values, like the wheels of an odometer.
  bool any_choice_fits() {
    std::vector<std::size_t> choice(listed_.size(), 0);
    std::size_t wheel = 0;
    while (wheel < listed_.size()) {
      for (std::size_t i = 0; i < listed_.size(); ++i) {
        banks_[listed_[i].bank].set(kImaPcr, listed_[i].values[choice[i]]);
      }
      if (fits()) {
        return true;
      }
      for (wheel = 0; wheel < listed_.size(); ++wheel) {
        if (++choice[wheel] < listed_[wheel].values.size()) {
          break;
        }
        choice[wheel] = 0;
      }
    }
    return false;
  }

  Finding& add(FindingCode code, std::string subject) {
    return findings_.emplace_back(Finding{.code = code, .subject = std::move(subject)});
  }

  // Whatever no log tells may have been extended. Only if they tell all, one of them must differ.
  void explain() {
    for (const PcrSelection& untold : untold_) {
      name_untold(untold);
    }
    if (!findings_.empty()) {
      add(FindingCode::kQuotePcrValues,
          "a PCR that no log explains was extended, or a log is another boot's: --pcrs shows "
          "which");
      return;
    }
    if (sources_.boot_log != nullptr) {
      blame(FindingCode::kLogMismatch);
    }
    if (!listed_.empty()) {
      blame(FindingCode::kImaMismatch);
    }
  }

  void name_untold(const PcrSelection& untold) {
    const std::string bank(name_of(untold.bank));
    if (untold.mask != 0 && sources_.boot_log != nullptr && !is_logged(untold.bank)) {
      add(FindingCode::kLogBankMissing, bank);
      return;
    }
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (untold.has(pcr)) {
        add(FindingCode::kLogNoEvents, bank).pcr = pcr;
      }
    }
  }

  void blame(FindingCode code) {
    const bool both = sources_.boot_log != nullptr && !listed_.empty();
    Finding& finding = add(code, both ? "digest of all quoted PCRs, by both logs: one differs"
                                      : "digest of all quoted PCRs");
    finding.digest = digest();
    finding.expected = Digest::from(signing_hash_, quote_.pcr_digest);
  }

  const Quote& quote_;
  const HashAlgorithm signing_hash_;
  const PcrSources sources_;
  std::vector<PcrBank> banks_;        // one per selection
  std::vector<PcrSelection> untold_;  // the PCRs of each whose reset value is a guess
  std::vector<ListedPcr> listed_;     // PCR 10 of those banks that have it, if there is a list
  Findings findings_;
};

}  // namespace

std::uint8_t reset_byte(std::uint32_t pcr) {
  return pcr >= 17 && pcr <= 22 ? 0xFF : 0x00;
}

DerivedPcrs derive_pcrs(const Quote& quote, HashAlgorithm signing_hash, const PcrSources& sources) {
  return PcrSearch(quote, signing_hash, sources).run();
}

}  // namespace quotemill::offline
