// ImaReader: the runtime list of the Linux kernel's Integrity Measurement Architecture, one entry
// after another.
//
// Both forms that securityfs offers: binary_runtime_measurements in little-endian (big-endian
// kernels write it with ima_canonical_fmt; their own byte order is not read) and
// ascii_runtime_measurements (Linux, security/integrity/ima/ima_fs.c). Lists that a kernel keeps
// per bank carry template hashes of that bank's size. Line ends in a file name, which an ascii list
// shows as they are, are found by the template hash. Linear time; nothing is allocated per entry.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/byte_writer.h"
#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/eventlog/ima_template.h"

namespace quotemill {

inline constexpr std::uint32_t kImaPcr = 10;

// SHA-1 or the SHA-2 whose digests have this size: lists and reference sets often name no other.
std::optional<HashAlgorithm> sha_of_size(std::size_t size);

// One entry. Borrows the list or, where the kernel hashes something that the list does not show as
// such, whoever read it.
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

// What the entry's fields say; borrows its data. nullopt if the template is not known, the data
// cannot be rebuilt or is not the template's.
std::optional<ImaFields> fields_of(const ImaEntry& entry);

class ImaReader {
 public:
  // A whole list; its first byte tells its form. Borrows `list`.
  explicit ImaReader(ByteView list);

  // A piece of a binary list that begins with an entry; `template_hash_size` is that of the list's
  // beginning.
  ImaReader(ByteView piece, std::size_t template_hash_size);

  // The next entry, until the next call; null at the end of what can be read. An entry of the
  // template "ima" or of an ascii list is rebuilt in memory of the reader.
  const ImaEntry* next();

  // Set if the list ends in mid-entry (kTruncated: what is missing may be on its way) or has an
  // impossible field. The Error's offset counts from the list's beginning.
  [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }

  [[nodiscard]] bool is_ascii() const { return ascii_; }

  [[nodiscard]] std::size_t template_hash_size() const { return hash_size_; }

  // How many entries were read, and where the last one ends.
  [[nodiscard]] std::size_t entries() const { return entries_; }

  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  // Bound: how often a list may have its lines tried together, so that hostile ones take no longer.
  static constexpr std::size_t kJoinsMax = 4096;

  bool read_binary();
  bool read_line();
  std::size_t end_of_hashed(std::string_view rest, std::size_t text_begin, std::size_t line_end);
  std::size_t end_of_violation(std::string_view rest, std::size_t line_end);
  void show(std::string_view text);
  bool rebuild(std::string_view text);
  bool fail(ErrorCode code, std::size_t offset);
  const std::optional<ImaTemplate>& template_named(std::string_view name);

  ByteView list_;
  bool ascii_ = false;
  std::size_t hash_size_ = 0;
  std::size_t offset_ = 0;
  std::size_t entries_ = 0;
  std::size_t joins_left_ = kJoinsMax;
  std::optional<Error> broken_;
  ImaEntry entry_;
  std::string_view printable_;   // the last name that was looked at; borrows the list
  std::string_view known_name_;  // of known_; borrows the list
  std::optional<ImaTemplate> known_;
  ByteWriter rebuilt_;
  Bytes hash_;
  Bytes hex_;
};

}  // namespace quotemill
