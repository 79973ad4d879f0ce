// ImaProgress: how far a runtime list has come, entry by entry, in every way that its kernel may
// have extended the TPM. Resumable: what is kept for a host is below 1 kB, and only entries behind
// it are hashed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill {

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

// What the kernel extends a bank with for this entry; nullopt if the form does not apply to it.
// REQUIRES: can_hash(bank)
std::optional<Digest> extended_digest(const ImaEntry& entry, HashAlgorithm bank,
                                      ImaDigestForm form);

// One PCR of one bank. A form that does not apply to an entry (a listed hash of another size, data
// that cannot be rebuilt) has no value from then on.
class ImaBankProgress {
 public:
  // REQUIRES: can_hash(bank)
  explicit ImaBankProgress(HashAlgorithm bank, std::uint32_t pcr = kImaPcr);

  // Extends the values if the entry is one for this PCR.
  void add(const ImaEntry& entry);

  [[nodiscard]] HashAlgorithm algorithm() const { return values_[0].algorithm(); }

  // After the entries so far; zeros before the first.
  [[nodiscard]] std::optional<Digest> value(ImaDigestForm form) const;

  // The form that gives `quoted`, the first if several do; nullopt if none.
  [[nodiscard]] std::optional<ImaDigestForm> form_of(const Digest& quoted) const;

  // Gives up all other forms: a quote has shown how this kernel extends the bank.
  void settle(ImaDigestForm form);

  // False if no form applies any more.
  [[nodiscard]] bool is_possible() const { return forms_ != 0; }

  // As it is kept between messages; `read` fails the reader if it is none.
  void write(ByteWriter& out) const;
  static std::optional<ImaBankProgress> read(ByteReader& in);

 private:
  [[nodiscard]] bool has(std::size_t form) const { return (forms_ >> form & 1U) != 0; }

  std::array<Digest, kImaDigestForms.size()> values_;
  std::uint8_t forms_;  // bit n: form n applied to every entry so far
  std::uint8_t pcr_;
};

// PCR 10 of the quoted banks after some entries of one boot's list.
class ImaProgress {
 public:
  ImaProgress() = default;

  // The beginning of a list. Banks beyond limits::kImaBanksMax and those that cannot be hashed are
  // left out.
  explicit ImaProgress(std::span<const HashAlgorithm> banks);

  void add(const ImaEntry& entry);

  // True if every value is what PCR 10 of its bank is after the entries so far. False for a bank
  // that is not followed, and for no value at all.
  [[nodiscard]] bool gives(std::span<const Digest> quoted) const;

  // After gives(): each bank keeps the form that gave its value.
  void settle(std::span<const Digest> quoted);

  [[nodiscard]] std::uint64_t entries() const { return entries_; }

  [[nodiscard]] std::size_t bank_count() const;

  // Version 1: u64 entries, u8 banks, and each bank. Below limits::kImaProgressSizeMax bytes.
  void write(ByteWriter& out) const;
  static Result<ImaProgress> read(ByteView bytes);

 private:
  [[nodiscard]] ImaBankProgress* find(HashAlgorithm bank);

  std::uint64_t entries_ = 0;
  std::array<std::optional<ImaBankProgress>, limits::kImaBanksMax> banks_;
};

static_assert(sizeof(ImaProgress) <= limits::kImaProgressSizeMax);

}  // namespace quotemill
