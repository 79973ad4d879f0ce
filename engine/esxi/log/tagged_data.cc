#include "engine/esxi/log/tagged_data.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "engine/base/byte_reader.h"
#include "engine/esxi/log/limits.h"

namespace quotemill {
namespace {

constexpr std::size_t kTagHeadSize = 8;
constexpr std::size_t kOffsetsBegin = 16;  // in a version record

bool is_graphic(std::uint8_t byte) {
  return byte > 0x20 && byte < 0x7F;
}

bool is_printable(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x7F;
}

Error malformed(const char* context, std::size_t offset) {
  return {ErrorCode::kMalformed, context, offset, {}};
}

// One text of a version record: its place, and where that stands.
struct TextPlace {
  std::uint16_t offset = 0;
  std::uint16_t size = 0;

  [[nodiscard]] bool has(std::size_t at) const { return at >= offset && at - offset < size; }
};

// A record holds its head and its texts, the path last: the loader put that behind what the module
// has (esx-boot, tpm.c). Other bytes would be a place to hide a module in.
std::optional<Error> excess_of(ByteView record, std::span<const TextPlace> places) {
  const TextPlace& path = places.back();
  const std::size_t end = static_cast<std::size_t>(path.offset) + path.size;
  const bool is_last =
      end == record.size() || end + 1 == record.size();  // with its NUL, or without
  if (path.size < 2 || !is_last || record.back() != 0) {
    return malformed("version record: its path does not end it",
                     kOffsetsBegin + (places.size() - 1) * sizeof(TextPlace));
  }
  for (std::size_t at = kOffsetsBegin + places.size() * sizeof(TextPlace); at < record.size();
       ++at) {
    const bool is_text = std::any_of(places.begin(), places.end(),
                                     [at](const TextPlace& place) { return place.has(at); });
    if (!is_text && record[at] != 0) {
      return malformed("version record: bytes that are none of its texts", at);
    }
  }
  return std::nullopt;
}

Result<std::string_view> text_at(ByteView record, TextPlace place, std::size_t stands_at) {
  if (place.offset > record.size() || place.size > record.size() - place.offset) {
    return malformed("version record: a text outside of it", stands_at);
  }
  ByteView text = record.subspan(place.offset, place.size);
  if (!text.empty() && text.back() == 0) {
    text = text.first(text.size() - 1);
  }
  const auto bad = std::find_if_not(text.begin(), text.end(), is_printable);
  if (bad != text.end()) {
    return malformed("version record: a text that is not printable",
                     place.offset + static_cast<std::size_t>(bad - text.begin()));
  }
  return as_text(text);
}

}  // namespace

Result<TaggedData> read_tagged_data(ByteView event_data) {
  ByteReader in(event_data);
  TaggedData tagged;
  tagged.tag = in.u32_le();                // taggedEventID
  const std::uint32_t size = in.u32_le();  // taggedEventDataSize
  if (in.ok() && size != in.remaining()) {
    return Error{ErrorCode::kMalformed,
                 "tagged event: a size that is not that of its data",
                 kTagHeadSize - sizeof(size),
                 {}};
  }
  tagged.data = in.rest();
  return in.finish(tagged, "tagged event");
}

std::uint32_t tag_of(ByteView event_data) {
  return ByteReader(event_data).u32_le();
}

Result<std::string_view> read_module_name(ByteView data) {
  constexpr const char* kContext = "module name";
  if (data.size() < 2) {
    return malformed("module name: none", data.size());
  }
  if (data.size() > limits::esxi::kModuleNameMax + 1) {
    return Error{ErrorCode::kTooLarge, kContext, limits::esxi::kModuleNameMax, {}};
  }
  if (data.back() != 0) {
    return malformed("module name: no NUL ends it", data.size());
  }
  const ByteView name = data.first(data.size() - 1);
  const auto bad = std::find_if(name.begin(), name.end(),
                                [](std::uint8_t byte) { return !is_graphic(byte) || byte == '/'; });
  if (bad != name.end()) {
    return malformed(*bad == 0 ? "module name: a NUL inside" : "module name: no name of a file",
                     static_cast<std::size_t>(bad - name.begin()));
  }
  return as_text(name);
}

Result<EsxiVersionRecord> read_version_record(ByteView data) {
  constexpr std::size_t kTexts = 4;
  ByteReader in(data);
  EsxiVersionRecord record;
  const std::uint32_t total = in.u32_le();  // totalSize
  record.format = in.u32_le();              // formatVersion
  record.flags = in.u64_le();               // flags
  std::array<TextPlace, kTexts> places;     // component, product, version, file
  for (TextPlace& place : places) {
    place.offset = in.u16_le();
    place.size = in.u16_le();
  }
  if (!in.ok()) {
    return in.error("version record");
  }
  if (data.size() > limits::esxi::kVersionRecordMax) {
    return Error{ErrorCode::kTooLarge,
                 "version record: longer than any",
                 limits::esxi::kVersionRecordMax,
                 {}};
  }
  if (total != data.size()) {
    return malformed("version record: a size that is not its own", 0);
  }
  if (record.format == 0) {
    return malformed("version record: format 0", sizeof(total));
  }
  std::array<std::string_view, kTexts> texts;
  for (std::size_t i = 0; i < kTexts; ++i) {
    const Result<std::string_view> text =
        text_at(data, places.at(i), kOffsetsBegin + i * sizeof(TextPlace));
    if (!text) {
      return text.error();
    }
    texts.at(i) = *text;
  }
  if (const std::optional<Error> excess = excess_of(data, places)) {
    return *excess;
  }
  record.component = texts[0];
  record.product = texts[1];
  record.version = texts[2];
  record.file = texts[3];
  return record;
}

std::string_view file_of_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view stem_of(std::string_view file) {
  return file.substr(0, file.rfind('.'));
}

std::string_view extension_of(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1);
}

}  // namespace quotemill
