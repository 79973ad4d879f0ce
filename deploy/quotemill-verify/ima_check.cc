#include "deploy/quotemill-verify/ima_check.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/crypto/hash.h"

namespace quotemill::offline {
namespace {

constexpr std::size_t kNamesMax = 64;  // of templates; hostile lists can have as many as entries
constexpr std::size_t kKeysMax = 1'000;
constexpr std::string_view kOtherTemplates = "others";

class ListCheck {
 public:
  explicit ListCheck(const ImaInputs& inputs) : inputs_(inputs), rules_(inputs.rules) {
    for (const PcrBank& bank : inputs.pcrs) {
      if (bank.has(kImaPcr) && can_hash(bank.algorithm())) {
        quoted_.push_back(bank.at(kImaPcr));
      }
    }
    matches_.resize(quoted_.size());
  }

  ImaListReport run() && {
    ImaReader reader(inputs_.list);
    report_.ascii = reader.is_ascii();
    report_.template_hash_size = reader.template_hash_size();
    note_matches();
    while (const ImaEntry* entry = reader.next()) {
      if (report_.entries.empty()) {
        read_boot_aggregate(*entry);
      }
      add(*entry);
    }
    if (reader.broken().has_value()) {
      add({.code = FindingCode::kImaMalformed,
           .event = static_cast<std::uint32_t>(report_.entries.size()),
           .subject = reader.broken()->to_string()});
    }
    conclude();
    return std::move(report_);
  }

 private:
  void add(Finding finding) {
    report_.worst = std::max(report_.worst, finding.severity);
    if (report_.findings.size() < limits::kImaFindingsMax) {
      report_.findings.push_back(std::move(finding));
    } else {
      ++report_.findings_omitted;
    }
  }

  // The list's first entry, if it is what the kernel puts there.
  void read_boot_aggregate(const ImaEntry& entry) {
    report_.boot_aggregate = boot_aggregate_of(entry);
    rules_.boot_aggregate = report_.boot_aggregate;
  }

  void add(const ImaEntry& entry) {
    const std::size_t number = report_.entries.size();
    const ImaJudgement judgement = appraise_ima_entry(rules_, entry);
    for (const ImaRemark& remark : judgement.remarks()) {
      const bool keep = report_.findings.size() < limits::kImaFindingsMax;
      add(keep ? finding_of(remark, judgement, entry, number)
               : Finding{.code = remark.code, .severity = remark.severity});
    }
    report_.entries.push_back({.outcome = judgement.outcome,
                               .proof = judgement.proof,
                               .signature = judgement.signature.state,
                               .signer = judgement.signature.signer,
                               .package = judgement.reference.package});
    count(entry, judgement);
    replay(entry);
    note_matches();
  }

  void count(const ImaEntry& entry, const ImaJudgement& judgement) {
    ++report_.outcomes[judgement.outcome];
    if (entry.template_name != last_template_ || template_count_ == nullptr) {
      std::string name = escaped(entry.template_name);
      if (report_.templates.size() >= kNamesMax && report_.templates.count(name) == 0) {
        name = kOtherTemplates;
      }
      last_template_ = entry.template_name;
      template_count_ = &report_.templates[name];
    }
    ++*template_count_;
    if (judgement.signature.signer != nullptr) {
      ++report_.signers[judgement.signature.signer];
    }
    if (judgement.key.has_value() && report_.keys.size() < kKeysMax) {
      const bool known = std::any_of(
          report_.keys.begin(), report_.keys.end(),
          [&](const Certificate& key) { return equal(key.der(), judgement.key->der()); });
      if (!known) {
        report_.keys.push_back(*judgement.key);
      }
    }
  }

  void replay(const ImaEntry& entry) {
    std::vector<ImaBankProgress>& banks = report_.replayed[entry.pcr];
    if (banks.empty()) {
      for (const HashAlgorithm bank : kImaBanks) {
        banks.emplace_back(bank, entry.pcr);
      }
    }
    for (ImaBankProgress& bank : banks) {
      bank.add(entry);
    }
  }

