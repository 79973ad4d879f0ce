// appraise_ima_entry(): one entry of a runtime list against reference values, exclusions and a
// keyring. Pure, and without allocation for an entry that is in a reference set: lists have a
// hundred thousand of those.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/eventlog/ima_reader.h"
#include "engine/policy/ima_references.h"
#include "engine/policy/path_patterns.h"
#include "engine/verdict/finding.h"
#include "engine/verify/ima_keyring.h"

namespace quotemill {

// What the list's hash chain says of an entry's fields.
enum class ImaProof : std::uint8_t {
  kDataProven,    // they are what was measured
  kNotMeasured,   // a violation: ones were extended, the fields are a hint
  kDigestProven,  // only the listed hash was: the data cannot be rebuilt
  kUnproven,      // they do not hash to what was measured
};

std::string_view name_of(ImaProof proof);  // "data_proven", "not_measured", …

enum class ImaOutcome : std::uint8_t {
  kNotJudged,            // there is nothing to hold it against
  kBootAggregate,        // the list's tie to the boot: check_boot_aggregate()
  kReferenced,           // this content for this path
  kReferencedElsewhere,  // this content for another path, none for this one
  kSigned,               // by a key of the keyring
  kExcluded,             // nobody asks about the path
  kUnknown,              // neither
  kWrongDigest,          // other contents for this path
  kViolation,
  kBuffer,      // not a file
  kKey,         // a certificate that was loaded into a kernel keyring
  kUnreadable,  // unknown template, or fields that are not its
  kUnproven,
};

std::string_view name_of(ImaOutcome outcome);  // "referenced", "wrong_digest", …

enum class ImaSignatures : std::uint8_t {
  kWhereNeeded,  // of files that no reference set has
  kAll,
};

// Whether a quote proves the data by itself (the bank hashes it), or the listed hash must hold.
enum class ImaDataCheck : std::uint8_t { kByListedHash, kByQuote };

// What entries are held against; borrowed. Null: not given.
struct ImaRules {
  const ImaReferences* references = nullptr;
  const PathPatterns* exclusions = nullptr;
  const ImaKeyring* keyring = nullptr;
  ImaSignatures signatures = ImaSignatures::kWhereNeeded;
  ImaDataCheck data_check = ImaDataCheck::kByListedHash;
  Severity unknown_file = Severity::kWarning;
  // The digest of the list's first entry, once it is found to be the boot_aggregate: after kexec
  // the list has another entry like it. Any other entry of that name is a file of that name (the
  // kernel lists the bare name of a file that lies in no mounted tree), and judged as one.
  std::optional<Digest> boot_aggregate = {};
};

// A finding that an entry gives, before anybody spends memory on its words.
struct ImaRemark {
  FindingCode code = FindingCode::kImaEntryMalformed;
  Severity severity = Severity::kFail;
};

struct ImaJudgement {
  ImaOutcome outcome = ImaOutcome::kUnreadable;
  ImaProof proof = ImaProof::kUnproven;
  std::optional<ImaFields> fields;  // borrow the entry; unset if they cannot be read
  std::optional<Digest> digest;     // of the file or buffer, if it is one of our algorithms
  ImaReferenceMatch reference;      // borrows the references
  ImaSignatureCheck signature;      // borrows the keyring
  std::optional<Certificate> key;   // kKey
  std::array<ImaRemark, 2> remark_list{};
  std::size_t remark_count = 0;

  [[nodiscard]] std::span<const ImaRemark> remarks() const {
    return {remark_list.data(), remark_count};
  }
};

ImaJudgement appraise_ima_entry(const ImaRules& rules, const ImaEntry& entry);

// A remark with its place and words. `number` counts entries from 0.
Finding finding_of(const ImaRemark& remark, const ImaJudgement& judgement, const ImaEntry& entry,
                   std::size_t number);

// Whether buffers of this name are keys that were loaded into a kernel keyring: ".ima",
// ".builtin_trusted_keys", "_ima".
bool is_keyring_name(std::string_view name);

}  // namespace quotemill
