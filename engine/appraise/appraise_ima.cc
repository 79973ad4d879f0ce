#include "engine/appraise/appraise_ima.h"

#include "engine/base/text.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_aggregate.h"
#include "engine/eventlog/ima_signature.h"

namespace quotemill {
namespace {

constexpr std::size_t kPathShown = 128;  // escaped, it may be four times as long

// Keys of these keyrings vouch for files.
bool vouches_for_files(std::string_view keyring) {
  return keyring == ".ima" || keyring == "_ima" || keyring == ".evm" || keyring == "_evm";
}

class EntryAppraiser {
 public:
  EntryAppraiser(const ImaRules& rules, const ImaEntry& entry) : rules_(rules), entry_(entry) {}

  ImaJudgement run() && {
    const std::optional<ImaTemplate> known = ima_template(entry_.template_name);
    if (known.has_value() && !entry_.template_data.empty()) {
      result_.fields = read_ima_fields(*known, entry_.template_data);
    }
    if (result_.fields.has_value()) {
      result_.digest = result_.fields->file_digest();
    }
    field_count_ = known.has_value() ? known->count : 0;
    result_.proof = proof();
    result_.outcome = outcome(known.has_value());
    return std::move(result_);
  }

 private:
  ImaProof proof() const {
    if (entry_.pcr != kImaPcr) {
      return ImaProof::kUnproven;
    }
    if (entry_.is_violation()) {
      return ImaProof::kNotMeasured;
    }
    if (entry_.template_data.empty()) {
      return ImaProof::kDigestProven;
    }
    const bool holds = rules_.data_check == ImaDataCheck::kByQuote || entry_.data_holds();
    return holds ? ImaProof::kDataProven : ImaProof::kUnproven;
  }

  void remark(FindingCode code, Severity severity) {
    if (result_.remark_count < result_.remark_list.size()) {
      result_.remark_list[result_.remark_count++] = {code, severity};
    }
  }

  ImaOutcome outcome(bool template_known) {
    if (entry_.pcr != kImaPcr) {
      return ImaOutcome::kNotJudged;  // some rules of IMA measure into PCRs of their own
    }
    if (result_.proof == ImaProof::kUnproven) {
      remark(FindingCode::kImaTemplateHash, Severity::kFail);
      return ImaOutcome::kUnproven;
    }
    if (!template_known) {
      remark(FindingCode::kImaTemplateUnknown, Severity::kFail);
      return ImaOutcome::kUnreadable;
    }
    if (result_.proof == ImaProof::kNotMeasured) {
      return violation();
    }
    if (!result_.fields.has_value()) {
      remark(FindingCode::kImaEntryMalformed, Severity::kFail);
      return ImaOutcome::kUnreadable;
    }
    if (result_.fields->name == kBootAggregate && result_.digest.has_value() &&
        result_.digest == rules_.boot_aggregate) {
      return ImaOutcome::kBootAggregate;
    }
    return result_.fields->buffer.has_value() ? buffer() : file();
  }

  // The path is not measured, so that no exclusion by it is believed: who changed the list could
  // choose it.
  ImaOutcome violation() {
    const bool sensitive = rules_.references != nullptr && result_.fields.has_value() &&
                           rules_.references->knows_path(result_.fields->name);
    remark(FindingCode::kImaViolation, sensitive ? Severity::kFail : Severity::kWarning);
    return ImaOutcome::kViolation;
  }

  ImaOutcome file() {
    look_up();
    if (result_.reference.digest_known) {
      check_signature(ImaSignatures::kAll);
      ask_for_signature();
      return result_.reference.path_known ? ImaOutcome::kReferenced
                                          : ImaOutcome::kReferencedElsewhere;
    }
    if (rules_.exclusions != nullptr && rules_.exclusions->match(result_.fields->name)) {
      return ImaOutcome::kExcluded;
    }
    check_signature(ImaSignatures::kWhereNeeded);
    const bool is_signed = result_.signature.state == ImaSignatureState::kValid;
    if (result_.reference.path_known) {
      // A signature shows where the contents come from, and not that they are this path's version.
      remark(FindingCode::kImaFileDigest, is_signed ? Severity::kWarning : Severity::kFail);
      return ImaOutcome::kWrongDigest;
    }
    if (is_signed) {
      return ImaOutcome::kSigned;
    }
    if (rules_.references == nullptr && rules_.keyring == nullptr) {
      return ImaOutcome::kNotJudged;
    }
    remark(FindingCode::kImaFileUnknown, rules_.unknown_file);
    return ImaOutcome::kUnknown;
  }

  void look_up() {
    if (rules_.references != nullptr && result_.digest.has_value()) {
      result_.reference = rules_.references->find(result_.fields->name, *result_.digest);
    } else if (rules_.references != nullptr) {
      result_.reference.path_known = rules_.references->knows_path(result_.fields->name);
    }
  }

  // `wanted`: when signatures of such a file are checked.
  void check_signature(ImaSignatures wanted) {
    if (rules_.keyring == nullptr ||
        (wanted == ImaSignatures::kAll && rules_.signatures == ImaSignatures::kWhereNeeded)) {
      return;
    }
    result_.signature = rules_.keyring->check(*result_.fields);
    switch (result_.signature.state) {
      case ImaSignatureState::kInvalid:
        remark(FindingCode::kImaSignature, Severity::kFail);
        break;
      case ImaSignatureState::kKeyUnknown:
        remark(FindingCode::kImaSignatureKey, Severity::kWarning);
        break;
      case ImaSignatureState::kUnsupported:
        remark(FindingCode::kImaSignatureUnsupported, Severity::kWarning);
        break;
      case ImaSignatureState::kNone:
      case ImaSignatureState::kValid:
        break;
    }
  }

