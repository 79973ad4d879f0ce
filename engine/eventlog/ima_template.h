// The templates of IMA entries: which fields a measurement has, and what they say.
//
// Linux, security/integrity/ima/ima_template.c and Documentation/security/IMA-templates.rst:
// ima, ima-ng, ima-ngv2, ima-sig, ima-sigv2, ima-buf, ima-modsig, evm-sig, and custom ones, whose
// name in the list is their format ("d-ng|n-ng|sig").
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/limits.h"

namespace quotemill {

// Template "ima": sizes of its fields as they are hashed.
inline constexpr std::size_t kImaOriginalDigestSize = 20;  // d: MD5 is shorter
inline constexpr std::size_t kImaOriginalNameSize = 256;   // n: padded with zeros

// Cuts what is before the first `mark` off `rest`, and the mark.
constexpr std::string_view cut_front(std::string_view& rest, char mark) {
  const std::size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

enum class ImaField : std::uint8_t {
  kDigest,        // d: MD5 or SHA-1
  kName,          // n: at most 255 characters
  kDigestNg,      // d-ng: "sha256:", zero, digest
  kDigestNgV2,    // d-ngv2: "verity:sha256:", zero, digest
  kNameNg,        // n-ng
  kSignature,     // sig: the file's security.ima
  kBuffer,        // buf: what was measured itself: a key, a command line, critical data
  kModsigDigest,  // d-modsig: the file without the signature behind it
  kModsig,        // modsig: that signature, PKCS #7
  kEvmSignature,  // evmsig
  kXattrNames,    // xattrnames
  kXattrLengths,  // xattrlengths
  kXattrValues,   // xattrvalues
  kUid,           // iuid
  kGid,           // igid
  kMode,          // imode
};

struct ImaTemplate {
  std::array<ImaField, limits::kImaTemplateFieldsMax> all{};
  std::size_t count = 0;
  bool original = false;  // "ima": its fields have no lengths before them

  [[nodiscard]] std::span<const ImaField> fields() const { return {all.data(), count}; }
};

// The template of this name, and of nothing else; nullopt if the kernel has no such template or
// field, or a format is not file digest, file name and others once each: names are not measured.
std::optional<ImaTemplate> ima_template(std::string_view name);

// What the fields of an entry say; borrows its template data. Text is host-supplied.
struct ImaFields {
  std::string_view digest_type;  // d-ngv2: "ima", "verity"; else empty
  std::string_view algorithm;    // the kernel's name of the hash; empty where the entry has none
  ByteView digest;               // of the file or of the buffer; zeros in a violation
  std::string_view name;         // the path, or what a buffer is: ".ima", "kexec-cmdline"
  ByteView signature;
  std::optional<ByteView> buffer;
  std::string_view modsig_algorithm;
  ByteView modsig_digest;
  ByteView modsig;
  ByteView evm_signature;
  std::string_view xattr_names;
  ByteView xattr_lengths;
  ByteView xattr_values;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint16_t> mode;

  // nullopt if the algorithm is none of ours or the size is not its own.
  [[nodiscard]] std::optional<Digest> file_digest() const;
};

// nullopt if the data is not what the template says: a field is too long, too short or left over, a
// name does not end where its field does, or has a zero inside.
std::optional<ImaFields> read_ima_fields(const ImaTemplate& fields, ByteView template_data);

}  // namespace quotemill
