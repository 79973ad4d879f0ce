#include "engine/eventlog/ima_reader.h"

#include <algorithm>
#include <charconv>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_text.h"

namespace quotemill {
namespace {

constexpr std::array<std::size_t, 4> kTemplateHashSizes = {20, 32, 48, 64};
constexpr std::size_t kLineSizeMax = 2 * limits::kImaTemplateSizeMax + limits::kImaPathSizeMax;
constexpr std::size_t kJoinedLinesMax = 64;  // bound: line ends in one file name

bool is_printable(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// ASCII lists begin with a decimal PCR, binary ones with a byte below 24.
bool is_ascii_list(ByteView bytes) {
  const char first = bytes.empty() ? '\0' : static_cast<char>(bytes.front());
  return first == ' ' || (first >= '0' && first <= '9');
}

// No PCR is written so in little-endian order.
bool is_big_endian_list(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint32_t pcr = in.u32_be();
  return in.ok() && pcr != 0 && pcr < limits::kPcrCount;
}

// The size of the template hashes, from the first entry: only with the right one does a printable
// template name follow. 20 if none fits.
std::size_t find_template_hash_size(ByteView bytes) {
  for (const std::size_t size : kTemplateHashSizes) {
    ByteReader in(bytes);
    in.u32_le();
    in.bytes(size);
    const std::string_view name = as_text(in.sized32_le(limits::kImaNameSizeMax));
    if (in.ok() && is_printable(name)) {
      return size;
    }
  }
  return kTemplateHashSizes.front();
}

// Cuts "10 <hex> ima-ng " off `line`: the PCR, the template hash (into `hash`) and the template's
// name. False if an entry does not begin so.
bool read_head(std::string_view& line, Bytes& hash, ImaEntry& entry) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view pcr = cut_front(line, ' ');
  const auto [last, error] = std::from_chars(pcr.data(), pcr.data() + pcr.size(), entry.pcr);
  const bool has_hash =
      read_hex(cut_front(line, ' '), hash) && sha_of_size(hash.size()).has_value();
  entry.template_name = cut_front(line, ' ');
  return error == std::errc() && last == pcr.data() + pcr.size() && entry.pcr < limits::kPcrCount &&
         has_hash && entry.template_name.size() <= limits::kImaNameSizeMax &&
         is_printable(entry.template_name);
}

// Where the line behind the one that ends at `end` ends; npos if there is none, or if it is further
// from `line_end` than a file name is long.
std::size_t next_line_end(std::string_view list, std::size_t line_end, std::size_t end) {
  if (end + 1 >= list.size()) {
    return std::string_view::npos;
  }
  const std::string_view near = list.substr(0, line_end + limits::kImaPathSizeMax);
  const std::size_t next = near.find('\n', end + 1);
  return next == std::string_view::npos && near.size() == list.size() ? list.size() : next;
}

}  // namespace

std::optional<HashAlgorithm> sha_of_size(std::size_t size) {
  for (const HashAlgorithm algorithm : {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                        HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    if (digest_size(algorithm) == size) {
      return algorithm;
    }
  }
  return std::nullopt;
}

bool ImaEntry::is_violation() const {
  return std::all_of(template_hash.begin(), template_hash.end(),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool ImaEntry::data_holds() const {
  const std::optional<HashAlgorithm> algorithm = sha_of_size(template_hash.size());
  return algorithm.has_value() && equal(hash(*algorithm, template_data).view(), template_hash);
}

std::optional<ImaFields> fields_of(const ImaEntry& entry) {
  const std::optional<ImaTemplate> known = ima_template(entry.template_name);
  return known.has_value() && !entry.template_data.empty()
             ? read_ima_fields(*known, entry.template_data)
             : std::nullopt;
}

ImaReader::ImaReader(ByteView list)
    : list_(list), ascii_(is_ascii_list(list)), hash_size_(find_template_hash_size(list)) {
  if (list.size() > limits::kRuntimeLogSizeMax) {
    fail(ErrorCode::kTooLarge, 0);
  } else if (is_big_endian_list(list)) {
    broken_ = Error{ErrorCode::kUnsupported, "IMA list in big-endian order", 0, {}};
  }
}

ImaReader::ImaReader(ByteView piece, std::size_t template_hash_size)
    : list_(piece), hash_size_(template_hash_size) {
  if (!sha_of_size(template_hash_size).has_value()) {
    fail(ErrorCode::kUnsupported, 0);
  }
}

const ImaEntry* ImaReader::next() {
  if (broken_.has_value() || offset_ >= list_.size()) {
    return nullptr;
  }
  if (entries_ == limits::kImaEntriesMax) {
    fail(ErrorCode::kTooLarge, offset_);
    return nullptr;
  }
  if (ascii_ ? !read_line() : !read_binary()) {
    return nullptr;
  }
  ++entries_;
  return &entry_;
}

bool ImaReader::fail(ErrorCode code, std::size_t offset) {
  broken_ = Error{code, ascii_ ? "IMA line" : "IMA entry", offset, {}};
  return false;
}

const std::optional<ImaTemplate>& ImaReader::template_named(std::string_view name) {
  if (name != known_name_) {
    known_name_ = name;
    known_ = ima_template(name);
  }
  return known_;
}

bool ImaReader::read_binary() {
  ByteReader in(list_.subspan(offset_));
  entry_.pcr = in.u32_le();                                                // u32 pcr
  entry_.template_hash = in.bytes(hash_size_);                             // template_hash
  entry_.template_name = as_text(in.sized32_le(limits::kImaNameSizeMax));  // u32 size, name
  if (entry_.template_name == "ima") {
    const ByteView digest = in.bytes(kImaOriginalDigestSize);
    const ByteView file_name = in.sized32_le(kImaOriginalNameSize - 1);  // u32 size, name
    rebuilt_.clear();
    write_ima_original(digest, file_name, rebuilt_);
    entry_.template_data = rebuilt_.view();
  } else {
    entry_.template_data = in.sized32_le(limits::kImaTemplateSizeMax);  // u32 size, data
  }
  const bool known_name = !printable_.empty() && entry_.template_name == printable_;
  if (in.ok() &&
      (entry_.pcr >= limits::kPcrCount || (!known_name && !is_printable(entry_.template_name)))) {
    in.fail(ErrorCode::kMalformed);
  }
  if (!in.ok()) {
    const Error error = in.error("IMA entry");
    return fail(error.code, offset_ + error.offset);
  }
  printable_ = entry_.template_name;
  offset_ += in.offset();
  return true;
}

// "10 <hex> ima-ng sha256:<hex> /file"
bool ImaReader::read_line() {
  const std::string_view rest = as_text(list_.subspan(offset_));
  const std::size_t line_end = std::min(rest.find('\n'), rest.size());
  if (line_end > kLineSizeMax) {
    return fail(ErrorCode::kTooLarge, offset_);
  }
  std::string_view text = rest.substr(0, line_end);
  if (!read_head(text, hash_, entry_)) {
    return fail(ErrorCode::kMalformed, offset_);
  }
  entry_.template_hash = hash_;
  const std::size_t text_begin = line_end - text.size();
  std::size_t end = line_end;
  show(text);
  if (entry_.is_violation()) {
    end = end_of_violation(rest, line_end);
  } else if (known_.has_value() && !entry_.data_holds()) {
    end = end_of_hashed(rest, text_begin, line_end);
  }
  if (end != line_end) {
    show(rest.substr(text_begin, end - text_begin));
  }
  offset_ += std::min(end + 1, rest.size());
  return true;
}

void ImaReader::show(std::string_view text) {
  entry_.template_data = rebuild(text) ? rebuilt_.view() : ByteView{};
}

// A file name may hold line ends, which kernels show as they are: the lines that together hash to
// the listed value are one entry. `line_end` if none do.
std::size_t ImaReader::end_of_hashed(std::string_view rest, std::size_t text_begin,
                                     std::size_t line_end) {
  std::size_t end = line_end;
  for (std::size_t lines = 0; lines < kJoinedLinesMax && joins_left_ > 0; ++lines) {
    end = next_line_end(rest, line_end, end);
    if (end == std::string_view::npos) {
      break;
    }
    --joins_left_;
    show(rest.substr(text_begin, end - text_begin));
    if (entry_.data_holds()) {
      return end;
    }
  }
  show(rest.substr(text_begin, line_end - text_begin));
  return line_end;
}

// Nothing is hashed of a violation: it ends before the next line that begins like an entry, or with
// the list. `line_end` if what follows is neither.
std::size_t ImaReader::end_of_violation(std::string_view rest, std::size_t line_end) {
  std::size_t end = line_end;
  for (std::size_t lines = 0; lines <= kJoinedLinesMax; ++lines) {
    const std::size_t next = next_line_end(rest, line_end, end);
    if (next == std::string_view::npos) {
      return end + 1 == rest.size() ? end : line_end;
    }
    std::string_view line = rest.substr(end + 1, next - end - 1);
    ImaEntry ahead;
    if (read_head(line, hex_, ahead)) {
      return end;
    }
    end = next;
  }
  return line_end;
}

// Of the ways to cut a line whose last fields may be missing, the one that hashes to the listed
// value is right.
bool ImaReader::rebuild(std::string_view text) {
  const std::optional<ImaTemplate>& fields = template_named(entry_.template_name);
  if (!fields.has_value()) {
    return false;
  }
  const std::size_t behind = fields_behind_name(*fields);
  std::optional<std::size_t> first;
  for (std::size_t missing = 0; missing <= behind; ++missing) {
    rebuilt_.clear();
    if (!write_ima_text(*fields, text, behind - missing, rebuilt_, hex_)) {
      continue;
    }
    if (behind == 0 || entry_.is_violation()) {
      return true;
    }
    entry_.template_data = rebuilt_.view();
    if (entry_.data_holds()) {
      return true;
    }
    first = first.value_or(behind - missing);
  }
  rebuilt_.clear();
  return first.has_value() && write_ima_text(*fields, text, *first, rebuilt_, hex_);
}

}  // namespace quotemill