  // Remembers the longest beginning that gives each quoted value.
  void note_matches() {
    for (std::size_t i = 0; i < quoted_.size(); ++i) {
      if (report_.replayed.count(kImaPcr) == 0) {
        if (quoted_[i].is_filled_with(0)) {
          matches_[i] = report_.entries.size();
        }
        continue;
      }
      for (const ImaBankProgress& bank : report_.replayed[kImaPcr]) {
        if (bank.algorithm() != quoted_[i].algorithm()) {
          continue;
        }
        if (const auto form = bank.form_of(quoted_[i])) {
          matches_[i] = report_.entries.size();
          report_.forms.insert_or_assign(bank.algorithm(), *form);
        }
      }
    }
  }

  void conclude() {
    check_pcr();
    check_aggregate();
    const auto note = [this](bool missing, const char* word) {
      if (missing) {
        report_.unchecked.emplace_back(word);
      }
    };
    note(quoted_.empty(), "pcr10");
    note(report_.proven_entries.value_or(report_.entries.size()) < report_.entries.size(),
         "ima_tail");
    note(report_.boot_aggregate_check.state == BootAggregateState::kNoValues, "boot_aggregate");
    note(inputs_.rules.references == nullptr, "references");
    note(inputs_.rules.keyring == nullptr, "signatures");
  }

  void check_pcr() {
    for (std::size_t i = 0; i < quoted_.size(); ++i) {
      if (matches_[i].has_value()) {
        continue;
      }
      Finding finding{.code = FindingCode::kImaMismatch, .pcr = kImaPcr, .expected = quoted_[i]};
      const auto banks = report_.replayed.find(kImaPcr);
      if (banks != report_.replayed.end()) {
        for (const ImaBankProgress& bank : banks->second) {
          const auto form = report_.shown_form(bank);
          if (bank.algorithm() == quoted_[i].algorithm() && form.has_value()) {
            finding.digest = bank.value(*form);
          }
        }
      }
      add(std::move(finding));
    }
    if (!quoted_.empty()) {
      const auto least = std::min_element(
          matches_.begin(), matches_.end(),
          [](const auto& left, const auto& right) { return left.value_or(0) < right.value_or(0); });
      report_.proven_entries = least->value_or(0);
    }
  }

  void check_aggregate() {
    if (!report_.boot_aggregate.has_value()) {
      if (!report_.entries.empty()) {
        add({.code = FindingCode::kImaBootAggregateAbsent,
             .severity = Severity::kWarning,
             .event = 0});
      }
      return;
    }
    BootAggregateCheck& check = report_.boot_aggregate_check;
    check = check_boot_aggregate(*report_.boot_aggregate, inputs_.pcrs);
    if (check.state == BootAggregateState::kNoValues) {
      check = check_boot_aggregate(*report_.boot_aggregate, inputs_.boot_pcrs);
    }
    const bool given = !inputs_.pcrs.empty() || !inputs_.boot_pcrs.empty();
    if (check.state == BootAggregateState::kDiffers ||
        (check.state == BootAggregateState::kNoTpm && given)) {
      add({.code = FindingCode::kImaBootAggregate,
           .pcr = kImaPcr,
           .event = 0,
           .digest = report_.boot_aggregate,
           .expected = check.expected});
    }
  }

  const ImaInputs& inputs_;
  ImaRules rules_;
  std::vector<Digest> quoted_;                       // PCR 10 of each given bank
  std::vector<std::optional<std::size_t>> matches_;  // for each of them
  std::string_view last_template_;
  std::size_t* template_count_ = nullptr;
  ImaListReport report_;
};

}  // namespace

std::optional<ImaDigestForm> ImaListReport::shown_form(const ImaBankProgress& progress) const {
  const auto proven = forms.find(progress.algorithm());
  if (proven != forms.end() && progress.value(proven->second).has_value()) {
    return proven->second;
  }
  for (const ImaDigestForm form : kImaDigestForms) {
    if (progress.value(form).has_value()) {
      return form;
    }
  }
  return std::nullopt;
}

ImaListReport check_ima_list(const ImaInputs& inputs) {
  return ListCheck(inputs).run();
}

}  // namespace quotemill::offline
