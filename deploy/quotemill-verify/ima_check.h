// check_ima_list(): what one runtime list says, and what is to be said of it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/appraise/appraise_ima.h"
#include "engine/eventlog/boot_aggregate.h"
#include "engine/eventlog/ima_progress.h"
#include "engine/tpm/pcr.h"

namespace quotemill::offline {

// Banks in which lists are replayed.
inline constexpr std::array kImaBanks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                         HashAlgorithm::kSha384, HashAlgorithm::kSha512};

struct ImaInputs {
  ByteView list;
  ImaRules rules;
  std::vector<PcrBank> pcrs;       // values that are proven otherwise; empty: not given
  std::vector<PcrBank> boot_pcrs;  // what a boot log gives; empty: not given
};

// What is kept of an entry: its fields are read again from the list where they are shown.
struct ImaVerdict {
  ImaOutcome outcome = ImaOutcome::kUnreadable;
  ImaProof proof = ImaProof::kUnproven;
  ImaSignatureState signature = ImaSignatureState::kNone;
  const Certificate* signer = nullptr;
  std::string_view package;
};

struct ImaListReport {
  bool ascii = false;
  std::size_t template_hash_size = 0;
  std::vector<ImaVerdict> entries;
  // By PCR and bank (in the order of kImaBanks), in every form.
  std::map<std::uint32_t, std::vector<ImaBankProgress>> replayed;
  // How the kernel extended a bank, where the given PCR values show it.
  std::map<HashAlgorithm, ImaDigestForm> forms;
  std::optional<std::size_t> proven_entries;  // set if PCR 10 was given
  std::optional<Digest> boot_aggregate;       // of the first entry
  BootAggregateCheck boot_aggregate_check;
  std::map<std::string, std::size_t> templates;  // escaped; a bounded number of them
  std::map<ImaOutcome, std::size_t> outcomes;
  std::map<const Certificate*, std::size_t> signers;
  std::vector<Certificate> keys;  // loaded into kernel keyrings, each once; a bounded number
  Findings findings;              // at most limits::kImaFindingsMax
  std::size_t findings_omitted = 0;
  Severity worst = Severity::kInfo;    // of all findings, those left out as well
  std::vector<std::string> unchecked;  // words of the report

  // The form in which a bank's values are shown: that which the given PCR values prove, else the
  // first that applies to every entry: the listed hash in its own bank, the hash of the data in
  // others (kernels since 5.8).
  [[nodiscard]] std::optional<ImaDigestForm> shown_form(const ImaBankProgress& progress) const;
};

ImaListReport check_ima_list(const ImaInputs& inputs);

}  // namespace quotemill::offline
