#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_log.h"

namespace quotemill {
namespace {

constexpr std::array<std::size_t, 4> kTemplateHashSizes = {20, 32, 48, 64};
constexpr std::size_t kImaDigestSize = 20;       // field d of template "ima": MD5 or SHA-1
constexpr std::size_t kImaNamePaddedSize = 256;  // field n of template "ima", as it is hashed

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// ASCII lists begin with a decimal PCR, binary ones with a byte below 24.
bool is_ascii_list(ByteView bytes) {
  const auto first = static_cast<char>(bytes.front());
  return first == ' ' || (first >= '0' && first <= '9');
}

// Template "ima": the digest and the file name, padded with zeros, without lengths.
Bytes original_template(ByteView digest, ByteView file_name) {
  ByteWriter out;
  out.bytes(digest).bytes(file_name);
  Bytes data = out.take();
  data.resize(digest.size() + kImaNamePaddedSize);
  return data;
}

// --- Binary lists --------------------------------------------------------------------------------

// The size of the template hashes, from the first entry: only with the right one does a printable
// template name follow. 20 if none fits.
std::size_t template_hash_size(ByteView bytes) {
  for (const std::size_t size : kTemplateHashSizes) {
    ByteReader in(bytes);
    in.u32_le();
    in.bytes(size);
    const std::string_view name = as_text(in.sized32_le(limits::kImaNameSizeMax));
    if (in.ok() && !name.empty() && is_printable(name)) {
      return size;
    }
  }
  return kTemplateHashSizes.front();
}

ImaEntry read_binary_entry(ByteReader& in, std::size_t hash_size, std::vector<Bytes>& rebuilt) {
  ImaEntry entry;
  entry.pcr = in.u32_le();                                                // u32 pcr
  entry.template_hash = in.bytes(hash_size);                              // template_hash
  entry.template_name = as_text(in.sized32_le(limits::kImaNameSizeMax));  // u32 size, name
  if (entry.template_name == "ima") {
    const ByteView digest = in.bytes(kImaDigestSize);
    const ByteView file_name = in.sized32_le(kImaNamePaddedSize - 1);
    entry.template_data = rebuilt.emplace_back(original_template(digest, file_name));
  } else {
    entry.template_data = in.sized32_le(limits::kImaTemplateSizeMax);  // u32 size, data
  }
  if (in.ok() && (entry.pcr >= limits::kPcrCount || !is_printable(entry.template_name))) {
    in.fail(ErrorCode::kMalformed);
  }
  return entry;
}

ImaLogReading read_binary_list(ByteView bytes) {
  ImaLogReading reading;
  ByteReader in(bytes);
  const std::size_t hash_size = template_hash_size(bytes);
  while (in.remaining() != 0) {
    const ImaEntry entry = read_binary_entry(in, hash_size, reading.log.rebuilt);
    if (in.ok() && reading.log.entries.size() == limits::kImaEntriesMax) {
      in.fail(ErrorCode::kTooLarge);
    }
    if (in.ok()) {
      reading.log.entries.push_back(entry);
    }
  }
  if (!in.ok()) {
    reading.broken = in.error("IMA entry");
  }
  return reading;
}

// --- ASCII lists ---------------------------------------------------------------------------------

// Cuts the text before the first space off `rest`.
std::string_view next_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// Field d-ng: "sha256:<hex>" is hashed as "sha256:\0" and the digest.
bool write_digest_field(ByteWriter& out, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  const std::optional<Bytes> digest = from_hex(text.substr(colon + 1));
  if (!digest.has_value()) {
    return false;
  }
  ByteWriter field;
  field.bytes(as_bytes(text.substr(0, colon + 1))).u8(0).bytes(*digest);
  out.sized32_le(field.view());
  return true;
}

// d-ng | n-ng, and behind them what `tail` shows as hexadecimal if the template has a third field.
std::optional<Bytes> field_template(std::string_view digest, std::string_view file_name,
                                    std::optional<std::string_view> tail) {
  ByteWriter out;
  if (!write_digest_field(out, digest)) {
    return std::nullopt;
  }
  ByteWriter name;
  name.bytes(as_bytes(file_name)).u8(0);
  out.sized32_le(name.view());
  if (tail.has_value()) {
    const std::optional<Bytes> value = from_hex(*tail);
    if (!value.has_value()) {
      return std::nullopt;
    }
    out.sized32_le(*value);
  }
  return out.take();
}

// The template data that a line shows. A file name may hold spaces, and a missing signature leaves
// no trace: of the two ways to cut such a line, the one that hashes to the listed value is right.
Bytes rebuilt_template(const ImaEntry& entry, std::string_view fields) {
  const std::string_view digest = next_word(fields);
  const std::string_view name = entry.template_name;
  if (name == "ima") {
    const std::optional<Bytes> value = from_hex(digest);
    const bool fits = value.has_value() && value->size() <= kImaDigestSize;
    return fits ? original_template(*value, as_bytes(fields.substr(0, kImaNamePaddedSize)))
                : Bytes{};
  }
  if (name == "ima-ng" || name == "ima-ngv2") {
    return field_template(digest, fields, std::nullopt).value_or(Bytes{});
  }
  if (name != "ima-sig" && name != "ima-sigv2" && name != "ima-buf") {
    return {};
  }
  const std::size_t space = std::min(fields.rfind(' '), fields.size());
  const std::string_view tail = space < fields.size() ? fields.substr(space + 1) : "";
  Bytes data = field_template(digest, fields.substr(0, space), tail).value_or(Bytes{});
  ImaEntry with_tail = entry;
  with_tail.template_data = data;
  if (data.empty() || (!with_tail.data_holds() && !entry.is_violation())) {
    data = field_template(digest, fields, "").value_or(Bytes{});
  }
  return data;
}

// "10 <hex> ima-ng sha256:<hex> /file"; false if it is none of that.
bool read_line(std::string_view line, ImaLog& log) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view pcr = next_word(line);
  const std::optional<Bytes> template_hash = from_hex(next_word(line));
  ImaEntry entry;
  const auto [end, error] = std::from_chars(pcr.begin(), pcr.end(), entry.pcr);
  entry.template_name = next_word(line);
  if (error != std::errc() || end != pcr.end() || entry.pcr >= limits::kPcrCount ||
      !template_hash.has_value() || entry.template_name.empty() ||
      entry.template_name.size() > limits::kImaNameSizeMax ||
      std::find(kTemplateHashSizes.begin(), kTemplateHashSizes.end(), template_hash->size()) ==
          kTemplateHashSizes.end()) {
    return false;
  }
  entry.template_hash = log.rebuilt.emplace_back(*template_hash);
  entry.template_data = log.rebuilt.emplace_back(rebuilt_template(entry, line));
  log.entries.push_back(entry);
  return true;
}

ImaLogReading read_ascii_list(ByteView bytes) {
  ImaLogReading reading;
  reading.log.ascii = true;
  const std::string_view text = as_text(bytes);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const bool full = reading.log.entries.size() == limits::kImaEntriesMax;
    if (full || !read_line(text.substr(begin, end - begin), reading.log)) {
      const ErrorCode code = full ? ErrorCode::kTooLarge : ErrorCode::kMalformed;
      reading.broken = Error{code, "IMA line", begin, {}};
      break;
    }
    begin = end + 1;
  }
  return reading;
}

}  // namespace

ImaLogReading read_ima_log(ByteView bytes) {
  if (bytes.size() > limits::kRuntimeLogSizeMax) {
    return {{}, Error{ErrorCode::kTooLarge, "IMA list", 0, {}}};
  }
  if (bytes.empty()) {
    return {};
  }
  return is_ascii_list(bytes) ? read_ascii_list(bytes) : read_binary_list(bytes);
}

}  // namespace quotemill
