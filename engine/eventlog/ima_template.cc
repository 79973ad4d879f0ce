#include "engine/eventlog/ima_template.h"

#include "engine/base/byte_reader.h"

namespace quotemill {
namespace {

struct FieldName {
  std::string_view name;
  ImaField field;
};

constexpr std::array kFieldNames = {FieldName{"d", ImaField::kDigest},
                                    FieldName{"n", ImaField::kName},
                                    FieldName{"d-ng", ImaField::kDigestNg},
                                    FieldName{"d-ngv2", ImaField::kDigestNgV2},
                                    FieldName{"n-ng", ImaField::kNameNg},
                                    FieldName{"sig", ImaField::kSignature},
                                    FieldName{"buf", ImaField::kBuffer},
                                    FieldName{"d-modsig", ImaField::kModsigDigest},
                                    FieldName{"modsig", ImaField::kModsig},
                                    FieldName{"evmsig", ImaField::kEvmSignature},
                                    FieldName{"xattrnames", ImaField::kXattrNames},
                                    FieldName{"xattrlengths", ImaField::kXattrLengths},
                                    FieldName{"xattrvalues", ImaField::kXattrValues},
                                    FieldName{"iuid", ImaField::kUid},
                                    FieldName{"igid", ImaField::kGid},
                                    FieldName{"imode", ImaField::kMode}};

struct NamedFormat {
  std::string_view name;
  std::string_view format;
};

constexpr std::optional<ImaField> field_named(std::string_view name) {
  for (const FieldName& entry : kFieldNames) {
    if (entry.name == name) {
      return entry.field;
    }
  }
  return std::nullopt;
}

constexpr bool is_file_digest(ImaField field) {
  return field == ImaField::kDigest || field == ImaField::kDigestNg ||
         field == ImaField::kDigestNgV2;
}

constexpr bool is_file_name(ImaField field) {
  return field == ImaField::kName || field == ImaField::kNameNg;
}

// A template's name is not measured, and whoever owns the host chooses some values that are: of a
// format that reads another value as the digest or the name, that one could be chosen to be known.
constexpr bool says_which_file(const ImaTemplate& format) {
  const std::span<const ImaField> fields(format.all.data(), format.count);
  if (fields.size() < 2 || !is_file_digest(fields[0]) || !is_file_name(fields[1])) {
    return false;
  }
  for (std::size_t i = 2; i < fields.size(); ++i) {
    const auto before = fields.first(i);
    if (is_file_digest(fields[i]) || is_file_name(fields[i]) ||
        std::find(before.begin(), before.end(), fields[i]) != before.end()) {
      return false;
    }
  }
  return true;
}

// "d-ng|n-ng"
constexpr std::optional<ImaTemplate> template_of_format(std::string_view format) {
  ImaTemplate result;
  while (!format.empty()) {
    const std::optional<ImaField> field = field_named(cut_front(format, '|'));
    if (!field.has_value() || result.count == result.all.size()) {
      return std::nullopt;
    }
    result.all[result.count++] = *field;
  }
  return says_which_file(result) ? std::optional(result) : std::nullopt;
}

struct BuiltIn {
  constexpr BuiltIn(std::string_view its_name, std::string_view format)
      : name(its_name), fields(*template_of_format(format)) {
    fields.original = name == "ima";
  }

  std::string_view name;
  ImaTemplate fields;
};

// builtin_templates of ima_template.c, read when this is compiled: it is looked at for each entry.
constexpr std::array kBuiltIn = {
    BuiltIn{"ima-ng", "d-ng|n-ng"},
    BuiltIn{"ima-sig", "d-ng|n-ng|sig"},
    BuiltIn{"ima", "d|n"},
    BuiltIn{"ima-ngv2", "d-ngv2|n-ng"},
    BuiltIn{"ima-sigv2", "d-ngv2|n-ng|sig"},
    BuiltIn{"ima-buf", "d-ng|n-ng|buf"},
    BuiltIn{"ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig"},
    BuiltIn{"evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode"}};

// A field's own reading; `ok` says whether the value is one of its kind.
class FieldReader {
 public:
  explicit FieldReader(ImaFields& out) : out_(out) {}

  bool read(ImaField field, ByteView value) {
    switch (field) {
      case ImaField::kDigest:
        out_.digest = value;
        return value.size() <= kImaOriginalDigestSize;
      case ImaField::kDigestNg:
        return read_digest(value, out_.algorithm, out_.digest);
      case ImaField::kDigestNgV2:
        return read_typed_digest(value);
      case ImaField::kModsigDigest:
        return value.empty() || read_digest(value, out_.modsig_algorithm, out_.modsig_digest);
      case ImaField::kName:
      case ImaField::kNameNg:
        return read_text(value, out_.name);
      case ImaField::kXattrNames:
        return value.empty() || read_text(value, out_.xattr_names);
      case ImaField::kUid:
        return read_number(value, out_.uid);
      case ImaField::kGid:
        return read_number(value, out_.gid);
      case ImaField::kMode:
        return read_number(value, out_.mode);
      default:
        return read_bytes(field, value);
    }
  }

