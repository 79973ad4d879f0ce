// ImaLog: the runtime list of the Linux kernel's Integrity Measurement Architecture, read into
// entries, and how far a quoted PCR proves it.
//
// Both forms that securityfs offers: binary_runtime_measurements (little-endian) and
// ascii_runtime_measurements; templates ima, ima-ng, ima-sig, ima-buf and their v2 forms
// (Linux, Documentation/security/IMA-templates.rst). Lists that a kernel keeps per bank carry
// template hashes of that bank's size.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill {

inline constexpr std::uint32_t kImaPcr = 10;

// One entry; borrows the list's bytes or, where the kernel hashes something that the list does not
// show as such, ImaLog::rebuilt.
struct ImaEntry {
  std::uint32_t pcr = 0;
  ByteView template_hash;          // as listed; 20 bytes unless the list is one bank's own
  std::string_view template_name;  // host-supplied: escape before printing
  ByteView template_data;          // what was hashed; empty if it cannot be rebuilt from the text

  // A measurement that the kernel could not take (open for writing): listed as zeros, extended as
  // ones.
  [[nodiscard]] bool is_violation() const;

  // Whether the data is what was measured, by the listed hash. False for violations: their data is
  // not measured at all.
  [[nodiscard]] bool data_holds() const;
};

struct ImaLog {
  bool ascii = false;
  std::vector<ImaEntry> entries;
  // Template data that entries borrow. A list is moved, never copied: copies would borrow from the
  // original.
  std::vector<Bytes> rebuilt;

  ImaLog() = default;
  ImaLog(ImaLog&&) = default;
  ImaLog& operator=(ImaLog&&) = default;
  ImaLog(const ImaLog&) = delete;
  ImaLog& operator=(const ImaLog&) = delete;
  ~ImaLog() = default;
};

// What could be read; `broken` is set if the list ends in mid-entry or has an impossible field, and
// everything before the break is in `log`. An empty list is whole: a kernel without an IMA policy
// has none.
struct ImaLogReading {
  ImaLog log;
  std::optional<Error> broken;
};

// The log borrows `bytes`. Linear time; bounded by limits::kImaEntriesMax.
ImaLogReading read_ima_log(ByteView bytes);

// What the kernel extended a bank with.
enum class ImaDigestForm : std::uint8_t {
  kListed,  // the listed template hash is of this bank
  kHashed,  // the bank's hash of the template data
  kPadded,  // the SHA-1 template hash, padded with zeros: kernels before 5.8, and those that lack
            // the bank's hash when IMA starts
};

inline constexpr std::array kImaDigestForms = {ImaDigestForm::kListed, ImaDigestForm::kHashed,
                                               ImaDigestForm::kPadded};

std::string_view name_of(ImaDigestForm form);  // "listed", "hashed", "padded"

// PCR 10 of a bank in one form, entry by entry.
class ImaReplay {
 public:
  // REQUIRES: can_hash(bank)
  ImaReplay(HashAlgorithm bank, ImaDigestForm form);

  // Extends the value if the entry is one for PCR 10. False if the form does not apply to it: there
  // is no value from then on.
  [[nodiscard]] bool add(const ImaEntry& entry);

  // After the entries so far; zeros before the first.
  [[nodiscard]] const Digest& value() const { return value_; }

 private:
  Digest value_;
  ImaDigestForm form_;
};

// PCR 10 of a bank after the whole list, in the first form that fits every entry; nullopt if none
// does. REQUIRES: can_hash(bank)
std::optional<Digest> replay_ima_log(const ImaLog& log, HashAlgorithm bank);

// How much of a list a PCR value proves.
struct ImaMatch {
  std::size_t entries = 0;  // the first so many entries give the value
  ImaDigestForm form = ImaDigestForm::kListed;
};

// The longest beginning of the list whose entries for PCR 10 give `quoted`: a list is read after
// the quote and may have grown since. nullopt if none does. REQUIRES: can_hash(quoted.algorithm())
std::optional<ImaMatch> match_ima_log(const ImaLog& log, const Digest& quoted);

}  // namespace quotemill
