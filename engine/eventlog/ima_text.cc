#include "engine/eventlog/ima_text.h"

#include <algorithm>
#include <charconv>

namespace quotemill {
namespace {

bool is_name(ImaField field) {
  return field == ImaField::kName || field == ImaField::kNameNg;
}

// Cuts the text behind the last space off `rest`; false if there is no space.
bool last_word(std::string_view& rest, std::string_view& word) {
  const std::size_t space = rest.rfind(' ');
  if (space == std::string_view::npos) {
    return false;
  }
  word = rest.substr(space + 1);
  rest = rest.substr(0, space);
  return true;
}

// One field after another, with its length before it.
class FieldWriter {
 public:
  FieldWriter(ByteWriter& out, Bytes& scratch) : out_(out), scratch_(scratch) {}

  bool write(ImaField field, std::string_view text) {
    switch (field) {
      case ImaField::kDigestNg:
      case ImaField::kDigestNgV2:
        return write_digest(text);
      case ImaField::kModsigDigest:
        return text.empty() ? write_bytes(text) : write_digest(text);
      case ImaField::kName:
      case ImaField::kNameNg:
        return write_text(text);
      case ImaField::kXattrNames:
        return text.empty() ? write_bytes(text) : write_text(text);
      case ImaField::kUid:
      case ImaField::kGid:
        return write_number<std::uint32_t>(text);
      case ImaField::kMode:
        return write_number<std::uint16_t>(text);
      default:
        return write_bytes(text);
    }
  }

 private:
  // "sha256:<hex>" is hashed as "sha256:\0" and the digest; without an algorithm, only the
  // hexadecimal is shown and ":\0" is hashed.
  bool write_digest(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::string_view shown = colon == std::string_view::npos ? "" : text.substr(0, colon + 1);
    if (!read_hex(text.substr(shown.size()), scratch_)) {
      return false;
    }
    const std::string_view algorithm = shown.empty() ? ":" : shown;
    out_.u32_le(static_cast<std::uint32_t>(algorithm.size() + 1 + scratch_.size()));
    out_.bytes(as_bytes(algorithm)).u8(0).bytes(scratch_);
    return true;
  }

  bool write_text(std::string_view text) {
    out_.u32_le(static_cast<std::uint32_t>(text.size() + 1)).bytes(as_bytes(text)).u8(0);
    return true;
  }

  bool write_bytes(std::string_view text) {
    if (!read_hex(text, scratch_)) {
      return false;
    }
    out_.sized32_le(scratch_);
    return true;
  }

  template <class Number>
  bool write_number(std::string_view text) {
    if (text.empty()) {
      return write_bytes(text);
    }
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return false;
    }
    out_.u32_le(sizeof(Number));
    if constexpr (sizeof(Number) == sizeof(std::uint16_t)) {
      out_.u16_le(number);
    } else {
      out_.u32_le(number);
    }
    return true;
  }

  ByteWriter& out_;
  Bytes& scratch_;
};

bool write_original(std::string_view text, ByteWriter& out, Bytes& scratch) {
  if (!read_hex(cut_front(text, ' '), scratch) || scratch.size() > kImaOriginalDigestSize) {
    return false;
  }
  write_ima_original(scratch, as_bytes(text), out);
  return true;
}

}  // namespace

void write_ima_original(ByteView digest, ByteView file_name, ByteWriter& out) {
  const ByteView name = file_name.first(std::min(file_name.size(), kImaOriginalNameSize));
  out.bytes(digest).bytes(name);
  for (std::size_t i = name.size(); i < kImaOriginalNameSize; ++i) {
    out.u8(0);
  }
}

std::size_t fields_behind_name(const ImaTemplate& fields) {
  const auto all = fields.fields();
  const auto name = std::find_if(all.begin(), all.end(), is_name);
  return name == all.end() ? 0 : static_cast<std::size_t>(all.end() - name) - 1;
}

bool write_ima_text(const ImaTemplate& fields, std::string_view text, std::size_t shown,
                    ByteWriter& out, Bytes& scratch) {
  if (fields.original) {
    return write_original(text, out, scratch);
  }
  const std::size_t behind = fields_behind_name(fields);
  std::array<std::string_view, limits::kImaTemplateFieldsMax> words{};
  const std::size_t before = fields.count - behind;  // the name among them
  for (std::size_t i = 0; i + 1 < before; ++i) {
    words[i] = cut_front(text, ' ');
  }
  for (std::size_t i = before + std::min(shown, behind); i > before; --i) {
    if (!last_word(text, words[i - 1])) {
      return false;
    }
  }
  words[before - 1] = text;
  FieldWriter writer(out, scratch);
  for (std::size_t i = 0; i < fields.count; ++i) {
    if (!writer.write(fields.all[i], words[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace quotemill