 private:
  bool read_bytes(ImaField field, ByteView value) {
    switch (field) {
      case ImaField::kSignature:
        out_.signature = value;
        return true;
      case ImaField::kBuffer:
        out_.buffer = value;
        return true;
      case ImaField::kModsig:
        out_.modsig = value;
        return true;
      case ImaField::kEvmSignature:
        out_.evm_signature = value;
        return true;
      case ImaField::kXattrLengths:
        out_.xattr_lengths = value;
        return true;
      case ImaField::kXattrValues:
        out_.xattr_values = value;
        return true;
      default:
        return false;
    }
  }

  // "sha256:", zero, digest. Without an algorithm the text is ":" alone.
  static bool read_digest(ByteView value, std::string_view& algorithm, ByteView& digest) {
    const std::string_view text = as_text(value);
    const std::size_t zero = text.find('\0');
    if (zero == std::string_view::npos || zero == 0 || text[zero - 1] != ':') {
      return false;
    }
    algorithm = text.substr(0, zero - 1);
    digest = value.subspan(zero + 1);
    return true;
  }

  bool read_typed_digest(ByteView value) {
    if (!read_digest(value, out_.algorithm, out_.digest)) {
      return false;
    }
    const std::size_t colon = out_.algorithm.find(':');
    if (colon == std::string_view::npos) {
      return true;
    }
    out_.digest_type = out_.algorithm.substr(0, colon);
    out_.algorithm.remove_prefix(colon + 1);
    return true;
  }

  // What stands behind a zero would be hashed and not shown.
  static bool read_text(ByteView value, std::string_view& text) {
    text = as_text(value);
    if (text.find('\0') != text.size() - 1 || text.empty()) {
      return false;
    }
    text.remove_suffix(1);
    return true;
  }

  template <class Number>
  static bool read_number(ByteView value, std::optional<Number>& number) {
    if (value.empty()) {
      return true;  // the kernel had no inode to ask
    }
    if (value.size() != sizeof(Number)) {
      return false;
    }
    ByteReader in(value);
    if constexpr (sizeof(Number) == sizeof(std::uint16_t)) {
      number = in.u16_le();
    } else {
      number = in.u32_le();
    }
    return true;
  }

  ImaFields& out_;
};

// Digest and name of "ima" as they are hashed, the name in 256 bytes.
std::optional<ImaFields> read_original(ByteView data) {
  ImaFields out;
  if (data.size() <= kImaOriginalNameSize ||
      data.size() > kImaOriginalNameSize + kImaOriginalDigestSize) {
    return std::nullopt;
  }
  out.digest = data.first(data.size() - kImaOriginalNameSize);
  out.name = as_text(data.last(kImaOriginalNameSize));
  const std::size_t end = std::min(out.name.find('\0'), out.name.size());
  const bool padded = out.name.find_first_not_of('\0', end) == std::string_view::npos;
  out.name = out.name.substr(0, end);
  return padded ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<ImaTemplate> ima_template(std::string_view name) {
  for (const BuiltIn& entry : kBuiltIn) {
    if (entry.name == name) {
      return entry.fields;
    }
  }
  return template_of_format(name);
}

std::optional<Digest> ImaFields::file_digest() const {
  if (algorithm.empty()) {
    return Digest::from(HashAlgorithm::kSha1, digest);  // d; MD5 is shorter
  }
  const std::optional<HashAlgorithm> known = algorithm == "sm3" || algorithm == "sm3-256"
                                                 ? HashAlgorithm::kSm3_256
                                                 : hash_algorithm_named(algorithm);
  return known.has_value() ? Digest::from(*known, digest) : std::nullopt;
}

std::optional<ImaFields> read_ima_fields(const ImaTemplate& fields, ByteView template_data) {
  if (fields.original) {
    return read_original(template_data);
  }
  ImaFields out;
  FieldReader reader(out);
  ByteReader in(template_data);
  for (const ImaField field : fields.fields()) {
    const ByteView value = in.sized32_le(limits::kImaTemplateSizeMax);  // u32 length, value
    if (!in.ok() || !reader.read(field, value)) {
      return std::nullopt;
    }
  }
  return in.remaining() == 0 ? std::optional(out) : std::nullopt;
}

}  // namespace quotemill