  // A referenced file needs none, unless the rules ask for one of every file.
  void ask_for_signature() {
    if (rules_.keyring != nullptr && rules_.signatures == ImaSignatures::kAll &&
        result_.signature.state == ImaSignatureState::kNone) {
      remark(FindingCode::kImaFileUnknown, rules_.unknown_file);
    }
  }

  ImaOutcome buffer() {
    const ByteView bytes = *result_.fields->buffer;
    if (result_.digest.has_value() && can_hash(result_.digest->algorithm()) &&
        hash(result_.digest->algorithm(), bytes) != *result_.digest) {
      remark(FindingCode::kImaBufferDigest, Severity::kFail);
      return ImaOutcome::kBuffer;
    }
    if (may_be_file(bytes)) {
      return file();
    }
    if (is_keyring_name(result_.fields->name)) {
      return loaded_key(bytes);
    }
    look_up();
    if (result_.reference.path_known) {
      if (result_.reference.digest_known) {
        return ImaOutcome::kReferenced;
      }
      remark(FindingCode::kImaFileDigest, Severity::kFail);
      return ImaOutcome::kWrongDigest;
    }
    return ImaOutcome::kBuffer;
  }

  // Whether a file could have been measured so and be listed as a buffer, because a template's name
  // is not measured. The kernel calls no buffer by a path; a signature that stands in the buffer's
  // place begins with its type, and may be made to be the file's own contents; a digest that is not
  // computed here shows nothing of the buffer.
  [[nodiscard]] bool may_be_file(ByteView buffer) const {
    constexpr std::size_t kBufferFields = 3;  // d-ng|n-ng|buf
    const bool is_path = result_.fields->name.substr(0, 1) == "/";
    const bool is_checked = result_.digest.has_value() && can_hash(result_.digest->algorithm());
    const std::uint8_t type = buffer.empty() ? kImaDigsig : buffer.front();  // empty: it has none
    return is_path || !is_checked || field_count_ != kBufferFields || type == kImaDigsig ||
           type == kEvmPortableDigsig || type == kImaVerityDigsig;
  }

  ImaOutcome loaded_key(ByteView der) {
    Result<Certificate> key = Certificate::from_der(der);
    if (!key) {
      return ImaOutcome::kBuffer;  // keyrings hold other things, too: hashes, names
    }
    look_up();
    const bool referenced = result_.reference.path_known && result_.reference.digest_known;
    if (rules_.keyring != nullptr && !referenced && rules_.keyring->find(der) == nullptr) {
      remark(FindingCode::kImaKeyUnknown,
             vouches_for_files(result_.fields->name) ? Severity::kWarning : Severity::kInfo);
    }
    result_.key = std::move(*key);
    return ImaOutcome::kKey;
  }

  const ImaRules& rules_;
  const ImaEntry& entry_;
  std::size_t field_count_ = 0;  // of the template
  ImaJudgement result_;
};

std::string subject_of(FindingCode code, const ImaJudgement& judgement, const ImaEntry& entry) {
  if (code == FindingCode::kImaTemplateUnknown || code == FindingCode::kImaEntryMalformed) {
    return "template " + escaped(entry.template_name, kPathShown);
  }
  if (!judgement.fields.has_value()) {
    return {};
  }
  std::string subject = escaped(judgement.fields->name, kPathShown);
  if (judgement.key.has_value()) {
    subject += " " + escaped(judgement.key->subject(), kPathShown);
  }
  return subject;
}

}  // namespace

std::string_view name_of(ImaProof proof) {
  constexpr std::array<std::string_view, 4> kNames = {"data_proven", "not_measured",
                                                      "digest_proven", "unproven"};
  return kNames.at(static_cast<std::size_t>(proof));
}

std::string_view name_of(ImaOutcome outcome) {
  constexpr std::array<std::string_view, 13> kNames = {
      "not_judged", "boot_aggregate", "referenced", "referenced_elsewhere",
      "signed",     "excluded",       "unknown",    "wrong_digest",
      "violation",  "buffer",         "key",        "unreadable",
      "unproven"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

bool is_keyring_name(std::string_view name) {
  return name.size() > 1 && (name.front() == '.' || name.front() == '_') &&
         name.find('/') == std::string_view::npos;
}

ImaJudgement appraise_ima_entry(const ImaRules& rules, const ImaEntry& entry) {
  return EntryAppraiser(rules, entry).run();
}

Finding finding_of(const ImaRemark& remark, const ImaJudgement& judgement, const ImaEntry& entry,
                   std::size_t number) {
  Finding finding{.code = remark.code, .severity = remark.severity};
  finding.pcr = entry.pcr;
  finding.event = static_cast<std::uint32_t>(number);
  finding.subject = subject_of(remark.code, judgement, entry);
  finding.digest = judgement.digest;
  finding.expected = judgement.reference.expected;
  if (remark.code == FindingCode::kImaTemplateHash) {
    const std::optional<HashAlgorithm> algorithm = sha_of_size(entry.template_hash.size());
    if (algorithm.has_value()) {
      finding.digest = hash(*algorithm, entry.template_data);
      finding.expected = Digest::from(*algorithm, entry.template_hash);
    }
  }
  if (remark.code == FindingCode::kImaBufferDigest) {
    finding.expected = judgement.digest;
    finding.digest = hash(judgement.digest->algorithm(), *judgement.fields->buffer);
  }
  return finding;
}

}  // namespace quotemill
